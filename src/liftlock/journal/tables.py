"""The record's tables, in SQLAlchemy Core's portable types. `migrations/` brings a database to exactly this.

Rule: an entry's `body` is the truth (what is hashed); the columns beside it repeat it for queries and indexes only.
"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

HEAD = Table(
    "head",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("generations", Text, nullable=False),
)

ENTRY = Table(
    "entry",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

LOCK = Table(
    "name_lock",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Index("name_lock_stream", "stream"),
)

CHECKPOINT = Table(
    "checkpoint",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
