"""MariaDB's and MySQL's SQL as text: where statements begin and end, and what they break, lose or lock.

Rule: conservative, as for PostgreSQL, whose rules hold where the forms are the same. `DELIMITER` is understood;
what the client would take for a command of its own is said, and so is what does not end.
"""

import re
from collections.abc import Iterator

from liftlock.drivers.sql import Kind, Statement, Token, Unreadable, actions, statement
from liftlock.drivers.sql_effects import CREATED, KNOWN, STATEMENTS, TOUCHED, Effect, rule

TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>\#[^\n]*|--(?=[\s]|\Z)[^\n]*|/\*(?!M?!).*?\*/)
  | (?P<string>[bBxXnN]?'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
  | (?P<name>`(?:[^`]|``)*`)
  | (?P<word>[A-Za-z_@$\x80-\U0010ffff][A-Za-z0-9_@$\x80-\U0010ffff]*)
  | (?P<number>[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?)
  | (?P<psql>\\[^\n]*|/\*M?!)
  | (?P<open>['"`]|/\*)
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
DELIMITER = re.compile(r"[ \t]*DELIMITER[ \t]+(\S+)[ \t]*(?:\n|\Z)", re.IGNORECASE)
KINDS: dict[str, Kind] = {"comment": "comment", "string": "string", "name": "name", "word": "word"}
KINDS |= {"number": "number", "psql": "psql", "symbol": "symbol"}
ROWS = re.compile(r"(INSERT|UPDATE|DELETE|REPLACE|SELECT|WITH)\b")
OWN_RULES = (
    rule("drop", r"DROP DATABASE\b", marks="breaks loses"),
    rule("rename", r"RENAME TABLE\b", marks="breaks"),
    rule("merge", r"(REPLACE|INSERT .*\bON DUPLICATE KEY UPDATE)\b", marks="loses risky"),
    rule("locks", r"LOCK TABLES?\b", marks="risky"),
)
ACTIONS = (
    rule("constraint", r"DROP (INDEX|KEY|FOREIGN KEY|PRIMARY KEY|CONSTRAINT|CHECK)\b", marks="risky"),
    rule(
        "drop_column",
        r"DROP (?!INDEX\b|KEY\b|FOREIGN\b|PRIMARY\b|CONSTRAINT\b|CHECK\b|DEFAULT\b)",
        marks="breaks loses",
    ),
    rule("retype", r"MODIFY\b", marks="breaks loses risky"),
    rule("rename", r"(CHANGE|RENAME (?!INDEX\b|KEY\b))\b", marks="breaks"),
    rule("default", r"ALTER (COLUMN )?\S+ (DROP|SET) DEFAULT\b", marks="risky"),
    rule(
        "add_not_null",
        r"ADD (?!CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|INDEX|KEY|FULLTEXT|SPATIAL).*\bNOT NULL\b",
        r"\b(DEFAULT|GENERATED|AUTO_INCREMENT|AS)\b",
        "breaks",
    ),
    rule("constraint", r"ADD (CONSTRAINT (\S+ )?)?(CHECK|FOREIGN|UNIQUE|PRIMARY)\b", marks="risky"),
    rule("rewrites", r"(ENGINE|CONVERT TO|ROW_FORMAT|FORCE|ORDER BY|(ADD|DROP|REORGANIZE) PARTITION)\b", marks="risky"),
)


def tokens(text: str) -> Iterator[Token]:
    """All but space; `DELIMITER` lines are none. Raises Unreadable."""
    place, line = 0, 1
    while place < len(text):
        found = TOKEN.match(text, place)
        assert found is not None, "the last group takes anything"
        kind = found.lastgroup or ""
        if kind == "open":
            raise Unreadable(line)
        if kind != "space":
            yield Token(KINDS[kind], written(kind, found.group()), line, place, found.end())
        line += found.group().count("\n")
        place = found.end()


def written(kind: str, text: str) -> str:
    """Words in capitals, names in double quotes, as the rules for effects expect them."""
    if kind == "name":
        return '"' + text[1:-1].replace("``", "`").replace('"', '""') + '"'
    return text.upper() if kind == "word" else text


def statements(text: str) -> tuple[Statement, ...]:
    """The statements in order; a comment belongs to the statement that follows it. Raises Unreadable."""
    found: list[Statement] = []
    delimiter, line = ";", 1
    for part, begins in parts(text):
        if begins and (change := DELIMITER.fullmatch(part)):
            delimiter = change[1]
        else:
            found += cut(part, delimiter, line)
        line += part.count("\n")
    return tuple(found)


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text between `DELIMITER` lines (False), and those lines (True)."""
    collected: list[str] = []
    for line in text.splitlines(keepends=True):
        if DELIMITER.fullmatch(line):
            yield "".join(collected), False
            yield line, True
            collected = []
        else:
            collected.append(line)
    yield "".join(collected), False


def cut(text: str, delimiter: str, line: int) -> list[Statement]:
    """The statements of a text that ends each with the same delimiter."""
    found: list[Statement] = []
    held: list[Token] = []
    comments: list[str] = []
    until = 0
    for token in tokens(text):
        if token.start < until:
            continue
        if token.kind in ("symbol", "word") and text.startswith(delimiter, token.start):
            until = token.start + len(delimiter)
            if held:
                found.append(at_line(statement(text, held, comments), line))
            held, comments = [], []
        elif token.kind == "comment":
            comments.append(token.text)
        else:
            held.append(token)
    if held:
        found.append(at_line(statement(text, held, comments), line))
    return found


def at_line(one: Statement, line: int) -> Statement:
    return Statement(one.tokens, one.comments, one.text, one.line + line - 1)


def is_rows(one: Statement) -> bool:
    """Can it be undone with its transaction? All else commits by itself."""
    return ROWS.match(one.plain) is not None


def effects(found: tuple[Statement, ...]) -> tuple[Effect, ...]:
    """What the statements of a file do, in order."""
    done: list[Effect] = []
    created: set[str] = set()
    for one in found:
        shape = one.shape
        if made := CREATED.match(shape):
            created |= set() if "IF NOT EXISTS" in shape else {made["table"]}
            continue
        touched = TOUCHED.match(shape)
        if not (touched and touched["table"] in created):
            done += effects_of(one)
    return tuple(done)


def effects_of(one: Statement) -> list[Effect]:
    alters = one.plain.startswith("ALTER TABLE ")
    texts, rules = (actions(one), ACTIONS) if alters else ((one.plain,), (*OWN_RULES, *STATEMENTS))
    found: dict[str, Effect] = {}
    if not KNOWN.match(one.plain) and not any(each.pattern.match(one.plain) for each in OWN_RULES):
        found["opaque"] = Effect("opaque", one.line, risky=True)
    for text in texts:
        for each in rules:
            if each.pattern.match(text) and not (each.unless and each.unless.search(text)):
                found.setdefault(each.code, Effect(each.code, one.line, each.breaks, each.loses, each.risky))
    return list(found.values())
