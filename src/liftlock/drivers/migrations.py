"""Migration files in order, each with its class: what a person declares, held against what its SQL does.

Rules: a class is declared in the plan, or in the file (`-- liftlock: contract`), or follows: with a down script
`reversible`, else, if it breaks and loses nothing, `expand`; else it must be declared. An expand that breaks what the
old version uses is an error, whatever anybody declares. Each file runs in one transaction, so it may end none itself.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Literal, get_args
from zlib import crc32

from msgspec import Struct

from liftlock.drivers.sql import Statement, Unreadable, name_at, statements, tokens
from liftlock.drivers.sql_effects import Effect, effects
from liftlock.drivers.technology import Complaints

Class = Literal["expand", "contract", "reversible", "restore-only", "irreversible", ""]
CLASSES: dict[str, Class] = {name: name for name in get_args(Class)}
Key = tuple[tuple[int, str], ...]
Told = dict[str, str | int | float]
DECLARED = re.compile(r"--\s*liftlock:\s*(expand|contract|reversible|restore-only|irreversible)\b[\s:]*(.*?)\s*")
PLAIN = re.compile(r"(expand|contract|reversible|restore-only|irreversible)\b[\s:]*(.*?)\s*", re.DOTALL)
FLYWAY = re.compile(r"(?P<kind>[VUR])(?P<version>[0-9]+(?:[._][0-9]+)*)?__(?P<title>.+)\.sql", re.DOTALL)
LOST = ("drop", "drop_column", "truncate", "delete_all")  # no down script brings it back
ENDS = re.compile(r"(BEGIN|START TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?! TO\b)|PREPARE TRANSACTION)\b")
SETTINGS = re.compile(
    r"(SET (SESSION |LOCAL )?(LOCK_TIMEOUT|STATEMENT_TIMEOUT|STANDARD_CONFORMING_STRINGS|SESSION_REPLICATION_ROLE)\b"
    r"|SET SESSION AUTHORIZATION\b|RESET (ALL|LOCK_TIMEOUT|STATEMENT_TIMEOUT)\b|DISCARD\b)"
)
ALONE = re.compile(
    r"(?P<create>CREATE (UNIQUE )?INDEX CONCURRENTLY\b)|(?P<drop>DROP INDEX CONCURRENTLY\b)|(?P<vacuum>VACUUM\b)"
    r"|(?P<other>REINDEX\b.*\bCONCURRENTLY\b|ALTER SYSTEM\b|(CREATE|DROP) (DATABASE|TABLESPACE)\b"
    r"|ALTER TABLE .*\bDETACH PARTITION\b.*\bCONCURRENTLY\b|(CREATE|ALTER|DROP) SUBSCRIPTION\b|CLUSTER\Z)"
)
COPIES = re.compile(r"COPY\b.*\bFROM\b")


class Migration(Struct, frozen=True):
    """One file. `key`: what it is sorted by; `down`: its down script's text, None if there is none."""

    name: str
    text: str
    key: Key = ()
    down: str | None = None
    version: str = ""  # Flyway's
    repeatable: bool = False

    @property
    def checksum(self) -> str:
        return sha256(self.text.encode()).hexdigest()


class Declared(Struct, frozen=True):
    class_: Class = ""
    because: str = ""


class Alone(Struct, frozen=True):
    """A statement that cannot run in a transaction. `what`: create, drop, vacuum, other; `index`, `table`: quoted."""

    what: str
    index: str = ""
    table: str = ""


# --- files ------------------------------------------------------------------------------------------------


def from_files(names: tuple[str, ...], texts: Mapping[str, str]) -> tuple[Migration, ...]:
    """In the order in which they are written; `x.down.sql` beside `x.sql` or `x.up.sql` is its down script."""
    return tuple(
        Migration(base(name), texts[name], ((place, ""),), texts.get(down_of(name)))
        for place, name in enumerate(names)
        if name in texts
    )


def from_folder(folder: str, texts: Mapping[str, str]) -> tuple[Migration, ...]:
    """The folder's .sql files, numbers sorted as numbers."""
    inside = {name: text for name, text in texts.items() if is_in(folder, name)}
    found = [
        Migration(base(name), text, natural(base(name)), inside.get(down_of(name)))
        for name, text in inside.items()
        if not name.endswith(".down.sql")
    ]
    return tuple(sorted(found, key=lambda one: one.key))


def from_flyway(folder: str, texts: Mapping[str, str]) -> tuple[Migration, ...]:
    """`V1_2__title.sql` by version with `U1_2__….sql` as their way down, then `R__title.sql` by title."""
    read = [(match, text) for name, text in texts.items() if is_in(folder, name) and (match := flyway(name))]
    downs = {version_of(match): text for match, text in read if match["kind"] == "U"}
    found: list[Migration] = []
    for match, text in read:
        version = version_of(match)
        if match["kind"] == "V" and version:
            key = ((0, ""), *((int(part), "") for part in version.split(".")))
            found.append(Migration(match.string, text, key, downs.get(version), version))
        elif match["kind"] == "R":
            found.append(Migration(match.string, text, ((1, match["title"]),), repeatable=True))
    return tuple(sorted(found, key=lambda one: one.key))


def flyway(name: str) -> re.Match[str] | None:
    return FLYWAY.fullmatch(base(name))


def version_of(found: re.Match[str]) -> str:
    """Flyway's version: `01_2` and `1.2` are one."""
    return ".".join(str(int(part)) for part in re.split(r"[._]", found["version"])) if found["version"] else ""


def flyway_checksum(text: str) -> int:
    """Flyway's own checksum of a file: CRC-32 over its lines without their ends, as a signed number."""
    value = 0
    for line in re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff").removesuffix("\n").removesuffix("\r")):
        value = crc32(line.encode(), value)
    return value - (1 << 32) if value >= 1 << 31 else value


