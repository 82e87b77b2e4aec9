"""Migrations of a real MariaDB: each statement once, whatever was lost in between; ways back by class."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.migrate_mariadb import DRIVERS, Migrate, sum_of
from liftlock.drivers.sql_mariadb import statements
from liftlock.model.actions import Context, Evidence, Failure, FailureKind, Irreversible, Restorable, Script
from liftlock.model.ports import Setting
from liftlock.model.schedule import Template
from tests.drivers.conftest import Machine
from tests.drivers.mariadbs import INSTALLED, Mariadb
from tests.drivers.test_haproxy import until

(MIGRATE,) = DRIVERS
UP = """CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40));
INSERT INTO items (name) VALUES ('it''s; a \\\\ "test"'), ('中文');
ALTER TABLE items ADD COLUMN qty INT NOT NULL DEFAULT 0, ADD INDEX by_name (name);
DELIMITER //
CREATE PROCEDURE add_one() BEGIN INSERT INTO items (name) VALUES ('one'); END//
DELIMITER ;
UPDATE items SET qty = qty + 1 WHERE id > 0;
"""
DOWN = "DROP PROCEDURE add_one; DROP TABLE items;"


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
        assert made.ask("DROP DATABASE IF EXISTS `or``ders`; CREATE DATABASE `or``ders` CHARACTER SET utf8mb4") == ""


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])


def setting(**files: str) -> Setting:
    texts = {name.replace("__", "."): text for name, text in files.items()}
    return Setting("orders", "1", "2", True, {"h1": {}}, {}, texts)


def step(db: Mariadb, up: str = UP, down: str | None = DOWN, said: str = "", **more: Any) -> Template:
    texts = {"m1__sql": up} | ({"m1__down__sql": down} if down is not None else {})
    quick: dict[str, Any] = {"lock_timeout_s": 1, "lock_attempts": 1, "lock_pause_s": 1}
    classes = {"m1.sql": said} if said else {}
    item = Migrate(mariadb="or`ders", files=("m1.sql",), classes=classes, **db.server(**quick | more))
    (template,) = MIGRATE.expand(item, setting(**texts))
    return template


def rows(db: Mariadb, sql: str) -> str:
    return db.ask(f"USE `or``ders`; {sql}")


def done(here: Machine, template: Template, context: Context) -> Evidence | Failure | None:
    probe = MIGRATE.probe(template.action, context)
    assert isinstance(probe, Script)
    return MIGRATE.settle(template.action, context, here.run(probe))


def test_a_schema_that_could_not_be_read_is_no_schema(here: Machine, db: Mariadb, tmp_path: Path) -> None:
    """The connection is lost while the schema is read that a statement is judged by: nothing is begun."""
    tools = tmp_path / "tools"
    tools.mkdir()
    client = tools / "mariadb"
    client.write_text(
        "#!/bin/sh\nwords=$(mktemp)\ncat >$words\n"
        "if grep -q view_definition $words; then echo 'ERROR 2013 (HY000): Lost connection' >&2; exit 1; fi\n"
        f'exec {shutil.which("mariadb")} "$@" <$words\n'
    )
    client.chmod(0o755)
    template = step(db, bin=str(tools))
    failed = here.bad(MIGRATE, template.action, here.context())
    assert (failed.code, failed.kind) == ("migrate.mariadb.connection", FailureKind.TRANSIENT)
    assert rows(db, "SELECT COUNT(*) FROM liftlock_migrations") == "0"
    assert "items" not in rows(db, "SHOW TABLES")


def test_a_file_is_applied_once_and_taken_back(here: Machine, db: Mariadb) -> None:
    template = step(db, said="reversible")
    assert isinstance(done(here, template, here.context()), Failure)
    applied = here.good(MIGRATE, template.action, here.context())
    assert (applied["statements"], applied["applied"]) == ("5", "5")
    assert rows(db, "SELECT name, qty FROM items ORDER BY id") == 'it\'s; a \\\\ "test"\t1\n中文\t1'
    assert here.good(MIGRATE, template.action, here.context())["applied"] == "0"
    assert rows(db, "SELECT qty FROM items WHERE id = 1") == "1"
    assert isinstance(done(here, template, here.context()), Evidence)
    assert template.undo is not None
    back = replace(here.context(step="orders/1/w1/h1/u03-x"), forward=applied)
    assert here.good(MIGRATE, template.undo, back)["undone"] == "2"
    assert rows(db, "SHOW TABLES") == "liftlock_migrations"
    assert rows(db, "SELECT COUNT(*) FROM liftlock_migrations") == "0"
    assert here.good(MIGRATE, template.undo, back)["undone"] == "nothing"
    assert here.good(MIGRATE, template.action, here.context())["applied"] == "5"


def test_what_another_run_applied_is_not_taken_back(here: Machine, db: Mariadb) -> None:
    template = step(db, said="reversible")
    here.good(MIGRATE, template.action, replace(here.context(), run="earlier"))
    assert here.good(MIGRATE, template.action, here.context())["applied"] == "0"
    assert template.undo is not None
    assert here.good(MIGRATE, template.undo, here.context(step="orders/1/w1/h1/u03-x"))["undone"] == "nothing"
    assert rows(db, "SELECT COUNT(*) FROM items") == "2"


def lost(here: Machine, db: Mariadb, template: Template, place: int, *, ran: bool) -> None:
    """As if the controller and the session were gone while the statement ran: after it, or before."""
    halted = [one.text for one in statements(UP)]
    text = ";;\n".join(halted[:place])
    cut = step(db, up=f"DELIMITER ;;\n{text}", said="reversible")
    here.good(MIGRATE, cut.action, here.context())
    again = step(db, up=UP.replace(halted[place], "SELECT nothing FROM nowhere"), said="reversible")
    here.bad(MIGRATE, again.action, here.context())
    told = MIGRATE.operate(template.action, here.context())
    assert isinstance(told, Script)
    before = here.run(Script(told.body.replace("\nmarks_ready\n", "\nform; exit 0\n"), told.variables)).output.strip()
    assert len(before) == 32
    row = f"'{before}', '{here.context().run}', '{told.variables['key']}'"
    sum_ = sum_of(statements(UP)[place])
    rows(
        db,
        "REPLACE INTO liftlock_migrations (component, name, place, checksum, state, form, run, step) "
        f"VALUES ('orders', 'm1.sql', {place}, '{sum_}', 'begun', {row})",
    )
    if ran:
        assert db.ask(f"USE `or``ders`;\nDELIMITER ;;\n{halted[place]};;\n") == ""


@pytest.mark.parametrize("place", [0, 2, 3])
@pytest.mark.parametrize("ran", [True, False])
def test_a_schema_change_that_was_lost_is_known_by_the_schema(
    here: Machine, db: Mariadb, place: int, ran: bool
) -> None:
    template = step(db, said="reversible")
    lost(here, db, template, place, ran=ran)
    facts = here.good(MIGRATE, template.action, here.context())
    assert facts.get("found_done") == (str(place + 1) if ran else None)
    assert rows(db, "SELECT SUM(qty), COUNT(*) FROM items") == "2\t2"
    assert rows(db, "SELECT COUNT(*) FROM liftlock_migrations WHERE state = 'done'") == "5"


def test_rows_that_were_written_are_there_with_their_mark_or_not_at_all(here: Machine, db: Mariadb) -> None:
    template = step(db, said="reversible")
    lost(here, db, template, 1, ran=False)
    here.good(MIGRATE, template.action, here.context())
    assert rows(db, "SELECT COUNT(*) FROM items") == "2"
    broken = step(db, up="CREATE TABLE b (a INT PRIMARY KEY); INSERT INTO b VALUES (1), (1)", down=None)
    rows(db, "DELETE FROM liftlock_migrations")
    failed = here.bad(MIGRATE, broken.action, here.context())
    assert (failed.kind, failed.code, failed.fields["number"]) == (FailureKind.REFUSED, "migrate.mariadb.sql", "1062")
    assert rows(db, "SELECT COUNT(*) FROM b") == "0"
    assert rows(db, "SELECT place, state FROM liftlock_migrations") == "0\tdone"


def test_half_a_file_is_taken_back(here: Machine, db: Mariadb) -> None:
    template = step(db, up=UP + "NONSENSE;", said="reversible")
    failed = here.bad(MIGRATE, template.action, here.context())
    assert failed.code == "migrate.mariadb.sql"
    rows(db, "DROP PROCEDURE add_one")  # as if it had stopped before: the down script finds nothing to drop
    assert template.undo is not None
    undone = here.good(MIGRATE, template.undo, here.context(step="orders/1/w1/h1/u03-x"))
    assert undone["not_there"] == "0"
    assert rows(db, "SHOW TABLES") == "liftlock_migrations"


def test_a_down_script_that_finds_nothing_after_a_whole_file_is_told(here: Machine, db: Mariadb) -> None:
    template = step(db, said="reversible")
    applied = here.good(MIGRATE, template.action, here.context())
    rows(db, "DROP PROCEDURE add_one")
    assert template.undo is not None
    back = replace(here.context(step="orders/1/w1/h1/u03-x"), forward=applied)
    assert here.bad(MIGRATE, template.undo, back).fields["number"] == "1305"


def test_what_waits_for_a_lock_gives_up_and_changes_nothing(here: Machine, db: Mariadb) -> None:
    rows(db, "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    command = ["mariadb", "--no-defaults", "--socket", db.socket, "--user=root", "--unbuffered", "or`ders"]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(b"BEGIN; SELECT * FROM t;\n")
    holder.stdin.flush()
    holder.stdout.readline()
    template = step(db, up="ALTER TABLE t ADD COLUMN b INT", down=None)
    try:
        failed = here.bad(MIGRATE, template.action, here.context())
        assert (failed.kind, failed.code) == (FailureKind.TRANSIENT, "migrate.mariadb.locked")
    finally:
        holder.communicate(b"ROLLBACK;\n")
    assert here.good(MIGRATE, template.action, here.context())["applied"] == "1"


def test_an_attempt_that_still_runs_is_waited_for_and_seen(here: Machine, db: Mariadb) -> None:
    slow = step(db, up="CREATE TABLE t (a INT); INSERT INTO t SELECT SLEEP(2)", down=None)
    operation = MIGRATE.operate(slow.action, here.context())
    assert isinstance(operation, Script)
    import threading

    first = threading.Thread(target=here.run, args=(operation,))
    first.start()
    until(lambda: done(here, slow, here.context()) is None)  # it is at work: not known
    second = here.good(MIGRATE, slow.action, here.context())
    first.join()
    assert int(second["applied"]) <= 1
    assert rows(db, "SELECT COUNT(*) FROM t") == "1"


def test_what_another_attempt_does_between_look_and_act_is_not_done_again(
    here: Machine, db: Mariadb, tmp_path: Path
) -> None:
    """The other attempt ends just before this one's session begins: the mark is looked at once more, under the lock."""
    client, real = tmp_path / "tools" / "mariadb", shutil.which("mariadb")
    client.parent.mkdir()
    client.write_text(
        f'#!/bin/sh\nwords=$(mktemp)\ncat >$words\nif grep -q DELIMITER $words; then {real} "$@" <$words; fi\n'
        f'exec {real} "$@" <$words\n'
    )
    client.chmod(0o755)
    up = "CREATE TABLE t (a INT); INSERT INTO t VALUES (1)"
    told = here.good(MIGRATE, step(db, up=up, down=None, bin=str(client.parent)).action, here.context())
    assert (told["statements"], told["applied"]) == ("2", "0")
    assert rows(db, "SELECT COUNT(*) FROM t") == "1"


