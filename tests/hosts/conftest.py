"""Fixtures: a ground of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.grounds import WAYS, RealGround, lay, missing
from tests.peer import peers as peers


@pytest.fixture(params=WAYS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RealGround]:
    if reason := missing(request.param):
        pytest.skip(reason)
    laid = lay(request.param, tmp_path)
    yield laid
    laid.down()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RealGround]:
    laid = lay("sandbox", tmp_path)
    yield laid
    laid.down()
