"""Facts, dump, trial restore and restore of a real MariaDB."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.command import Secret
from liftlock.drivers.mariadb_backup import DRIVERS, BackupMariadb
from liftlock.model.actions import Action, FailureKind, Kind, Script
from liftlock.model.ports import Setting
from tests.drivers.conftest import Machine
from tests.drivers.mariadbs import INSTALLED, Mariadb

(BACKUP,) = DRIVERS
SETTING = Setting("orders", "1", "2", True, {"h1": {}}, {}, {})
SCHEMA = """
CREATE DATABASE `or d``ers` CHARACTER SET utf8mb4; USE `or d``ers`;
CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), data BLOB, KEY (name));
CREATE TABLE `odd``na'me` (a DOUBLE, b TIMESTAMP NULL, c TEXT, d BIT(3), UNIQUE KEY (a));
INSERT INTO items (name, data) VALUES ('a', x'00ff0a'), ('中文', NULL), ('tab\\t', 'x');
INSERT INTO `odd``na'me` VALUES (1.5, '2026-01-01', 'long\\ntext', b'101');
CREATE VIEW seen AS SELECT name FROM items;
CREATE TRIGGER made BEFORE INSERT ON items FOR EACH ROW SET NEW.name = COALESCE(NEW.name, 'none');
DELIMITER //
CREATE PROCEDURE add_one() BEGIN INSERT INTO items (name) VALUES ('one'); END//
CREATE FUNCTION twice(n INT) RETURNS INT DETERMINISTIC RETURN n * 2//
CREATE EVENT gone ON SCHEDULE EVERY 1 SECOND DO DELETE FROM items//
DELIMITER ;
CREATE DATABASE plain; CREATE TABLE plain.t (id INT PRIMARY KEY); INSERT INTO plain.t VALUES (1), (2);
"""
ODD = "or d`ers"


@pytest.fixture(scope="module")
def db() -> Iterator[Mariadb]:
    if not INSTALLED:
        pytest.skip("mariadb-server is not installed")
    with contextlib.closing(Mariadb()) as made:
        yield made


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    if "db" in request.fixturenames:
        made: Mariadb = request.getfixturevalue("db")
        made.ask("DROP DATABASE IF EXISTS `or d``ers`; DROP DATABASE IF EXISTS plain")
        assert made.ask(SCHEMA) == ""


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])


def steps(db: Mariadb, databases: Any = (ODD, "plain"), **more: Any) -> tuple[Action, Action, Action]:
    item = BackupMariadb(mariadb=databases, **db.server(**more))
    assert BACKUP.complain(item, SETTING) == ()
    backup, prove = BACKUP.expand(item, SETTING)
    assert backup.undo is not None
    return backup.action, prove.action, backup.undo


def test_a_dump_is_proved_and_brings_everything_back(here: Machine, db: Mariadb) -> None:
    backup, prove, restore = steps(db)
    taken = here.good(BACKUP, backup, here.context())
    assert (taken["tables"], taken["steady"], taken["written_meanwhile"]) == ("3", "3", "0")
    context = replace(here.context(), forward=taken)
    proved = here.good(BACKUP, prove, context)
    assert (proved["proved"], proved["rows"]) == ("3", "6")
    assert not list(here.state.glob("**/.liftlock*"))
    db.ask("USE `or d``ers`; DELETE FROM items; DROP FUNCTION twice; CREATE TABLE late (a INT); DROP VIEW seen")
    assert here.good(BACKUP, restore, context)["restored"] == "3"
    assert db.ask("SELECT COUNT(*) FROM `or d``ers`.items") == "3"
    assert db.ask("SELECT HEX(data) FROM `or d``ers`.items WHERE id = 1") == "00FF0A"
    assert db.ask("USE `or d``ers`; SELECT twice(4); SELECT COUNT(*) FROM seen") == "8\n3"
    assert "late" not in db.ask("SHOW TABLES IN `or d``ers`")
    assert not list(here.state.glob(".liftlock*"))


def test_rows_written_while_the_dump_is_made_do_no_harm(here: Machine, db: Mariadb) -> None:
    backup, prove, _ = steps(db, "plain")
    db.ask("CREATE TABLE plain.busy (id INT AUTO_INCREMENT PRIMARY KEY, t TEXT)")
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            db.ask("INSERT INTO plain.busy (t) VALUES ('x'), ('y')")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        taken = here.good(BACKUP, backup, here.context())
    finally:
        over.set()
        writer.join()
    assert (taken["tables"], taken["written_meanwhile"]) == ("2", "1")
    here.good(BACKUP, prove, replace(here.context(), forward=taken))


def test_a_dump_that_lacks_something_is_not_proved(here: Machine, db: Mariadb) -> None:
    import gzip
    from hashlib import sha256

    backup, prove, restore = steps(db, "plain")
    taken = here.good(BACKUP, backup, here.context())
    path = Path(taken["path"])
    text = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(text.replace(b"(1),\n(2)", b"(1)")))
    assert text != gzip.decompress(path.read_bytes())
    damaged = here.bad(BACKUP, prove, replace(here.context(), forward=taken))
    assert damaged.code == "backup.mariadb.damaged"
    assert here.bad(BACKUP, restore, replace(here.context(), forward=taken)).code == "backup.mariadb.damaged"
    forged = taken | {"sha256": sha256(path.read_bytes()).hexdigest()}
    failed = here.bad(BACKUP, prove, replace(here.context(), forward=forged))
    assert failed.code == "backup.mariadb.differs"
    assert "plain.t" in failed.output
    path.write_bytes(gzip.compress(b"NONSENSE;\n"))
    forged = taken | {"sha256": sha256(path.read_bytes()).hexdigest()}
    failed = here.bad(BACKUP, prove, replace(here.context(), forward=forged))
    assert (failed.code, "syntax" in str(failed.fields["message"])) == ("backup.mariadb.refused", True)
    assert here.bad(BACKUP, prove, here.context()).code == "backup.mariadb.none"


def test_tables_that_no_snapshot_holds_are_refused_unless_locked(here: Machine, db: Mariadb) -> None:
    db.ask("CREATE TABLE plain.old (a INT) ENGINE=MyISAM; INSERT INTO plain.old VALUES (7)")
    backup, _, _ = steps(db, "plain")
    refused = here.bad(BACKUP, backup, here.context())
    assert (refused.kind, refused.code) == (FailureKind.REFUSED, "backup.mariadb.mixed")
    assert refused.fields["tables"] == "plain.old (MyISAM)"
    backup, prove, _ = steps(db, "plain", locks=True)
    taken = here.good(BACKUP, backup, here.context())
    assert here.good(BACKUP, prove, replace(here.context(), forward=taken))["proved"] == "2"


def test_what_is_not_there_is_told(here: Machine, db: Mariadb) -> None:
    assert here.bad(BACKUP, steps(db, ("plain", "nothing"))[0], here.context()).code == "backup.mariadb.missing"
    item = BackupMariadb(mariadb="plain", socket="/nowhere/s")
    lost = here.bad(BACKUP, BACKUP.expand(item, SETTING)[0].action, here.context())
    assert (lost.kind, lost.code, lost.fields["number"]) == (
        FailureKind.TRANSIENT,
        "backup.mariadb.connection",
        "2002",
    )
    assert not list(here.state.glob("**/.liftlock*"))


HOSTILE = "a'b#c\\d e;$(x)`y`"


def test_a_password_is_in_no_argument_and_leaves_no_file(here: Machine, db: Mariadb) -> None:
    quoted = HOSTILE.replace("\\", "\\\\").replace("'", "''")
    db.ask(f"CREATE OR REPLACE USER dumper IDENTIFIED BY '{quoted}'; GRANT ALL ON *.* TO dumper")
    backup, _, _ = steps(db, "plain", user="dumper", password=Secret("env:X"))
    script = BACKUP.operate(backup, here.context())
    assert isinstance(script, Script)
    assert list(script.secrets) == ["MARIADB_PASSWORD"]
    done = here.run(script, {"MARIADB_PASSWORD": HOSTILE})
    assert done.code == 0, done.output
    assert HOSTILE not in done.output
    wrong = BACKUP.read(backup, here.context(), here.run(script, {"MARIADB_PASSWORD": "wrong"}))
    assert getattr(wrong, "code", "") == "backup.mariadb.denied"
    assert not list(here.state.glob("**/.liftlock*"))
    assert not any(HOSTILE in path.read_text(errors="replace") for path in here.state.rglob("*.list"))


def test_older_backups_go_and_this_runs_never_do(here: Machine, db: Mariadb) -> None:
    backup, prove, _ = steps(db, "plain", keep=1)
    for run in ("r1", "r2", "r3"):
        here.good(BACKUP, backup, replace(here.context(), run=run))
    context = replace(here.context(), run="r3")
    context = replace(context, forward=here.good(BACKUP, backup, context))
    assert len(list((here.state / "backups").iterdir())) == 8  # the last good one may be an older run's
    here.good(BACKUP, prove, context)
    left = sorted(path.name for path in (here.state / "backups").iterdir())
    assert len(left) == 4
    assert all(".r3." in name for name in left)


def test_facts_of_a_primary(here: Machine, db: Mariadb) -> None:
    template = BACKUP.inquire(BackupMariadb(mariadb="plain", **db.server()), SETTING)
    assert template is not None
    assert template.action.kind is Kind.PRECHECK
    db.ask("CREATE TABLE plain.old (a INT) ENGINE=Aria")
    facts = here.good(BACKUP, template.action, here.context())
    assert facts["version"] == db.ask("SELECT VERSION()")
    assert (facts["role"], facts["read_only"], facts["binlog"], facts["long_transactions"]) == (
        "primary",
        "no",
        "no",
        "0",
    )
    assert (facts["tables"], facts["not_transactional"]) == ("4", "1")
    assert "lag_s" not in facts
    preview = BACKUP.preview(steps(db)[0], here.context())
    assert isinstance(preview, Script)
    shown = BACKUP.show(steps(db)[0], here.context(), here.run(preview))
    assert not shown.changes
    assert "role primary" in shown.text


def test_facts_of_a_replica(here: Machine, db: Mariadb) -> None:
    """One that has a source and does not reach it: the fields are read, whatever their values are."""
    template = BACKUP.inquire(BackupMariadb(mariadb="plain", **db.server()), SETTING)
    assert template is not None
    assert db.ask("CHANGE MASTER TO MASTER_HOST='192.0.2.7', MASTER_USER='r'") == ""
    try:
        facts = here.good(BACKUP, template.action, here.context())
    finally:
        assert db.ask("RESET SLAVE ALL") == ""
    assert (facts["role"], facts["source"], facts["replicates"]) == ("replica", "192.0.2.7", "No/No")
    assert facts["lag_s"] == "NULL"


def test_complains_of_what_cannot_be() -> None:
    def codes(**item: Any) -> list[str]:
        return [code for code, _ in BACKUP.complain(BackupMariadb(**{"mariadb": "orders", **item}), SETTING)]

    assert codes() == []
    assert codes(mariadb=("mysql", "a\nb")) == ["backup.mariadb.name"] * 2
    assert codes(to="backups", socket="s", port="x", bin="bin") == ["backup.mariadb.server"] * 3 + ["backup.mariadb.to"]
    assert codes(as_="root", password=Secret("env:X")) == ["backup.mariadb.password"]
    assert codes(user='a"b') == ["backup.mariadb.server"]
