"""Queries as sources, against a real PostgreSQL: rows by the names of their columns, and nothing but reading."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from liftlock.drivers.measure_sql import DRIVERS, NAME
from liftlock.model.actions import Action, Context, Failure, FailureKind
from liftlock.model.canary import Reading, Span
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Setting
from tests.postgres import Bench, Cluster, missing

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
(DRIVER,) = DRIVERS
TABLE = """
DROP TABLE IF EXISTS requests;
CREATE TABLE requests (host text, at timestamptz, status int, took float);
INSERT INTO requests SELECT 'app-' || g % 2, to_timestamp(900 + g), CASE WHEN g % 10 = 0 THEN 500 ELSE 200 END, 0.5
  FROM generate_series(1, 100) g;
INSERT INTO requests VALUES ('app-2', to_timestamp(900), 200, 'NaN');
"""


class Case(Bench):
    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__(folder)
        self.cluster = cluster
        cluster.sql("postgres", TABLE)

    def context(self, step: str, of: str = "") -> Context:
        return replace(super().context(step, of), span=Span(940.0, 1000.0, 60.0))

    def action(self, sql: str, kind: Any = "errors") -> Action:
        here = {
            "pg_socket": str(self.cluster.socket),
            "pg_port": self.cluster.port,
            "pg_bin": self.cluster.server()["bin"],
        }
        setting = Setting("orders", "1.0", "1.1", False, {"db-1": here | as_(self.cluster)}, {}, {})
        source = DRIVER.measure(Metric("m", kind, sql=sql, at="db-1"), Canary(()), setting)
        assert source is not None
        assert (source.whole, source.key, source.template.at) == (True, "{host}", "db-1")
        return source.template.action

    def read(self, sql: str, kind: Any = "errors") -> dict[str, Reading]:
        facts = self.good(self.carry(DRIVER, self.action(sql, kind), "orders/1/w1/h1/look", 30))
        found = msgspec.convert(facts["readings"], dict[str, tuple[Reading, ...]])
        return {host: readings[0] for host, readings in found.items()}

    def fails(self, sql: str, kind: Any = "errors") -> Failure:
        return self.bad(self.carry(DRIVER, self.action(sql, kind), "orders/1/w1/h1/look", 30))


def as_(cluster: Cluster) -> dict[str, str]:
    given = cluster.server().get("as_")
    return {} if given is None else {"pg_as": given}


@pytest.fixture
def case(cluster: Cluster, tmp_path: Path) -> Case:
    return Case(cluster, tmp_path)


def test_counts_of_this_interval(case: Case) -> None:
    sql = """SELECT host, count(*) FILTER (WHERE status >= 500) AS events, count(*) AS of FROM requests
        WHERE at > to_timestamp(:since) AND at <= to_timestamp(:until) GROUP BY host"""
    assert case.read(sql) == {"app-0": Reading(1000.0, events=6, of=30), "app-1": Reading(1000.0, events=0, of=30)}


def test_counters_durations_and_levels(case: Case) -> None:
    counters = case.read("SELECT host, sum((status >= 500)::int) AS events, count(*) AS of FROM requests GROUP BY 1;")
    assert counters["app-0"] == Reading(1000.0, events=10, of=50, cumulative=True)
    durations = """SELECT host, count(*) AS of, sum(took) AS total, sum(took * took) AS squares,
        count(*) FILTER (WHERE took <= 0.1) AS "le=0.1" FROM requests WHERE at > to_timestamp(:since) GROUP BY host"""
    found = case.read(durations, "latency")["app-1"]
    assert found == Reading(1000.0, of=30, total=15.0, squares=7.5, buckets={"0.1": 0, "+Inf": 30})
    levels = "SELECT * FROM (VALUES ('app-0', 7.5), ('app-1', NULL)) AS t (host, level)"
    assert case.read(levels, "saturation") == {"app-0": Reading(1000.0, level=7.5)}
    assert case.read("SELECT 'x' AS host, 1 AS level WHERE false", "saturation") == {}


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT host, at FROM requests", "unread"),
        ("SELECT host, took AS level FROM requests WHERE host = 'app-2'", "unread"),
        ("SELECT status FROM requests", "columns"),
        ("SELECT host, 1 AS of, 2 AS of FROM requests", "columns"),
        ("", "columns"),
        ("SELECT host, 1 AS events, 2 AS of FROM requests", "twice"),
        ("SELECT 'x' AS host, 1 AS level", "other"),
        ("SELECT 'x' AS host, 1 AS level, 2 AS of", "unread"),
        ("SELECT 'x' AS host, 1 AS events; SELECT 1", "cut"),
        ("SELECT nothing FROM requests", "sql"),
        ("DELETE FROM requests", "read_only"),
    ],
)
def test_what_tells_no_figures_is_a_failure(case: Case, sql: str, code: str) -> None:
    failure = case.fails(sql or "SET x.y = '1'")
    assert failure.code == f"{NAME}.{code}", failure
    assert DRIVER.manifest.words["zh"][failure.code].format(**failure.fields)
    assert case.cluster.sql("postgres", "SELECT count(*) FROM requests").strip() == "101"


def test_the_line_of_an_error_is_the_querys_own(case: Case) -> None:
    failure = case.fails("SELECT host,\n nothing FROM requests;")
    assert (failure.fields["line"], failure.fields["sqlstate"]) == ("2", "42703")


def test_a_server_that_is_not_there(case: Case) -> None:
    action = case.action("SELECT 1")
    away = replace(action, args={**action.args, "server": {**action.args["server"], "pg_port": "1"}})
    failure = case.bad(case.carry(DRIVER, away, "orders/1/w1/h1/look", 30))
    assert (failure.code, failure.kind) == (f"{NAME}.connection", FailureKind.TRANSIENT)


def test_only_queries() -> None:
    setting = Setting("orders", "1", "2", False, {}, {}, {})
    for metric in (Metric("m", "errors", command="x"), Metric("m", "errors", sql="SELECT 1")):
        assert DRIVER.measure(metric, Canary(()), setting) is None


def test_hosts_variables_say_which_server() -> None:
    known = {"pg_cluster": "15/main", "pg_user": "monitor", "pg_as": "", "pg_other": "x"}
    setting = Setting("orders", "1", "2", False, {"db": known}, {}, {})
    source = DRIVER.measure(Metric("m", "errors", sql="SELECT 1", at="db", database="shop"), Canary(()), setting)
    assert source is not None
    args = source.template.action.args
    assert (args["database"], args["server"]["pg_cluster"], args["server"]["pg_as"]) == ("shop", "15/main", "")
