"""Liftlock (升船机): one plan file, checked, approved, executed in waves, rolled back where needed, archived."""

__version__ = "0.1.0"