def test_a_statement_of_its_own_that_finds_too_many_rows_is_no_other_attempt(here: Machine, db: Mariadb) -> None:
    failed = here.bad(MIGRATE, step(db, up="SELECT (SELECT 1 UNION SELECT 2)", down=None).action, here.context())
    assert failed.code != "migrate.mariadb.busy"


def test_a_file_that_changed_since_is_told(here: Machine, db: Mariadb) -> None:
    here.good(MIGRATE, step(db, up="CREATE TABLE t (a INT)", down=None).action, here.context())
    failed = here.bad(MIGRATE, step(db, up="CREATE TABLE t (b INT)", down=None).action, here.context())
    assert (failed.code, failed.fields["place"]) == ("migrate.mariadb.changed", "1")


def test_an_expand_stays_and_is_shown(here: Machine, db: Mariadb) -> None:
    template = step(db, up="CREATE TABLE t (a INT); CREATE TABLE u (a INT)", down=None)
    look = MIGRATE.preview(template.action, here.context())
    assert isinstance(look, Script)
    shown = MIGRATE.show(template.action, here.context(), here.run(look))
    assert (shown.changes, shown.text) == (True, "m1.sql (expand): 0 of 2 statements applied")
    here.good(MIGRATE, template.action, here.context())
    assert not MIGRATE.show(template.action, here.context(), here.run(look)).changes
    assert template.undo is not None
    assert here.good(MIGRATE, template.undo, here.context(step="orders/1/w1/h1/u03-x"))["kept"] == "2"


