"""What every test may ask for: real hosts."""

from tests.lab import lab, lab_fleet

__all__ = ["lab", "lab_fleet"]
