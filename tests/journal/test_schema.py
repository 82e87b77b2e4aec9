"""The migrations lead to exactly the tables that the program uses."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from liftlock.journal import schema
from liftlock.journal.sqlite import DATABASE, engine_for, open_store
from liftlock.journal.tables import METADATA


def test_migrating_an_empty_database_makes_the_tables(tmp_path):
    async def make():
        await (await open_store(tmp_path)).close()

    asyncio.run(make())
    engine = engine_for(tmp_path / DATABASE, 1.0)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_program_knows_every_revision_in_order():
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == schema.REVISIONS


def test_an_interrupted_migration_leaves_an_empty_database_that_is_migrated_later(tmp_path, monkeypatch):
    def interrupted(connection):
        connection.exec_driver_sql("CREATE TABLE head (stream TEXT)")
        raise KeyboardInterrupt

    async def once():
        await (await open_store(tmp_path)).close()

    with monkeypatch.context() as patch:
        patch.setattr(schema, "migrate", interrupted)
        try:
            asyncio.run(once())
        except KeyboardInterrupt:
            pass
        else:
            raise AssertionError("not interrupted")
    asyncio.run(once())
