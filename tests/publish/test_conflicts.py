"""Every cause of a conflict has a sentence of its own in both languages."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from liftlock.model.conflicts import Cause, Conflict
from liftlock.publish.conflicts import conflict_text
from liftlock.publish.words import Words

SPAN = (datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_cause_says_what_it_is(language: str) -> None:
    words = Words(language, zone="Asia/Shanghai")
    found = [
        conflict_text(Conflict(cause, "orders/1/w1", *SPAN, "CHG1", "app-01", "disks"), words)
        for cause in get_args(Cause)
    ]
    assert len(set(found)) == len(found) == 7
    assert all("orders/1/w1" in text and "23:00" in text for text in found)
    assert not any("ui.conflict" in text for text in found)
    alone = conflict_text(Conflict("capacity", "a", *SPAN, "", "li.wei"), words)
    assert "li.wei" in alone
    assert alone not in found


def test_a_title_of_others_is_shown_plain() -> None:
    text = conflict_text(Conflict("item", "a", *SPAN, "CHG1", "app-01", "new\x1b[31m\nswitch"), Words("en"))
    assert "\n" not in text
    assert "\x1b" not in text
