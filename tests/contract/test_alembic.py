"""The host's own Alembic, here on SQLite: to a fixed revision, and back to where the database stood."""

import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.alembic import DRIVERS, Alembic
from liftlock.model.actions import Context, Evidence, Exited, Failure, FailureKind
from liftlock.model.schedule import Template
from tests.postgres import Bench

DRIVER = DRIVERS[0]
CONTEXT = Context("r1", "orders/1/w1/h1/01-m", "h1", "127.0.0.1", "orders", "1.1", "1.0", "1.1")
ENV = """
from alembic import context
from sqlalchemy import create_engine
if context.is_offline_mode():
    context.configure(url="sqlite://", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine("sqlite:///{folder}/app.db").connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
REVISION = """
from alembic import op
revision, down_revision = "{this}", {before!r}
def upgrade():
    op.execute("{up}")
def downgrade():
    op.execute("{down}")
"""


class Case(Bench):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.app = folder / "app"
        versions = self.app / "migrations" / "versions"
        versions.mkdir(parents=True)
        (self.app / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
        (self.app / "migrations" / "env.py").write_text(ENV.format(folder=self.app))
        for this, before, up, down in (
            ("aaa1", None, "CREATE TABLE one (id int)", "DROP TABLE one"),
            ("bbb2", "aaa1", "CREATE TABLE two (id int)", "DROP TABLE two"),
        ):
            (versions / f"{this}.py").write_text(REVISION.format(this=this, before=before, up=up, down=down))

    def step(self, to: str, **fields: Any) -> Template:
        known: dict[str, Any] = {"alembic": str(self.app), "command": str(Path(sys.executable).parent / "alembic")}
        item = Alembic(**known | fields, to=to)
        assert DRIVER.complain(item, self.setting()) == ()
        return DRIVER.expand(item, self.setting())[0]

    def tables(self) -> set[str]:
        with sqlite3.connect(self.app / "app.db") as database:
            return {
                name
                for (name,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'alem%'"
                )
            }


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_up_and_back_to_where_it_stood(case: Case) -> None:
    step = case.step("bbb2")
    facts = case.good(case.do(DRIVER, step, "02-m"))
    assert (facts["before"], facts["after"], case.tables()) == ("base", "bbb2", {"one", "two"})
    assert case.good(case.undo(DRIVER, step, "02-m"))["after"] == "base"
    assert case.tables() == set()
    assert case.bad(case.undo(DRIVER, step, "03-m")).code == "migrate.alembic.lost"


STAND_IN = """#!/bin/sh
case "$*" in
  *current*) echo 'aaa1 (head)' ;;
  *--sql*) echo "CREATE TABLE two -- $*" ;;
  *upgrade\\ locked*) echo 'psycopg.errors.LockNotAvailable: canceling statement' >&2; exit 1 ;;
  *upgrade\\ gone*) echo "Can't locate revision identified by 'gone'" >&2; exit 1 ;;
  *upgrade\\ elsewhere*) ;;
  *) exit 1 ;;
esac
"""


@pytest.mark.parametrize(
    ("to", "code", "kind"),
    [
        ("locked", "locked", FailureKind.TRANSIENT),
        ("gone", "revision", FailureKind.REFUSED),
        ("elsewhere", "elsewhere", FailureKind.UNHEALTHY),
        ("other", "alembic", FailureKind.REFUSED),
    ],
)
def test_what_alembic_refuses(case: Case, to: str, code: str, kind: FailureKind) -> None:
    (case.app / "alembic").write_text(STAND_IN)
    (case.app / "alembic").chmod(0o755)
    step = case.step(to, command="./alembic")
    failure = case.bad(case.do(DRIVER, step, "01-m"))
    assert (failure.code, failure.kind) == (f"migrate.alembic.{code}", kind)
    assert f"upgrade aaa1:{to} --sql" in case.preview(DRIVER, step.action, "01-m").text
    assert case.good(case.do(DRIVER, case.step("aaa1", command="./alembic"), "02-m"))["already"] == "yes"


@pytest.mark.parametrize(
    ("class_", "at", "settled"),
    [
        ("expand", "bbb2", Evidence({"after": "bbb2"})),
        ("contract", "bbb2", Evidence({"after": "bbb2"})),
        ("reversible", "bbb2", None),  # where it began, and so where its way back leads, is not known any more
        ("reversible", "aaa1", Failure(FailureKind.INTERRUPTED, "migrate.alembic.not_done", {"found": "aaa1"})),
    ],
)
def test_what_a_lost_upgrade_left(class_: str, at: str, settled: object) -> None:
    action = DRIVER.expand(Alembic(alembic="/srv/app", to="bbb2", class_=class_), Bench.setting())[0].action
    assert DRIVER.settle(action, CONTEXT, Exited(0, f"@at={at}")) == settled
    assert DRIVER.settle(action, CONTEXT, Exited(1)) is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "head"}, "fixed"),
        ({"to": "+1"}, "fixed"),
        ({"alembic": "app"}, "folder"),
        ({"class_": "irreversible"}, "class"),
        ({"class_": "maybe"}, "class"),
    ],
)
def test_what_is_wrong(fields: dict[str, Any], code: str) -> None:
    item = Alembic(**{"alembic": "/srv/app", "to": "abc"} | fields)
    assert [found for found, _ in DRIVER.complain(item, Bench.setting())] == [f"migrate.alembic.{code}"]