# --- as data -----------------------------------------------------------------------------------------------


def complaints(up: str, down: str | None = None, said: str = "") -> list[str]:
    texts = {"m1__sql": up} | ({"m1__down__sql": down} if down is not None else {})
    item = Migrate(mariadb="orders", files=("m1.sql",), classes={"m1.sql": said} if said else {})
    return [code.removeprefix("migrate.mariadb.") for code, _ in MIGRATE.complain(item, setting(**texts))]


@pytest.mark.parametrize(
    ("up", "down", "said", "codes"),
    [
        ("CREATE TABLE t (a INT)", None, "", []),
        ("ALTER TABLE t DROP COLUMN a", None, "", ["undeclared"]),
        ("ALTER TABLE t DROP COLUMN a", None, "contract", []),
        ("-- liftlock: contract\nALTER TABLE t DROP COLUMN a", None, "", []),
        ("ALTER TABLE t DROP COLUMN a", None, "expand", ["expand_breaks"]),
        ("ALTER TABLE t DROP COLUMN a", "ALTER TABLE t ADD a INT", "reversible", ["reversible_loses"]),
        ("CREATE TABLE t (a INT)", None, "reversible", ["no_down"]),
        ("DROP TABLE t", None, "irreversible", ["no_because"]),
        ("DROP TABLE t", None, "irreversible because it is empty", []),
        (
            "START TRANSACTION; INSERT INTO t VALUES (1); COMMIT",
            None,
            "",
            ["transaction", "transaction", "risk_opaque", "risk_opaque"],
        ),
        ("USE other; CREATE TABLE t (a INT)", None, "", ["transaction", "risk_opaque"]),
        ("LOAD DATA INFILE 'x' INTO TABLE t", None, "", ["copies", "risk_opaque"]),
        ("CREATE TABLE t (a INT) \\G", None, "", ["client"]),
        ("SELECT 'x", None, "", ["unreadable"]),
        ("CREATE INDEX i ON t (a)", None, "", ["risk_index_blocks"]),
        ("CREATE TABLE t (a INT)", None, "purple", ["class", "undeclared"]),
    ],
)
def test_files_are_judged_before_any_host_is_asked(up: str, down: str | None, said: str, codes: list[str]) -> None:
    assert complaints(up, down, said) == codes


