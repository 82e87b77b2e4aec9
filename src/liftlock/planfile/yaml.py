"""YAML as data and nothing more: text to nodes with line and column, or findings.

Rules: scalars follow YAML 1.2's core schema (`on`, `no`, `22:00` and dates are text), and every node keeps the text as
written, so `1.10` is still `1.10` where text is wanted. No tags, no merge keys, one document. Everything is bounded
(size, depth, values counted with what aliases repeat), and whatever the bytes are, the answer is findings.
"""

import re
from typing import Any

from msgspec import Struct

from liftlock.model.findings import Finding
from liftlock.planfile.codes import FINDINGS_MAX, complain
from liftlock.planfile.nodes import Keys, Node, Scalar, Sequence

MIB = 1024 * 1024
DEPTH_MAX = 50
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)  # libyaml's time grows with the square of their number
ANY_OF_IN_BRACES = re.compile(r"\bany of\s*$")
RANGE_IN_BRACKETS = re.compile(r"\[[0-9]{1,9}:[0-9]{1,9}\]")
STRING_TAGS = ("tag:yaml.org,2002:str", "!")
COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!")


class Limits(Struct, frozen=True):
    """What is read at most: bytes of text, and values counted with what aliases repeat."""

    size_bytes: int
    values: int


PLAN_LIMITS = Limits(size_bytes=4 * MIB, values=400_000)
INVENTORY_LIMITS = Limits(size_bytes=64 * MIB, values=4_000_000)


class Document(Struct, frozen=True):
    """What was read: `root` is None where nothing useful could be."""

    root: Node | None
    findings: tuple[Finding, ...]


def read(text: bytes | str, limits: Limits, source: str = "plan", composer: "type[Composer] | None" = None) -> Document:
    """Read one document; the answer to any input is a Document. `composer`: of another dialect."""
    size_bytes = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size_bytes > limits.size_bytes:
        found = complain("L003", (), source, size_bytes=size_bytes, limit_bytes=limits.size_bytes)
        return Document(None, (found,))
    decoded = decode(text, source)
    if isinstance(decoded, Finding):
        return Document(None, (decoded,))
    return compose(decoded, (composer or Composer)(limits, source))


def decode(raw: bytes | str, source: str) -> str | Finding:
    """Text without a byte order mark, or what is wrong with its characters."""
    try:
        text = (raw if isinstance(raw, str) else str(raw, "utf-8")).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return complain("L002", (), source, place_after(error.object[: error.start].decode("utf-8")))
    if found := FORBIDDEN.search(text):
        character = f"U+{ord(found.group()):04X}"
        return complain("L006", (), source, place_after(text[: found.start()]), character=character)
    if found := TAG_DIRECTIVE.search(text):
        return complain("L010", (), source, place_after(text[: found.start()]), tag="%TAG")
    return text


def place_after(before: str) -> tuple[int, int]:
    """Line and column of the character that follows this text."""
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def compose(text: str, composer: "Composer") -> Document:
    import yaml  # here, because most commands never read YAML

    source = composer.source
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while loader.check_event() and composer.take(loader.get_event()):
            pass
    except yaml.MarkedYAMLError as error:
        return Document(None, (*composer.findings, syntax_finding(error, text, source)))
    except ValueError:  # PyYAML without libyaml: an escape beyond Unicode
        return Document(None, (*composer.findings, complain("L001", (), source, (1, 1), problem="escape")))
    finally:
        loader.dispose()
    if composer.root is None and not composer.findings:
        composer.findings.append(complain("L017", (), source))
    return Document(None if composer.broken else composer.root, tuple(composer.findings))


def syntax_finding(error: Any, text: str, source: str) -> Finding:
    """The parser's complaint, told apart where a person can be helped more."""
    mark = error.problem_mark or error.context_mark
    index = min(mark.index if mark else 0, len(text))
    place = place_after(text[:index])
    problem = ": ".join(part for part in (error.context, error.problem) if part)
    line = text[: index + 1].rpartition("\n")[2]
    if line.endswith("\t") and not line.strip():
        return complain("L007", (), source, place)
    if index >= len(text.rstrip()):
        return complain("L008", (), source, place_after(text.rstrip()), problem=problem)
    if text[index] == "[" and ANY_OF_IN_BRACES.search(text[:index][-40:]):
        return complain("L018", (), source, place)
    if RANGE_IN_BRACKETS.match(text, index):
        return complain("L087", (), source, place)
    return complain("L001", (), source, place, problem=problem)


