"""The plan says how canaries will be judged, in both languages, on the screen and in the documents."""

import pytest
from msgspec.structs import replace

from liftlock.model.actions import Kind
from liftlock.model.plan import Metric
from liftlock.model.schedule import Measured, Source, Watching, digest
from liftlock.publish.judging import judging_rows
from liftlock.publish.plan_view import plan_text
from liftlock.publish.words import Words
from tests.publish.story import SCHEDULE, template

SOURCE = Source(template(Kind.CALL, "http"))
ERRORS = Metric("errors", "errors", prometheus="bad", of="all")
LATENCY = Metric("p", "latency", haproxy="lb-1", backend="orders", required=False)
FREE = Metric("free", "saturation", command="free", worse="lower")
WATCHING = Watching(
    (
        Measured(ERRORS, SOURCE, 0.02, 1.25, 2.0, ignore_below=0.001),
        Measured(LATENCY, SOURCE, 0.02, 1.05, 1.1),
        Measured(FREE, SOURCE, 0.01, 1.05, 1.1),
    ),
    every_s=60.0,
    before_s=3600.0,
    warm_up_s=600.0,
    grace_s=300.0,
    watch_s=86400.0,
    looks_max=130,
    sample=("app-01", "app-02"),
)
JUDGED = replace(SCHEDULE, canaries={"orders": WATCHING})


def test_rows_say_when_what_and_against_whom() -> None:
    rows = judging_rows(JUDGED, "orders", Words("en"))
    assert judging_rows(JUDGED, "orders-db", Words("en")) == judging_rows(SCHEDULE, "orders", Words("en")) == []
    told = dict(rows)
    assert told["Canary judgement"].startswith("a look every 1 min; known from 1 h before; warm-up 10 min")
    assert told["Canary judgement"].endswith("watched for 1 d")
    assert told["Compared with"].endswith("2 hosts are read, drawn by digest")
    assert "at most 5 %" in told["Chances of error"]
    assert [value for label, value in rows if label == "Metric"] == [
        "errors (errors; prometheus bad): rolled back beyond +25 %, promoted once +100 % is excluded, "
        "2 % of false rollback; below 0.1 % of requests of no concern",
        "p (latency; haproxy lb-1 backend orders): rolled back beyond +5 %, promoted once +10 % is excluded, "
        "2 % of false rollback; tail +25 % and +100 %; not required",
        "free (saturation; command free): rolled back beyond +5 %, promoted once +10 % is excluded, "
        "1 % of false rollback; lower is worse",
    ]


@pytest.mark.parametrize(("language", "said"), [("en", "Canary judgement"), ("zh", "灰度对比")])
def test_the_plan_view_shows_it(language: str, said: str) -> None:
    assert said in plan_text(JUDGED, digest(JUDGED), Words(language))
    assert said not in plan_text(SCHEDULE, digest(SCHEDULE), Words(language))
