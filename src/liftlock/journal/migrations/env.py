"""Run by Alembic: migrates over the connection that it is given, inside its transaction."""

from alembic import context

from liftlock.journal.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
context.run_migrations()