def test_classes_decide_the_way_back() -> None:
    def template(said: str) -> Template:
        item = Migrate(mariadb="orders", files=("m1.sql",), classes={"m1.sql": said})
        (found,) = MIGRATE.expand(item, setting(m1__sql="DROP TABLE t", m1__down__sql="CREATE TABLE t (a INT)"))
        return found

    assert template("reversible").undo is not None
    assert template("restore-only").action.traits.reversal == Restorable()
    assert isinstance(template("contract").action.traits.reversal, Irreversible)
    assert template("irreversible because").undo is None


def test_folders_are_sorted_and_bounded() -> None:
    texts = {f"db/{name}": "CREATE TABLE IF NOT EXISTS t (a INT)" for name in ("10-c.sql", "9-b.sql", "1-a.sql")}
    known = Setting("orders", "1", "2", True, {}, {}, texts)
    item = Migrate(mariadb="orders", folder="db", after="1-a.sql")
    assert [one.action.args["name"] for one in MIGRATE.expand(item, known)] == ["9-b.sql", "10-c.sql"]
    wrong = Migrate(mariadb="orders", folder="db", after="2.sql", files=("x.sql",))
    codes = [code.removeprefix("migrate.mariadb.") for code, _ in MIGRATE.complain(wrong, known)]
    assert codes == ["one_of", "bound"]
    assert MIGRATE.expand(replace(item, only="contract"), known) == ()
