"""The first schema: heads, entries, locks, checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "head",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("generations", sa.Text, nullable=False),
    )
    op.create_table(
        "entry",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_us", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_lock",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
    )
    op.create_index("name_lock_stream", "name_lock", ["stream"])
    op.create_table(
        "checkpoint",
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )


def downgrade() -> None:
    for table in ("checkpoint", "name_lock", "entry", "head"):
        op.drop_table(table)
