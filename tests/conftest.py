"""What every test may ask for: real hosts. And no test fails for how long it took."""

from hypothesis import settings

from tests.lab import lab, lab_fleet

__all__ = ["lab", "lab_fleet"]

settings.register_profile("house", deadline=None)
settings.load_profile("house")
