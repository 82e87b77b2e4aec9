"""Data scripts against a real PostgreSQL: the asserted numbers of rows, or nothing; and the inverse."""

from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.data_postgres import DRIVERS, Data
from liftlock.model.actions import Evidence, FailureKind, Restorable
from liftlock.model.schedule import Template
from tests.postgres import Bench, Cluster, missing

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
DRIVER = DRIVERS[0]
FIX = """-- the fees of 2025
-- expect: 40..60
UPDATE orders SET total = total + 1
 WHERE id <= 50;

-- expect: 1
INSERT INTO orders VALUES (101, 5);
"""
BACK = "UPDATE orders SET total = total - 1 WHERE id <= 50;\nDELETE FROM orders WHERE id = 101;"


class Case(Bench):
    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__(folder)
        self.cluster = cluster
        self.sql(
            "SET client_min_messages = warning; DROP SCHEMA IF EXISTS liftlock CASCADE; DROP TABLE IF EXISTS orders"
        )
        self.sql("CREATE TABLE orders AS SELECT g AS id, g AS total FROM generate_series(1, 100) g")

    def sql(self, text: str) -> str:
        return self.cluster.sql("postgres", text)

    def step(self, script: str, back: str = "", **fields: Any) -> Template:
        fields = ({"undo": "back.sql"} if back else {}) | fields
        known: dict[str, Any] = {"postgres": "postgres", "script": "fix.sql"}
        item = Data(**known | self.cluster.server() | fields)
        setting = self.setting(**{"fix.sql": script, "back.sql": back})
        assert DRIVER.complain(item, setting) == ()
        return DRIVER.expand(item, setting)[0]


@pytest.fixture
def case(cluster: Cluster, tmp_path: Path) -> Case:
    return Case(cluster, tmp_path)


SUMS = "SELECT count(*), sum(total), md5(string_agg(id || '=' || total, ',' ORDER BY id)) FROM orders"


def test_done_once_with_its_numbers_and_undone(case: Case) -> None:
    before = case.sql(SUMS)
    back = "-- expect: 50\n" + BACK.replace("DELETE", "-- expect: 1\nDELETE")
    step = case.step(FIX, back, tables=("orders",))
    facts = case.good(case.do(DRIVER, step, "01-data"))
    assert (facts["applied"], facts["rows_1"], facts["rows_2"]) == ("yes", "50", "1")
    assert facts["before_1"].split()[:2] == ["orders", "100"]
    assert facts["after_1"].split()[:2] == ["orders", "101"]
    changed = case.sql(SUMS)
    assert case.good(case.do(DRIVER, step, "01-data"))["already"] == "yes"
    assert case.sql(SUMS) == changed
    assert isinstance(case.settle(DRIVER, step.action, "01-data"), Evidence)
    undone = case.good(case.undo(DRIVER, step, "01-data"))
    assert (undone["undone"], undone["after_1"]) == ("yes", facts["before_1"])
    assert case.sql(SUMS) == before


def test_another_number_of_rows_rolls_everything_back(case: Case) -> None:
    before = case.sql(SUMS)
    step = case.step(FIX, irreversible="masters data", rows={"update orders": "1200..1300"})
    assert case.good(case.do(DRIVER, step, "01-data"))["rows_1"] == "50"  # what stands in the script counts
    case.sql("TRUNCATE liftlock.migrations")
    step = case.step(FIX.replace("-- expect: 1\n", ""), irreversible="x", rows={"insert orders": 2})
    changed = case.sql(SUMS)
    failure = case.bad(case.do(DRIVER, step, "01-data"))
    assert (failure.code, failure.kind) == ("data.postgres.rows", FailureKind.REFUSED)
    assert failure.fields == {"line": "6", "least": "2", "most": "2", "found": "1"}
    assert case.sql(SUMS) == changed != before
    assert case.sql("SELECT count(*) FROM liftlock.migrations") == "0"


def test_a_refusal_names_the_line_of_its_statement(case: Case) -> None:
    step = case.step("SELECT 1;\n\n-- expect: 1\nINSERT INTO orders\n VALUES ('x');", restorable=True)
    assert isinstance(step.action.traits.reversal, Restorable)
    failure = case.bad(case.do(DRIVER, step, "01-data"))
    assert (failure.code, failure.fields["line"]) == ("data.postgres.sql", "4")


@pytest.mark.parametrize(
    ("script", "fields", "expected"),
    [
        (FIX, {}, "way_back"),
        ("UPDATE orders SET total = 1;", {"restorable": True}, "unasserted"),
        (FIX, {"restorable": True, "rows": {"delete orders": 1}}, "unused"),
        (FIX, {"restorable": True, "rows": {"update orders": "many"}}, "unused"),
        ("COPY orders FROM '/tmp/x';", {"restorable": True}, "copies"),
        ("COMMIT;", {"restorable": True}, "transaction"),
        ("VACUUM orders;", {"restorable": True}, "alone_other"),
        ("SELECT 'x", {"restorable": True}, "unreadable"),
        (FIX, {"restorable": True, "tables": ("orders; drop table x",)}, "table"),
    ],
)
def test_what_is_wrong_is_found_before_any_host_is_asked(script: str, fields: Any, expected: str) -> None:
    item = Data(postgres="p", script="fix.sql", **fields)
    setting = Bench.setting(**{"fix.sql": script})
    assert [code for code, _ in DRIVER.complain(item, setting)] == [f"data.postgres.{expected}"]
