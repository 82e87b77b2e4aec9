"""A driver's package that fails while it is imported."""

raise RuntimeError("made for a test")
