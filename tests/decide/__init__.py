"""Deciding, tested as tables and with Hypothesis; `fakes` is the small product that it is tested with."""
