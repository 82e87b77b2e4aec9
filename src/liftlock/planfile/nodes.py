"""What YAML says before it is typed: scalars, sequences and mappings, each with its place and its text as written."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from liftlock.model.findings import Path

INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0o[0-7]{1,20}|0x[0-9a-fA-F]{1,15}")  # what fits into 64 bits; longer is text
FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
BEGINS_NUMBER = frozenset("-+.0123456789")
Position = tuple[int, int]
Builtin = None | bool | int | float | str


class Scalar(Struct, gc=False):
    """`text` as written; `plain`: without quotes, so that it may be a number. Line and column count from 1."""

    text: str
    plain: bool
    line: int
    column: int
    size: int = 1
    height: int = 0


class Sequence(Struct):
    """A list. `size` counts the values in it, and `height` its levels, as if aliases were written out."""

    line: int
    column: int
    values: list["Node"] = field(default_factory=list)
    size: int = 1
    height: int = 1


class Keys(Struct):
    """A mapping: key text -> the key's own node and the value."""

    line: int
    column: int
    entries: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)
    size: int = 1
    height: int = 1

    def get(self, key: str) -> "Node | None":
        entry = self.entries.get(key)
        return entry[1] if entry else None


Node = Scalar | Sequence | Keys


def resolve(scalar: Scalar) -> Builtin:
    """A scalar's value by the core schema of YAML 1.2 (section 10.3.2): null, true, false, numbers, else text."""
    text = scalar.text
    if not scalar.plain:
        return text
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in BEGINS_NUMBER:
        return text
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def builtins(node: Node) -> Any:
    """Plain dict, list and scalar values."""
    match node:
        case Scalar():
            return resolve(node)
        case Sequence():
            return [builtins(value) for value in node.values]
        case Keys():
            return {key: builtins(value) for key, (_, value) in node.entries.items()}


def shown(node: Node) -> str:
    """A value as a finding repeats it: the text as written, `[…]` or `{…}`."""
    match node:
        case Scalar():
            return node.text if len(node.text) <= 80 else node.text[:80] + "…"
        case Sequence():
            return "[…]" if node.values else "[]"
        case Keys():
            return "{…}" if node.entries else "{}"


class Positions(Mapping[Path, Position]):
    """Path -> (line, column) of its key; of the item itself in a list. Looked up in the nodes, nothing is copied."""

    def __init__(self, root: Node | None) -> None:
        self.root = root

    def __getitem__(self, path: Path) -> Position:
        node = self.root
        place = (node.line, node.column) if node else None
        for part in path:
            if isinstance(node, Keys) and part in node.entries:
                key, node = node.entries[str(part)]
                place = (key.line, key.column)
            elif isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.values):
                node = node.values[part]
                place = (node.line, node.column)
            else:
                raise KeyError(path)
        if place is None:
            raise KeyError(path)
        return place

    def __iter__(self) -> Iterator[Path]:
        return paths(self.root, ()) if self.root else iter(())

    def __len__(self) -> int:
        return sum(1 for _ in self)


def paths(node: Node, path: Path) -> Iterator[Path]:
    yield path
    match node:
        case Sequence():
            for index, value in enumerate(node.values):
                yield from paths(value, (*path, index))
        case Keys():
            for key, (_, value) in node.entries.items():
                yield from paths(value, (*path, key))
        case Scalar():
            pass
