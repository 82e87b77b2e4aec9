from datetime import UTC, datetime

import pytest


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 12, 1, 12, tzinfo=UTC)
