"""Backups of a real PostgreSQL, the product's way: taken, proved by a trial restore, put back, the old data aside."""

import os
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.backup_postgres import DRIVERS, BackupPostgres
from liftlock.model.actions import Evidence, Failure, FailureKind, Kind
from tests.postgres import BIN, ROOT, Bench, Cluster, missing

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
DRIVER = DRIVERS[0]
DATA = """
CREATE TABLE orders (id int PRIMARY KEY, at timestamptz DEFAULT now(), note text, price float8, raw bytea);
INSERT INTO orders SELECT g, now(), E'line\\n' || g, g / 3.0, decode(md5(g::text), 'hex')
  FROM generate_series(1, 5000) g;
CREATE TABLE "Odd | ""na"" me" (x text);
INSERT INTO "Odd | ""na"" me" VALUES ('a'), ('a'), (NULL);
CREATE TABLE empty ();
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
INSERT INTO parted VALUES (1);
CREATE MATERIALIZED VIEW total AS SELECT sum(price) FROM orders;
CREATE INDEX orders_at ON orders (at);
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
"""


class Case(Bench):
    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__(folder)
        self.cluster = cluster
        self.to = cluster.folder / "backups"
        self.fresh()

    def fresh(self) -> None:
        for name in self.databases():
            if name != "postgres":
                self.cluster.sql("postgres", f'DROP DATABASE "{name}" WITH (FORCE)')
        self.cluster.own("rm", "-rf", str(self.to))
        self.cluster.sql("postgres", "CREATE DATABASE orders")
        self.cluster.sql("orders", DATA)
        self.cluster.sql("orders", "ALTER DATABASE orders SET search_path TO public, pg_catalog")
        self.cluster.sql("orders", "ALTER DATABASE orders SET work_mem TO '5MB'")
        self.cluster.sql("orders", "REVOKE TEMP ON DATABASE orders FROM PUBLIC")

    def databases(self) -> list[str]:
        return self.cluster.sql("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate").split()

    def steps(self, **fields: Any) -> Any:
        known: dict[str, Any] = {"postgres": "orders", "to": str(self.to)}
        item = BackupPostgres(**known | self.cluster.server() | fields)
        assert not DRIVER.complain(item, self.setting())
        return DRIVER.expand(item, self.setting())

    def take(self, step: Any) -> dict[str, Any]:
        return self.good(self.do(DRIVER, step, "01-backup"))

    def prove(self, step: Any) -> Evidence | Failure:
        return self.do(DRIVER, step, "02-prove", of="01-backup")

    def left(self) -> list[str]:
        return sorted(os.listdir(self.to)) if self.to.exists() else []

    def sums(self, database: str = "orders") -> str:
        return self.cluster.sql(database, "SELECT count(*), sum(id), md5(string_agg(note, '' ORDER BY id)) FROM orders")


@pytest.fixture
def case(cluster: Cluster, tmp_path: Path) -> Case:
    return Case(cluster, tmp_path)


def test_logical_taken_proved_and_put_back(case: Case) -> None:
    taken, proved = case.steps(jobs=2, check_rows=1000)
    assert (taken.action.kind, proved.action.kind) == (Kind.BACKUP, Kind.PROVE)
    before = case.sums()
    found = case.settle(DRIVER, taken.action, "01-backup")
    assert isinstance(found, Failure)
    assert found.kind is FailureKind.INTERRUPTED
    facts = case.take(taken)
    assert facts["databases"].split() == ["orders"]
    found = case.settle(DRIVER, taken.action, "01-backup")
    assert isinstance(found, Evidence)
    assert (found.facts["path"], found.facts["sha256"]) == (facts["path"], facts["sha256"])
    checks = (Path(facts["path"]) / "1" / "checks").read_text()
    assert "'sample orders'" in checks
    assert "'whole parted_1'" in checks
    proof = case.good(case.prove(proved))
    assert (proof["proved"], proof["tables"]) == ("1", "5")
    assert case.left() == [Path(facts["path"]).name]  # the scratch server and its folder are gone
    case.cluster.sql("orders", "DELETE FROM orders WHERE id > 10; CREATE TABLE later (x int)")
    client = case.cluster.session("orders")
    client.ask("SELECT 1")
    back = case.good(case.undo(DRIVER, taken, "01-backup"))
    client.process.kill()
    client.close()
    assert case.sums() == before
    assert case.cluster.sql("orders", "SELECT to_regclass('later'), twice(2)") == "|4"
    assert case.cluster.sql("orders", "SHOW work_mem") == "5MB"
    assert case.cluster.sql("postgres", "SELECT has_database_privilege('public', 'orders', 'TEMP')") == "f"
    assert sorted(case.databases()) == sorted(["postgres", "orders", back["kept"]])
    case.cluster.sql("postgres", f"ALTER DATABASE {back['kept']} ALLOW_CONNECTIONS true")
    assert case.cluster.sql(back["kept"], "SELECT count(*) FROM orders") == "10"
    case.cluster.sql("orders", "DELETE FROM orders WHERE id = 1")
    case.good(case.undo(DRIVER, taken, "01-backup"))  # once more: nothing that came later is lost
    assert case.cluster.sql("orders", "SELECT count(*) FROM orders") == "4999"
    case.cluster.sql("postgres", f"ALTER DATABASE orders RENAME TO {back['kept'].replace('old', 'new')}")
    case.good(case.undo(DRIVER, taken, "01-backup"))  # as if it had been cut between the names
    assert case.cluster.sql("orders", "SELECT count(*) FROM orders") == "4999"