class Open:
    """A collection that is not closed yet. `key`: what the next value of a mapping belongs to."""

    __slots__ = ("anchor", "key", "node")

    def __init__(self, node: Sequence | Keys, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Scalar | None = None


class Composer:
    """Events to nodes, without recursion. An alias is a reference: what it repeats costs nothing but its count."""

    def __init__(self, limits: Limits, source: str) -> None:
        self.limits = limits
        self.source = source
        self.root: Node | None = None
        self.broken = False
        self.findings: list[Finding] = []
        self.anchors: dict[str, Node | None] = {}
        self.stack: list[Open] = []
        self.values = 0
        self.takers = {
            "ScalarEvent": self.take_scalar,
            "AliasEvent": self.take_alias,
            "MappingStartEvent": self.take_start,
            "SequenceStartEvent": self.take_start,
            "MappingEndEvent": self.take_end,
            "SequenceEndEvent": self.take_end,
            "DocumentStartEvent": self.take_document,
        }

    def take(self, event: Any) -> bool:
        """Take one event in; False: enough was seen."""
        taker = self.takers.get(type(event).__name__)
        return taker is None or taker(event)

    def take_document(self, event: Any) -> bool:
        if self.root is None:
            return True
        self.complain("L009", event)
        return False

    def take_scalar(self, event: Any) -> bool:
        mark = event.start_mark
        plain = not event.style and event.tag is None
        node = Scalar(event.value, plain, mark.line + 1, mark.column + 1)
        if event.tag is not None and event.tag not in STRING_TAGS:
            self.complain("L010", event, tag=event.tag)
        if event.style == '"' and (found := FORBIDDEN.search(event.value)):
            self.complain("L006", event, character=f"U+{ord(found.group()):04X}")
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return self.add(node, event)

    def take_alias(self, event: Any) -> bool:
        target = self.anchors.get(event.anchor)
        if target is None:
            self.complain("L015", event, name=event.anchor)
            self.broken = True
            target = Scalar("", False, event.start_mark.line + 1, event.start_mark.column + 1)
        if len(self.stack) + target.height > DEPTH_MAX:
            return self.stop("L004", event, DEPTH_MAX)
        return self.add(target, event)

    def take_start(self, event: Any) -> bool:
        if event.tag is not None and event.tag not in COLLECTION_TAGS:
            self.complain("L010", event, tag=event.tag)
        if self.stack and isinstance(self.stack[-1].node, Keys) and self.stack[-1].key is None:
            self.complain("L016", event)
            self.broken = True
            return False
        if len(self.stack) >= DEPTH_MAX:
            return self.stop("L004", event, DEPTH_MAX)
        kind = Keys if type(event).__name__ == "MappingStartEvent" else Sequence
        mark = event.start_mark
        if event.anchor is not None:
            self.anchors[event.anchor] = None  # an alias to it before its end would be part of itself
        self.stack.append(Open(kind(mark.line + 1, mark.column + 1), event.anchor))
        return True

    def take_end(self, event: Any) -> bool:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = done.node
        return self.add(done.node, event)

    def add(self, node: Node, event: Any) -> bool:
        """Put a finished node where it belongs."""
        self.values += node.size if type(event).__name__ == "AliasEvent" else 1
        if self.values > self.limits.values:
            return self.stop("L005", event, self.limits.values)
        if not self.stack:
            self.root = node
            return True
        frame = self.stack[-1]
        parent = frame.node
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent, Sequence):
            parent.values.append(node)
        elif frame.key is not None:
            self.put(parent, frame.key, node)
            frame.key = None
        elif isinstance(node, Scalar):
            frame.key = node
        else:  # an alias to a collection, as a key
            self.complain("L016", event)
            self.broken = True
            return False
        return True

    def put(self, parent: Keys, key: Scalar, node: Node) -> None:
        place = (key.line, key.column)
        if key.text == "<<" and key.plain:
            self.note(complain("L014", (), self.source, place))
        elif key.text in parent.entries:
            first = parent.entries[key.text][0].line
            self.note(complain("L011", (), self.source, place, key=key.text, first_line=first))
        else:
            parent.entries[key.text] = (key, node)

    def complain(self, code: str, event: Any, **fields: str | int | float) -> None:
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1)
        self.note(complain(code, (), self.source, place, **fields))

    def note(self, found: Finding) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(found)
        elif len(self.findings) == FINDINGS_MAX:
            self.findings.append(complain("L019", (), self.source, limit=FINDINGS_MAX))

    def stop(self, code: str, event: Any, limit: int) -> bool:
        self.complain(code, event, limit=limit)
        self.broken = True
        return False
