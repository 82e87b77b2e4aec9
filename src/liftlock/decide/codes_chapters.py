"""The codes L500-L569, with the fields that each finding carries: the plan's chapters for people."""

CODES: dict[str, tuple[str, ...]] = {}