def is_in(folder: str, name: str) -> bool:
    return name.startswith(f"{folder.rstrip('/')}/") and name.endswith(".sql")


def base(name: str) -> str:
    return name.rpartition("/")[2]


def down_of(name: str) -> str:
    return name.removesuffix(".sql").removesuffix(".up") + ".down.sql"


def natural(name: str) -> Key:
    """Digits as numbers; a number and a word in the same place never meet, because parts take turns."""
    parts = enumerate(re.split(r"([0-9]+)", name))
    return tuple((int(part), "") if place % 2 else (0, part) for place, part in parts)


def between(found: tuple[Migration, ...], after: str, until: str) -> tuple[Migration, ...]:
    """Those behind `after` up to and including `until`: names or Flyway versions; empty: no bound."""
    first = next((place + 1 for place, one in enumerate(found) if after in (one.name, one.version) and after), 0)
    last = next((place + 1 for place, one in enumerate(found) if until in (one.name, one.version) and until), None)
    repeatables = tuple(one for one in found if one.repeatable) if last is not None else ()
    return tuple(dict.fromkeys((*found[first:last], *repeatables)))


# --- classes ----------------------------------------------------------------------------------------------


def declared(one: Migration, classes: Mapping[str, str]) -> Declared:
    """What the plan says of the file, else what its own comments say."""
    if one.name in classes:
        found = PLAIN.fullmatch(classes[one.name])
        return Declared(CLASSES[found[1]], found[2]) if found else Declared()
    for token in tokens(one.text):
        if token.kind == "comment" and (found := DECLARED.fullmatch(token.text)):
            return Declared(CLASSES[found[1]], found[2])
    return Declared()


def class_of(one: Migration, classes: Mapping[str, str]) -> Declared:
    """The class; empty where it must be declared, or where the file cannot be read."""
    try:
        said = declared(one, classes)
        if said.class_:
            return said
        done = effects(one.text)
    except Unreadable:
        return Declared()
    return followed(one, done)


def followed(one: Migration, done: tuple[Effect, ...]) -> Declared:
    """The class that follows from what the file does, where nobody declared one; empty where somebody must."""
    if one.down is not None and not any(each.code in LOST for each in done):
        return Declared("reversible")
    return Declared() if any(each.breaks or each.loses for each in done) else Declared("expand")


def alone(text: str) -> Alone | None:
    """The file's only statement, if it cannot run in a transaction."""
    found = statements(text)
    return alone_of(found[0]) if len(found) == 1 else None


def alone_of(one: Statement) -> Alone | None:
    match = ALONE.match(one.plain)
    if match is None:
        return None
    what = next(name for name in ("create", "drop", "vacuum", "other") if match[name])
    if what not in ("create", "drop"):
        return Alone(what)
    words = [token.text for token in one.tokens]
    place = words.index("CONCURRENTLY") + 1
    place += {"create": 3, "drop": 2}[what] if words[place : place + 1] == ["IF"] else 0
    if words[place] == "ON":
        return Alone(what)
    table = words.index("ON") + 1 if what == "create" and "ON" in words else 0
    table += table > 0 and words[table] == "ONLY"
    return Alone(what, name_at(one.tokens, place), name_at(one.tokens, table) if table else "")


# --- what is wrong -----------------------------------------------------------------------------------------


def faults(one: Migration, classes: Mapping[str, str]) -> Complaints:
    """What is wrong with a file, as (code, fields); the driver's name comes before the code."""
    try:
        said, done = class_of(one, classes), effects(one.text)
        found = [*structure(one.name, one.text), *structure(one.name, one.down or "")]
    except Unreadable as error:
        return (("unreadable", {"file": one.name, "line": error.line}),)
    found += judged(one, said, done)
    for each in done:
        if each.risky:
            found.append((f"risk_{each.code}", {"file": one.name, "line": each.line}))
    return tuple(found)


def structure(name: str, text: str) -> Iterator[tuple[str, Told]]:
    """What a file may not hold, since it runs through psql in a transaction that is not its own."""
    every = statements(text)
    for token in tokens(text):
        if token.kind == "psql":
            yield "psql", {"file": name, "line": token.line, "text": token.text[:40]}
    for one in every:
        told: Told = {"file": name, "line": one.line}
        if ENDS.match(one.plain):
            yield "transaction", told
        if SETTINGS.match(one.plain):
            yield "settings", told
        if COPIES.match(one.plain):
            yield "copies", told
        if (found := alone_of(one)) is None:
            continue
        if len(every) > 1:
            yield "alone_mixed", told
        elif found.what == "other":
            yield "alone_other", told
        elif found.what in ("create", "drop") and not found.index:
            yield "alone_name", told


def judged(one: Migration, said: Declared, done: tuple[Effect, ...]) -> Complaints:
    """The class against the effects."""
    file: Told = {"file": one.name}
    first = next((each for each in done if each.breaks or each.loses), None)
    breaking = next((each for each in done if each.breaks), None)
    lost = next((each for each in done if each.code in LOST and each.loses), None)
    match said.class_:
        case "":
            line = first.line if first else 1
            return (("undeclared", {**file, "line": line, "effect": first.code if first else ""}),)
        case "expand" if breaking:
            return (("expand_breaks", {**file, "line": breaking.line, "effect": breaking.code}),)
        case "expand" if first:
            return (("expand_overwrites", {**file, "line": first.line}),)
        case "reversible" if one.down is None:
            return (("no_down", file),)
        case "reversible" if lost:
            return (("reversible_loses", {**file, "line": lost.line, "effect": lost.code}),)
        case "irreversible" if not said.because:
            return (("no_because", file),)
    return ()
