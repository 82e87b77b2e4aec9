"""Fixtures: two web servers."""

from tests.peer import peers as peers