def test_all_databases_come_back_the_one_that_everybody_connects_to_as_well(case: Case) -> None:
    taken, _ = case.steps(postgres="all")
    case.cluster.sql("postgres", "CREATE TABLE IF NOT EXISTS jobs AS SELECT 1 AS id")
    before = case.sums()
    assert case.take(taken)["databases"].split() == ["orders", "postgres"]
    case.cluster.sql("postgres", "UPDATE jobs SET id = 2")
    case.cluster.sql("orders", "DELETE FROM orders")
    client = case.cluster.session("postgres")
    client.ask("SELECT 1")
    case.good(case.undo(DRIVER, taken, "01-backup"))
    client.process.kill()
    client.close()
    assert case.cluster.sql("postgres", "SELECT id FROM jobs") == "1"
    assert case.sums() == before


def test_a_lane_that_goes_up_and_back_twice_is_put_back_twice(case: Case) -> None:
    taken, _ = case.steps()
    case.take(taken)
    case.cluster.sql("orders", "DELETE FROM orders WHERE id > 10")
    first = case.good(case.undo(DRIVER, taken, "01-backup"))
    before = case.sums()
    case.take(taken)
    case.cluster.sql("orders", "DELETE FROM orders WHERE id > 20")
    second = case.good(case.undo(DRIVER, taken, "01-backup"))
    assert case.sums() == before
    assert first["kept"] != second["kept"]


def test_a_database_that_cannot_step_aside_is_usable_as_before(case: Case) -> None:
    taken, _ = case.steps()
    case.take(taken)
    case.cluster.sql("postgres", "ALTER SYSTEM SET max_prepared_transactions = 2")
    case.cluster.stop()
    case.cluster.start()
    case.cluster.sql("orders", "DELETE FROM orders WHERE id > 10")
    client = case.cluster.session("orders")
    client.ask("BEGIN; DELETE FROM orders WHERE id = 1; PREPARE TRANSACTION 'half'")
    client.close()
    failed = case.bad(case.undo(DRIVER, taken, "01-backup"))
    assert "being accessed by other users" in failed.fields["message"]
    assert case.cluster.sql("orders", "SELECT count(*) FROM orders") == "10"
    case.cluster.sql("orders", "ROLLBACK PREPARED 'half'")
    case.good(case.undo(DRIVER, taken, "01-backup"))
    assert case.cluster.sql("orders", "SELECT count(*) FROM orders") == "5000"


def runs(pid: int) -> bool:
    """Does it run, or is it only not yet waited for?"""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_a_folder_that_cannot_be_written_to(case: Case) -> None:
    taken, _ = case.steps(to="/proc/sys")
    assert case.bad(case.do(DRIVER, taken, "01-backup")).code == "backup.postgres.folder"


@pytest.fixture
def small(case: Case) -> Iterator[Path]:
    """A disk of 14 MB for backups."""
    place = case.cluster.folder / "small"
    place.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=14m,mode=777", "tmpfs", str(place)], check=True)
    case.to = place / "backups"
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(not ROOT, reason="mounting needs root")
def test_too_little_space_is_seen_before_anything_is_written(case: Case, small: Path) -> None:
    (small / "full").write_bytes(b"x" * 10 * 1024 * 1024)
    taken, _ = case.steps(to=str(case.to))
    failure = case.bad(case.do(DRIVER, taken, "01-backup"))
    assert failure.code == "backup.postgres.space"
    assert int(failure.fields["free_kb"]) < int(failure.fields["need_kb"])
    assert case.left() == []


