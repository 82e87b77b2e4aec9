"""What the tests of whole runs share: a site of sandbox hosts with the command line, as a user has it."""

from tests.cli.conftest import site

__all__ = ["site"]
