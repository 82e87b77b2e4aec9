"""What a migration's SQL does to the version that still runs, to the data, and to those who wait for its locks.

Rule: as far as it can be read. What a statement breaks, loses or locks is found by its form; what hides in a function
or a block is called opaque. A table that the same file creates can be treated as it likes: nobody uses it yet.
"""

import re

from msgspec import Struct

from liftlock.drivers.sql import Statement, actions, statements

TABLE = r'(?:ONLY )?(?P<table>[\w"$]+(?: \. [\w"$]+)*)'


class Rule(Struct, frozen=True):
    """`breaks` the old version; `loses` data that no script brings back; `risky`: worth a person's look.

    `unless`: what makes it harmless.
    """

    code: str
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    breaks: bool = False
    loses: bool = False
    risky: bool = False


class Effect(Struct, frozen=True):
    code: str
    line: int
    breaks: bool = False
    loses: bool = False
    risky: bool = False


def rule(code: str, pattern: str, unless: str = "", marks: str = "") -> Rule:
    return Rule(
        code,
        re.compile(pattern),
        re.compile(unless) if unless else None,
        *(mark in marks.split() for mark in ("breaks", "loses", "risky")),
    )


STATEMENTS = (
    rule("drop", r"DROP (TABLE|SCHEMA|SEQUENCE|DATABASE|OWNED|FOREIGN TABLE|EXTENSION)\b", marks="breaks loses"),
    rule("drop", r"DROP (?!INDEX\b)", marks="breaks"),
    rule("truncate", r"TRUNCATE\b", marks="breaks loses"),
    rule("delete_all", r"(WITH .* )?DELETE FROM\b", r"\bWHERE\b", marks="breaks loses"),
    rule("delete", r"(WITH .* )?DELETE FROM\b.*\bWHERE\b", marks="breaks loses"),
    rule("update_all", r"(WITH .* )?UPDATE\b", r"\bWHERE\b", marks="loses risky"),
    rule("update", r"(WITH .* )?UPDATE\b.*\bWHERE\b", marks="loses"),
    rule("update", r"(WITH .* )?INSERT INTO\b.*\bDO UPDATE\b", marks="loses"),
    rule("merge", r"(WITH .* )?MERGE INTO\b", marks="loses risky"),
    rule("rename", r"ALTER (?!TABLE\b).*\b(RENAME|SET SCHEMA)\b", marks="breaks"),
    rule("revoke", r"REVOKE\b", marks="breaks"),
    rule("index_blocks", r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY\b)", marks="risky"),
    rule("constraint", r"CREATE UNIQUE INDEX\b", marks="risky"),
    rule(
        "rewrites",
        r"(VACUUM \(? ?FULL|VACUUM FULL|CLUSTER|REINDEX|REFRESH MATERIALIZED VIEW)\b",
        r"\bCONCURRENTLY\b",
        "risky",
    ),
    rule("locks", r"LOCK\b", marks="risky"),
    rule("replaces", r"CREATE OR REPLACE\b", marks="risky"),
    rule("trigger", r"CREATE (CONSTRAINT )?(TRIGGER|RULE|EVENT TRIGGER|POLICY)\b", marks="risky"),
    rule("opaque", r"(SELECT|WITH|TABLE|VALUES)\b.*\(", r"\b(UPDATE|DELETE|INSERT|MERGE)\b", "risky"),
    rule("opaque", r"ALTER (?!TABLE\b|TYPE .* ADD VALUE)", r"\b(RENAME|SET SCHEMA|OWNER TO)\b", "risky"),
)
KNOWN = re.compile(
    r"(CREATE|ALTER|DROP|COMMENT|GRANT|REVOKE|INSERT|UPDATE|DELETE|TRUNCATE|MERGE|SELECT|WITH|TABLE|VALUES|SET|RESET"
    r"|SHOW|ANALYZE|VACUUM|CLUSTER|REINDEX|REFRESH|LOCK|SAVEPOINT|RELEASE|ROLLBACK)\b"
)
ACTIONS = (
    rule("drop_column", r"DROP (?!CONSTRAINT\b)", marks="breaks loses"),
    rule("retype", r"ALTER (COLUMN )?\S+ (SET DATA )?TYPE\b", marks="breaks loses risky"),
    rule("not_null", r"ALTER (COLUMN )?\S+ SET NOT NULL\b", marks="breaks risky"),
    rule("default", r"ALTER (COLUMN )?\S+ (DROP|SET) (DEFAULT|EXPRESSION|IDENTITY|GENERATED)\b", marks="risky"),
    rule("rename", r"(RENAME|SET SCHEMA)\b", marks="breaks"),
    rule(
        "add_not_null",
        r"ADD (?!CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE).*\bNOT NULL\b",
        r"\b(DEFAULT|GENERATED|\w*SERIAL\d?)\b",
        "breaks",
    ),
    rule(
        "constraint",
        r"ADD (CONSTRAINT \S+ )?(CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE)\b",
        r"\bNOT VALID\b|\bUSING INDEX\b",
        "risky",
    ),
    rule("constraint", r"ADD (?!CONSTRAINT).*\b(REFERENCES|UNIQUE|PRIMARY KEY|CHECK)\b", r"\bNOT VALID\b", "risky"),
    rule("rewrites", r"ADD (COLUMN )?.*\bDEFAULT (\S+ \. )?(?!NOW|CURRENT_)\w+ \(", marks="risky"),
    rule("rewrites", r"(SET (UN)?LOGGED|SET TABLESPACE|SET ACCESS METHOD)\b", marks="risky"),
    rule(
        "opaque", r"(DISABLE|ENABLE|ATTACH|DETACH|INHERIT|NO INHERIT|REPLICA|FORCE|NO FORCE|OF|NOT OF)\b", marks="risky"
    ),
)
CREATED = re.compile(rf"CREATE (?:(?:GLOBAL |LOCAL )?(?:TEMP|TEMPORARY) |UNLOGGED )?TABLE (?:IF NOT EXISTS )?{TABLE}")
TOUCHED = re.compile(
    rf"(?:ALTER TABLE (?:IF EXISTS )?|(?:WITH .* )?UPDATE |(?:WITH .* )?DELETE FROM |MERGE INTO "
    rf"|CREATE (?:UNIQUE )?INDEX (?:CONCURRENTLY )?.*?\bON |CREATE (?:CONSTRAINT )?TRIGGER .*?\bON ){TABLE}"
)


def effects(text: str) -> tuple[Effect, ...]:
    """What the statements of a file do, in order. Raises Unreadable."""
    found: list[Effect] = []
    created: set[str] = set()
    for one in statements(text):
        shape = one.shape
        if made := CREATED.match(shape):
            if "IF NOT EXISTS" not in shape:
                created.add(made["table"])
            continue
        touched = TOUCHED.match(shape)
        if touched and touched["table"] in created:
            continue
        found += effects_of(one, shape)
    return tuple(found)


def effects_of(one: Statement, shape: str) -> list[Effect]:
    parts, rules = (actions(one), ACTIONS) if shape.startswith("ALTER TABLE ") else ((one.plain,), STATEMENTS)
    found: dict[str, Effect] = {}
    if not KNOWN.match(shape):
        found["opaque"] = Effect("opaque", one.line, risky=True)
    for part in parts:
        for each in rules:
            if each.pattern.match(part) and not (each.unless and each.unless.search(part)):
                found.setdefault(each.code, Effect(each.code, one.line, each.breaks, each.loses, each.risky))
    return list(found.values())
