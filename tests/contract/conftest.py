"""What contract tests share: one PostgreSQL for all that need one."""

from collections.abc import Iterator

import pytest

from tests.postgres import Cluster, made_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    made = made_cluster()
    yield made
    made.close()
