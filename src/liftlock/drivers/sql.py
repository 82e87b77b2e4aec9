"""PostgreSQL's SQL as text: where statements, comments, strings and psql's own commands begin and end.

Rule: conservative. What is inside comments, strings and dollar quotes is no program; what does not end, or is psql's
own command, is said, never guessed. Strings are read as standard_conforming_strings=on reads them, the default.
"""

import re
from collections.abc import Iterator
from typing import Literal, get_args

from msgspec import Struct

Kind = Literal["word", "name", "string", "number", "symbol", "comment", "psql"]
KINDS: dict[str, Kind] = {name: name for name in get_args(Kind)}
TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n\r]*)
  | (?P<block>/\*)
  | (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$)
  | (?P<string>[eE]'(?:[^'\\]|\\.|'')*' | (?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
  | (?P<open>[eE]')
  | (?P<name>(?:[uU]&)?"(?:[^"]|"")*")
  | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
  | (?P<number>[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?)
  | (?P<psql>\\[^\n\r]*)
  | (?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
BLOCK_EDGE = re.compile(r"/\*|\*/")
ROUTINE = re.compile(r"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b")


class Unreadable(Exception):
    """A quote or comment that does not end: nothing after its line can be read."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class Token(Struct, frozen=True):
    """`text` as in the program; of words in capitals. `line` counts from 1."""

    kind: Kind
    text: str
    line: int
    start: int
    end: int


class Statement(Struct, frozen=True):
    """One statement without its semicolon. `comments`: those before and in it; `text`: from its first token on."""

    tokens: tuple[Token, ...]
    comments: tuple[str, ...]
    text: str
    line: int

    @property
    def shape(self) -> str:
        """Words in capitals, quoted names as they are, strings as `S`, one space between any two tokens."""
        return " ".join("S" if token.kind == "string" else token.text for token in self.tokens)

    @property
    def plain(self) -> str:
        """The same with quoted names as `Q`: no word in them is taken for a keyword."""
        return " ".join(map(bare, self.tokens))


def tokens(text: str) -> Iterator[Token]:
    """All but space. Raises Unreadable."""
    place, line = 0, 1
    while place < len(text):
        found = TOKEN.match(text, place)
        assert found is not None  # the last alternative takes any character
        kind, end = str(found.lastgroup), found.end()
        if kind == "block":
            kind, end = "comment", end_of_block(text, end, line)
        elif kind == "dollar":
            kind, end = "string", end_of_dollar(text, found.group(), end, line)
        elif kind == "open" or (kind == "symbol" and found.group() in "'\""):
            raise Unreadable(line)
        if kind != "space":
            part = text[place:end]
            yield Token(KINDS[kind], part.upper() if kind == "word" else part, line, place, end)
        line += text.count("\n", place, end)
        place = end


def end_of_block(text: str, place: int, line: int) -> int:
    """Where a comment ends; PostgreSQL's comments nest."""
    depth = 1
    while depth:
        edge = BLOCK_EDGE.search(text, place)
        if edge is None:
            raise Unreadable(line)
        depth += 1 if edge.group() == "/*" else -1
        place = edge.end()
    return place


def end_of_dollar(text: str, quote: str, place: int, line: int) -> int:
    end = text.find(quote, place)
    if end < 0:
        raise Unreadable(line)
    return end + len(quote)


def statements(text: str) -> tuple[Statement, ...]:
    """The statements in order; a comment belongs to the statement that follows it. Raises Unreadable."""
    found: list[Statement] = []
    part: list[Token] = []
    comments: list[str] = []
    depth = inner = 0
    for token in tokens(text):
        if token.kind == "comment":
            comments.append(token.text)
            continue
        depth = max(0, depth + {"(": 1, ")": -1}.get(token.text, 0))
        inner = routine_depth(part, token, inner)
        if token.text == ";" and not depth and not inner:
            if part:
                found.append(statement(text, part, comments))
            part, comments = [], []
        else:
            part.append(token)
    if part:
        found.append(statement(text, part, comments))
    return tuple(found)


def routine_depth(part: list[Token], token: Token, inner: int) -> int:
    """How deep in a routine's `BEGIN ATOMIC … END`, whose semicolons end no statement (as psql counts it)."""
    if token.kind != "word" or token.text not in ("BEGIN", "CASE", "END"):
        return inner
    if not ROUTINE.match(" ".join(each.text for each in part[:4])):
        return inner
    if token.text == "END":
        return max(0, inner - 1)
    return inner + 1 if token.text == "BEGIN" or inner else inner


def statement(text: str, part: list[Token], comments: list[str]) -> Statement:
    return Statement(tuple(part), tuple(comments), text[part[0].start : part[-1].end], part[0].line)


def bare(token: Token) -> str:
    return {"string": "S", "name": "Q"}.get(token.kind, token.text)


def actions(one: Statement) -> tuple[str, ...]:
    """Of `ALTER TABLE t a, b`: `a` and `b`, plain; the table's name is left out."""
    rest = list(one.tokens[2:])  # ALTER TABLE
    while rest and rest[0].text in ("IF", "EXISTS", "ONLY"):
        rest.pop(0)
    rest = after_name(rest)
    parts: list[list[str]] = [[]]
    depth = 0
    for token in rest:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and not depth:
            parts.append([])
        else:
            parts[-1].append(bare(token))
    return tuple(" ".join(each) for each in parts if each)


def after_name(rest: list[Token]) -> list[Token]:
    """What follows a name that may be qualified, and an asterisk after it."""
    place = 1
    while place + 1 < len(rest) and rest[place].text == ".":
        place += 2
    if place < len(rest) and rest[place].text == "*":
        place += 1
    return rest[place:]


def name_at(found: tuple[Token, ...], place: int) -> str:
    """The name that begins at a token, qualified as written, folded as PostgreSQL folds it; empty if there is none."""
    parts: list[str] = []
    while place < len(found) and found[place].kind in ("word", "name"):
        token = found[place]
        parts.append(token.text if token.kind == "name" else f'"{token.text.lower()}"')
        if place + 1 >= len(found) or found[place + 1].text != ".":
            break
        place += 2
    return ".".join(parts)
