"""Bring a database to the schema that this program knows, or leave it untouched.

Rule: a current database costs one query. Alembic is imported only when there is something to migrate.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from liftlock.journal.faults import corrupt
from liftlock.model.errors import WorldError, WorldKind

REVISIONS = ("0001",)  # oldest first; the last is current
MIGRATIONS = Path(__file__).parent / "migrations"


def bring_up(connection: Connection, path: Path) -> None:
    """Migrate if need be. Raises WorldError STORE_NEWER or STORE_CORRUPT, and then has changed nothing."""
    if revision_of(connection, path) == REVISIONS[-1]:
        return
    with exclusively(path.parent):
        if revision_of(connection, path) == REVISIONS[-1]:
            return
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        migrate(connection)
        connection.exec_driver_sql("COMMIT")


def revision_of(connection: Connection, path: Path) -> str:
    """The database's revision, empty for an empty database."""
    names = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names:
        return ""
    if "alembic_version" not in names or "head" not in names:
        raise corrupt(path, "another program's database")
    revision = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
    if revision not in REVISIONS:
        raise WorldError(
            WorldKind.STORE_NEWER,
            f"the journal {path} is of revision {revision}, written by a newer version of Liftlock than this one, "
            f"which knows {REVISIONS[-1]}: update Liftlock; the journal was not touched",
            path=str(path),
            revision=revision,
        )
    return revision


def migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def exclusively(folder: Path) -> Iterator[None]:
    """One process at a time migrates, and the others wait for it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
