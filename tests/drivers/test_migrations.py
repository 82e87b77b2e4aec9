"""Migration files: their order, their class, and what is wrong with them, as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.drivers.migrations import (
    Alone,
    Migration,
    alone,
    between,
    class_of,
    faults,
    flyway_checksum,
    from_files,
    from_flyway,
    from_folder,
    natural,
)

CLASSES = [
    ("CREATE TABLE t (id int);", None, "expand"),
    ("CREATE TABLE t (id int);", "DROP TABLE t;", "reversible"),
    ("ALTER TABLE t DROP a;", None, ""),
    ("ALTER TABLE t DROP a;", "ALTER TABLE t ADD a int;", ""),
    ("-- liftlock: contract\nALTER TABLE t DROP a;", None, "contract"),
    ("/* head */\n--liftlock:expand\nSELECT 1;", "SELECT 1;", "expand"),
    ("SELECT '-- liftlock: contract';", None, "expand"),
    ("UPDATE t SET a = 1;", None, ""),
    ("ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;", "reversible"),
    ("-- liftlock: irreversible because the old codes are gone\nDROP TABLE t;", None, "irreversible"),
    ("-- liftlock: restore-only\nDROP TABLE t;", None, "restore-only"),
    ("SELECT 'open", None, ""),
]
FAULTS = [
    ("CREATE TABLE t (id int);", None, []),
    ("ALTER TABLE t DROP a;", None, ["undeclared"]),
    ("-- liftlock: expand\nALTER TABLE t DROP a;", None, ["expand_breaks"]),
    ("-- liftlock: expand\nUPDATE t SET b = a WHERE b IS NULL;", None, ["expand_overwrites"]),
    ("-- liftlock: reversible\nCREATE TABLE t (id int);", None, ["no_down"]),
    ("-- liftlock: reversible\nDROP TABLE t;", "CREATE TABLE t (id int);", ["reversible_loses"]),
    ("-- liftlock: irreversible\nDROP TABLE t;", None, ["no_because"]),
    ("-- liftlock: contract\nDROP TABLE t;", None, []),
    ("CREATE INDEX i ON t (a);", None, ["risk_index_blocks"]),
    ("BEGIN; CREATE TABLE t (id int); COMMIT;", None, ["transaction", "transaction", "risk_opaque", "risk_opaque"]),
    ("CREATE TABLE t (id int);", "COMMIT;", ["transaction"]),
    ("SAVEPOINT a; CREATE TABLE t (id int); ROLLBACK TO a;", None, []),
    ("SET lock_timeout = 0; CREATE TABLE t (id int);", None, ["settings"]),
    ("SET search_path = app; CREATE TABLE t (id int);", None, []),
    ("COPY t FROM '/tmp/x.csv';", None, ["copies", "risk_opaque"]),
    ("\\! rm -rf /", None, ["psql", "risk_opaque"]),
    ("SELECT 'open", None, ["unreadable"]),
    ("CREATE INDEX CONCURRENTLY i ON t (a);", None, []),
    ("CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1;", None, ["alone_mixed"]),
    ("CREATE INDEX CONCURRENTLY ON t (a);", None, ["alone_name"]),
    ("REINDEX TABLE CONCURRENTLY t;", None, ["alone_other"]),
    ("ALTER SYSTEM SET work_mem = '1GB';", None, ["alone_other", "risk_opaque"]),
    ("VACUUM t;", None, []),
]
ALONE = [
    ("SELECT 1", None),
    ("CREATE INDEX i ON t (a)", None),
    ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS My_Idx ON ONLY s.t (a);", Alone("create", '"my_idx"', '"s"."t"')),
    ('CREATE INDEX CONCURRENTLY "My Idx" ON t USING gin (a)', Alone("create", '"My Idx"', '"t"')),
    ("DROP INDEX CONCURRENTLY IF EXISTS s.i", Alone("drop", '"s"."i"')),
    ("DROP INDEX i", None),
    ("VACUUM ANALYZE t", Alone("vacuum")),
]
CHECKSUMS = [  # computed with zlib over the lines, as Flyway's ChecksumCalculator does
    ("", 0),
    ("a", -390611389),
    ("a\n", -390611389),
    ("a\r\nb", -1635563411),
    ("\ufeffa\nb\n", -1635563411),
]


@pytest.mark.parametrize(("text", "down", "expected"), CLASSES)
def test_classes(text: str, down: str | None, expected: str) -> None:
    assert class_of(Migration("a.sql", text, down=down), {}).class_ == expected


@pytest.mark.parametrize(("text", "down", "expected"), FAULTS)
def test_faults(text: str, down: str | None, expected: list[str]) -> None:
    found = faults(Migration("a.sql", text, down=down), {})
    assert [code for code, _ in found] == expected
    assert all(fields["file"] == "a.sql" for _, fields in found)


def test_the_plan_declares_over_the_file() -> None:
    one = Migration("a.sql", "-- liftlock: expand\nDROP TABLE t;")
    said = class_of(one, {"a.sql": "irreversible because: the codes are gone"})
    assert (said.class_, said.because) == ("irreversible", "because: the codes are gone")
    assert class_of(one, {"a.sql": "nonsense"}).class_ == ""
    assert class_of(one, {"b.sql": "contract"}).class_ == "expand"


@pytest.mark.parametrize(("text", "expected"), ALONE)
def test_what_runs_alone(text: str, expected: Alone | None) -> None:
    assert alone(text) == expected


@pytest.mark.parametrize(("text", "expected"), CHECKSUMS)
def test_flyways_checksum(text: str, expected: int) -> None:
    assert flyway_checksum(text) == expected


def test_order_of_a_folder() -> None:
    texts = {"db/10-b.sql": "b", "db/9-a.up.sql": "a", "db/9-a.down.sql": "d", "else/1.sql": "x"}
    found = from_folder("db/", texts)
    assert [(one.name, one.down) for one in found] == [("9-a.up.sql", "d"), ("10-b.sql", None)]
    assert [one.name for one in between(found, "9-a.up.sql", "")] == ["10-b.sql"]
    assert [one.name for one in between(found, "", "9-a.up.sql")] == ["9-a.up.sql"]


def test_order_of_a_list() -> None:
    texts = {"b.sql": "b", "a.sql": "a", "a.down.sql": "d"}
    found = from_files(("b.sql", "a.sql", "gone.sql"), texts)
    assert [(one.name, one.down) for one in found] == [("b.sql", None), ("a.sql", "d")]


def test_order_of_flyway() -> None:
    names = ("V2__b.sql", "V1_10__a.sql", "V1.9__a.sql", "U2__b.sql", "R__views.sql", "README.sql")
    found = from_flyway("db", {f"db/{name}": name for name in names})
    assert [one.name for one in found] == ["V1.9__a.sql", "V1_10__a.sql", "V2__b.sql", "R__views.sql"]
    assert [one.version for one in found] == ["1.9", "1.10", "2", ""]
    assert found[2].down == "U2__b.sql"
    assert [one.name for one in between(found, "1.9", "1.10")] == ["V1_10__a.sql", "R__views.sql"]


@given(st.lists(st.text(alphabet="ab019-.", max_size=6), max_size=6))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    assert sorted(map(natural, names)) == sorted(map(natural, reversed(names)))