@pytest.mark.skipif(not ROOT, reason="mounting needs root")
def test_a_disk_that_fills_up_in_the_middle_leaves_no_backup(case: Case, small: Path) -> None:
    tools = case.cluster.folder / "tools"
    tools.mkdir()
    for tool in BIN.iterdir():
        (tools / tool.name).symlink_to(tool)
    (tools / "pg_dump").unlink()
    fill = f'#!/bin/sh\ndd if=/dev/zero of={small}/full bs=1k 2>/dev/null\nexec {BIN}/pg_dump "$@"\n'
    (tools / "pg_dump").write_text(fill)
    (tools / "pg_dump").chmod(0o755)
    taken, _ = case.steps(to=str(case.to), bin=str(tools))
    failure = case.bad(case.do(DRIVER, taken, "01-backup"))
    assert (failure.code, failure.fields["program"]) == ("backup.postgres.write", "pg_dump")
    assert "No space left" in failure.output
    assert case.left() == []


def test_what_was_lost_or_damaged_since_is_found_and_nothing_is_left(case: Case) -> None:
    """A row that the source had and the dump has not; and, before that, a trial that was killed and left its server."""
    taken, proved = case.steps(keep=1)
    case.run = "r0"
    older = Path(case.take(taken)["path"])
    case.run = "r1"
    folder = Path(case.take(taken)["path"])
    operation = DRIVER.operate(proved.action, case.context("orders/1/w1/h1/02-prove", "01-backup"))
    scratch = case.to / f".proof-{operation.variables['set']}"
    case.cluster.own(str(BIN / "initdb"), "-D", str(scratch / "data"), "-A", "trust", "--no-sync")
    told = f"-c listen_addresses= -c unix_socket_directories={scratch}"
    case.cluster.own(
        str(BIN / "pg_ctl"), "-D", str(scratch / "data"), "-l", str(scratch / "log"), "-o", told, "-w", "start"
    )
    server = int((scratch / "data" / "postmaster.pid").read_text().split()[0])
    seen = folder / "1" / "seen"
    seen.write_text(seen.read_text().replace("|5000|", "|5001|"))
    listing = "find . -type f ! -name digests | xargs -d '\\n' sha256sum"
    (folder / "digests").write_text(case.cluster.own("env", "-C", str(folder), "sh", "-c", listing))
    case.facts["01-backup"]["sha256"] = sha256((folder / "digests").read_bytes()).hexdigest()
    failure = case.bad(case.prove(proved))
    assert failure.code == "backup.postgres.differs"
    assert "5001" in failure.output
    assert not runs(server)
    victim = sorted(folder.glob("*/dump/*.dat.gz"))[0]
    victim.write_bytes(victim.read_bytes() + b"x")
    assert case.bad(case.prove(proved)).code == "backup.postgres.damaged"
    assert case.bad(case.undo(DRIVER, taken, "01-backup")).code == "backup.postgres.damaged"
    assert case.left() == sorted([older.name, folder.name])  # the older run's is the last good one
    newer = Path(case.take(taken)["path"])
    case.good(case.prove(proved))
    assert case.left() == sorted([folder.name, newer.name])


@pytest.mark.skipif(not ROOT, reason="mounting is root's")
def test_data_that_cannot_change_places_stop_nothing(case: Case) -> None:
    taken, _ = case.steps(form="physical", postgres="all", data=str(case.cluster.data))
    case.take(taken)
    subprocess.run(["mount", "--bind", case.cluster.data, case.cluster.data], check=True)
    try:
        failed = case.bad(case.undo(DRIVER, taken, "01-backup"))
        assert failed.code == "backup.postgres.mounted"
        assert case.sums()
    finally:
        subprocess.run(["umount", "-l", case.cluster.data], check=True)


def test_physical_taken_proved_and_put_back_with_the_old_data_aside(case: Case) -> None:
    taken, proved = case.steps(form="physical", postgres="all", max_rate="100M", data=str(case.cluster.data))
    before = case.sums()
    facts = case.take(taken)
    proof = case.good(case.prove(proved))
    assert (proof["proved"], proof["moving"]) == ("2", "0")
    assert case.left() == [Path(facts["path"]).name]
    case.cluster.sql("orders", "DELETE FROM orders WHERE id > 10")
    back = case.good(case.undo(DRIVER, taken, "01-backup"))
    assert case.sums() == before
    assert Path(back["kept"]).is_dir()
    case.cluster.sql("orders", "DELETE FROM orders WHERE id = 1")
    case.good(case.undo(DRIVER, taken, "01-backup"))
    assert case.cluster.sql("orders", "SELECT count(*) FROM orders") == "4999"
    case.cluster.own("rm", "-rf", back["kept"])
    victim = sorted(Path(facts["path"]).glob("base/base/*/PG_VERSION"))[0]
    victim.write_bytes(victim.read_bytes() + b"x")
    assert case.bad(case.prove(proved)).code == "backup.postgres.damaged"
