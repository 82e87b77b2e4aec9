"""Nodes to values of a msgspec type, by the type alone, with every problem reported at once.

Rules: a value that fails is FAILED, its siblings are still looked at, and a struct is built only if all of it is right.
Unknown keys are problems. Text is taken as written. `Share` is `3` or `25%`; what a field's metadata calls a
`duration` is seconds of `10m`, a `number` may carry a unit.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from msgspec import inspect

from liftlock.model.findings import Field, Finding, Path
from liftlock.model.near import near
from liftlock.model.plan import Share
from liftlock.planfile import forms
from liftlock.planfile.codes import FINDINGS_MAX, complain
from liftlock.planfile.nodes import Keys, Node, Scalar, Sequence, builtins, resolve, shown

FAILED: Any = object()
LOSES_ZERO = re.compile(r"[-+]?[0-9]+\.[0-9]+0")
YES_NO = frozenset({"yes", "no", "on", "off", "y", "n"})
type_info = lru_cache(maxsize=None)(inspect.type_info)


class Converter:
    """Converts nodes of one document; `findings` grows up to a limit. `deferred`: keys read later, by others."""

    def __init__(self, source: str = "plan", deferred: frozenset[str] = frozenset()) -> None:
        self.source = source
        self.deferred = deferred
        self.findings: list[Finding] = []

    def convert(self, node: Node, to: Any, path: Path = ()) -> Any:
        """A value of type `to`, or FAILED with findings that say why."""
        return self.value(node, type_info(to), path)

    def fail(self, code: str, path: Path, **fields: Field) -> Any:
        self.note(code, path, **fields)
        return FAILED

    def note(self, code: str, path: Path, **fields: Field) -> None:
        self.take([complain(code, path, self.source, **fields)])

    def take(self, findings: Iterable[Finding]) -> None:
        """Add findings up to the limit, and one that says so beyond."""
        for found in findings:
            if len(self.findings) < FINDINGS_MAX:
                self.findings.append(found)
            elif len(self.findings) == FINDINGS_MAX:
                self.findings.append(complain("L019", (), self.source, limit=FINDINGS_MAX))

    def value(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        if isinstance(node, Scalar) and node.plain and resolve(node) is None and not accepts_null(kind):
            return self.fail("L022", path, key=str(path[-1]) if path else "")
        return READERS[type(kind)](self, node, kind, path)

    # --- scalars -------------------------------------------------------------------------------------------

    def text(self, node: Node, kind: inspect.StrType, path: Path) -> Any:
        if not isinstance(node, Scalar) or isinstance(resolve(node), bool):
            return self.fail("L021", path, given=shown(node))
        if isinstance(resolve(node), float):
            self.note("L032", path, given=node.text)
        if kind.min_length and not node.text:
            return self.fail("L030", path, key=str(path[-1]) if path else "")
        if kind.pattern and not re.search(kind.pattern, node.text):
            return self.fail("L036", path, given=shown(node), pattern=kind.pattern)
        return node.text if self.fits(len(node.text), kind, path) else FAILED

    def integer(self, node: Node, kind: inspect.IntType, path: Path) -> Any:
        value = resolve(node) if isinstance(node, Scalar) else None
        if isinstance(node, Scalar) and type(value) is int:
            self.check_zeros(node, value, path)
            return value if self.in_bounds(value, kind, node, path) else FAILED
        return self.fail("L080", path, given=shown(node))

    def floating(self, node: Node, kind: inspect.FloatType, path: Path) -> Any:
        value = resolve(node) if isinstance(node, Scalar) else None
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return self.fail("L027", path, given=shown(node))
        if not math.isfinite(value):
            return self.fail("L035", path, given=shown(node))
        return float(value) if self.in_bounds(value, kind, node, path) else FAILED

    def boolean(self, node: Node, kind: inspect.BoolType, path: Path) -> Any:
        value = resolve(node) if isinstance(node, Scalar) else None
        if isinstance(value, bool):
            return value
        code = "L031" if isinstance(value, str) and value.lower() in YES_NO else "L081"
        return self.fail(code, path, given=shown(node))

    def nothing(self, node: Node, kind: inspect.NoneType, path: Path) -> Any:
        empty = isinstance(node, Scalar) and resolve(node) is None
        return None if empty else self.fail("L084", path, given=shown(node), expected="null")

    def literal(self, node: Node, kind: inspect.LiteralType, path: Path) -> Any:
        return self.choose(node, {value: value for value in kind.values}, path)

    def enumeration(self, node: Node, kind: inspect.EnumType, path: Path) -> Any:
        return self.choose(node, {member.value: member for member in kind.cls}, path)

    def choose(self, node: Node, choices: dict[Any, Any], path: Path) -> Any:
        if isinstance(node, Scalar):
            if node.text in choices:
                return choices[node.text]
            value = resolve(node)
            if type(value) is int and value in choices:
                return choices[value]
        allowed = [str(choice) for choice in choices if choice != ""]
        given, words = shown(node), ", ".join(allowed)
        if isinstance(node, Scalar) and (suggestion := near(node.text, allowed)):
            return self.fail("L024", path, given=given, suggestion=suggestion, allowed=words)
        return self.fail("L023", path, given=given, allowed=words)

    def anything(self, node: Node, kind: inspect.AnyType, path: Path) -> Any:
        before = len(self.findings)
        self.check_free(node, path)
        failed = any(f.code == "L035" for f in self.findings[before:])
        return FAILED if failed else builtins(node)

    def check_free(self, node: Node, path: Path) -> None:
        """Look for numbers that are not what was written."""
        match node:
            case Sequence():
                for index, value in enumerate(node.values):
                    self.check_free(value, (*path, index))
            case Keys():
                for key, (_, value) in node.entries.items():
                    self.check_free(value, (*path, key))
            case Scalar():
                read = resolve(node)
                if type(read) is int:
                    self.check_zeros(node, read, path)
                elif isinstance(read, float) and not math.isfinite(read):
                    self.note("L035", path, given=shown(node))
                elif isinstance(read, float) and LOSES_ZERO.fullmatch(node.text):
                    self.note("L033", path, given=shown(node), read=str(read))

    def check_zeros(self, node: Scalar, value: int, path: Path) -> None:
        digits = node.text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0" and digits.isdigit():
            self.note("L034", path, given=node.text, read=str(value))

    # --- forms ---------------------------------------------------------------------------------------------

    def formed(self, node: Node, kind: inspect.Metadata, path: Path) -> Any:
        if isinstance(node, Scalar) and node.plain and resolve(node) is None:  # the type below takes it
            return None
        match (kind.extra or {}).get("form"):
            case "duration":
                return self.duration(node, kind.type, path)
            case "number":
                value = forms.number(resolve(node)) if isinstance(node, Scalar) else None
                return self.fail("L027", path, given=shown(node)) if value is None else value
            case _:
                return self.value(node, kind.type, path)

    def duration(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        value = resolve(node) if isinstance(node, Scalar) else None
        if isinstance(value, str):
            value = forms.duration_s(value)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= forms.DURATION_MAX_S:
            return self.fail("L025", path, given=shown(node))
        return float(value) if self.in_bounds(value, kind, node, path) else FAILED

    def share(self, node: Node, path: Path) -> Any:
        value = forms.share(resolve(node)) if isinstance(node, Scalar) else None
        return self.fail("L026", path, given=shown(node)) if value is None else value

    # --- limits --------------------------------------------------------------------------------------------

    def in_bounds(self, value: float, kind: Any, node: Node, path: Path) -> bool:
        given = shown(node)
        low = next((bound for bound in (kind.ge, kind.gt) if bound is not None), None)
        high = next((bound for bound in (kind.le, kind.lt) if bound is not None), None)
        if low is not None and (value < low or (value == low and kind.gt is not None)):
            self.note("L028", path, given=given, limit=low)
            return False
        if high is not None and (value > high or (value == high and kind.lt is not None)):
            self.note("L029", path, given=given, limit=high)
            return False
        return True

    def fits(self, length: int, kind: Any, path: Path) -> bool:
        if kind.min_length is not None and length < kind.min_length:
            self.note("L037", path, length=length, limit=kind.min_length)
            return False
        if kind.max_length is not None and length > kind.max_length:
            self.note("L038", path, length=length, limit=kind.max_length)
            return False
        return True

    # --- collections ---------------------------------------------------------------------------------------

    def sequence(self, node: Node, kind: Any, path: Path) -> Any:
        if not isinstance(node, Sequence):
            return self.fail("L082", path, given=shown(node))
        values = [self.value(each, kind.item_type, (*path, i)) for i, each in enumerate(node.values)]
        if not self.fits(len(values), kind, path) or any(value is FAILED for value in values):
            return FAILED
        return SEQUENCES[type(kind)](values)

    def fixed(self, node: Node, kind: inspect.TupleType, path: Path) -> Any:
        if not isinstance(node, Sequence):
            return self.fail("L082", path, given=shown(node))
        if len(node.values) != len(kind.item_types):
            code = "L037" if len(node.values) < len(kind.item_types) else "L038"
            return self.fail(code, path, length=len(node.values), limit=len(kind.item_types))
        pairs = zip(node.values, kind.item_types, strict=True)
        values = [self.value(each, to, (*path, i)) for i, (each, to) in enumerate(pairs)]
        return FAILED if any(value is FAILED for value in values) else tuple(values)

    def mapping(self, node: Node, kind: inspect.DictType, path: Path) -> Any:
        if not isinstance(node, Keys):
            return self.fail("L083", path, given=shown(node))
        read = self.as_written if isinstance(kind.value_type, inspect.StrType) else self.value
        result = {}
        for key, (key_node, value) in node.entries.items():
            name = self.value(key_node, kind.key_type, (*path, key))
            result[name] = read(value, kind.value_type, (*path, key))
        good = self.fits(len(result), kind, path) and FAILED not in result and FAILED not in result.values()
        return result if good else FAILED

    def as_written(self, node: Node, kind: Any, path: Path) -> Any:
        """A value of a mapping of texts (variables, an environment): whatever stands there, as it stands there."""
        if isinstance(node, Scalar) and isinstance(resolve(node), bool | int):
            node = Scalar(node.text, False, node.line, node.column)
        return self.value(node, kind, path)

    def union(self, node: Node, kind: inspect.UnionType, path: Path) -> Any:
        """The first member that takes the value; if none does, what the one of the value's own kind says."""
        if isinstance(node, Scalar) and resolve(node) is None and accepts_null(kind):
            return None
        members = [each for each in kind.types if suits(each, node)]
        members.sort(key=lambda each: isinstance(bare(each), inspect.StrType))  # text takes whatever is left
        said: list[list[Finding]] = []
        for member in members:
            trial = Converter(self.source)
            value = trial.value(node, member, path)
            if value is not FAILED:
                self.take(trial.findings)
                return value
            said.append(trial.findings)
        if said:
            self.take(said[0])
            return FAILED
        expected = " | ".join(named(each) for each in kind.types if not isinstance(each, inspect.NoneType))
        return self.fail("L084", path, given=shown(node), expected=expected)

    def struct(self, node: Node, kind: inspect.StructType, path: Path) -> Any:
        if kind.cls is Share:
            return self.share(node, path)
        if not isinstance(node, Keys):
            return self.fail("L083", path, given=shown(node))
        known = {each.encode_name: each for each in kind.fields}
        good = self.check_keys(node, known, path)
        values: dict[str, Any] = {}
        for key, (_, value) in node.entries.items():
            if each := known.get(key):
                read = self.leave if key in self.deferred else self.value
                values[each.name] = read(value, each.type, (*path, key))
        if not good or any(value is FAILED for value in values.values()):
            return FAILED
        return self.build(kind.cls, values, path)

    def check_keys(self, node: Keys, known: dict[str, inspect.Field], path: Path) -> bool:
        unknown = [key for key in node.entries if key not in known]
        meant = set()
        for key in unknown:
            if suggestion := near(key, known.keys() - node.entries.keys()):
                self.note("L012", (*path, key), key=key, suggestion=suggestion)
                meant.add(suggestion)
            else:
                self.note("L013", (*path, key), key=key, allowed=", ".join(known))
        missing = [key for key, each in known.items() if each.required and key not in node.entries]
        for key in missing:
            if key not in meant:
                self.note("L020", path, key=key)
        return not unknown and not missing

    def build(self, cls: type, values: dict[str, Any], path: Path) -> Any:
        try:
            return cls(**values)
        except (ValueError, TypeError) as error:  # the type's own __post_init__
            return self.fail("L047", path, problem=str(error))

    def leave(self, node: Node, kind: inspect.Type, path: Path) -> Any:
        """A deferred list of mappings: only its shape is looked at here."""
        if not isinstance(node, Sequence):
            return self.fail("L082", path, given=shown(node))
        return tuple(builtins(value) for value in node.values if isinstance(value, Keys))


def bare(kind: inspect.Type) -> inspect.Type:
    """The type below its metadata."""
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def accepts_null(kind: inspect.Type) -> bool:
    match bare(kind):
        case inspect.AnyType() | inspect.NoneType():
            return True
        case inspect.UnionType(types):
            return any(accepts_null(each) for each in types)
        case _:
            return False


def suits(kind: inspect.Type, node: Node) -> bool:
    """Could a value of this shape be of this type?"""
    inner = bare(kind)
    match node:
        case Keys():
            return isinstance(inner, (inspect.DictType, inspect.AnyType)) or (
                isinstance(inner, inspect.StructType) and inner.cls is not Share
            )
        case Sequence():
            return isinstance(inner, (*SEQUENCES, inspect.TupleType, inspect.AnyType))
        case Scalar():
            lists = (*SEQUENCES, inspect.TupleType, inspect.DictType, inspect.NoneType)
            return not isinstance(inner, lists) and (not isinstance(inner, inspect.StructType) or inner.cls is Share)


def named(kind: inspect.Type) -> str:
    """A type as a finding names it."""
    inner = bare(kind)
    if isinstance(inner, inspect.LiteralType):
        return " | ".join(str(value) for value in inner.values)
    return NAMES.get(type(inner), "mapping")


NAMES: dict[type, str] = {
    inspect.StrType: "text",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true | false",
    inspect.ListType: "list",
    inspect.VarTupleType: "list",
    inspect.TupleType: "list",
    inspect.SetType: "list",
    inspect.FrozenSetType: "list",
}
SEQUENCES: dict[type, Callable[[list[Any]], Any]] = {
    inspect.ListType: list,
    inspect.VarTupleType: tuple,
    inspect.SetType: set,
    inspect.FrozenSetType: frozenset,
}
READERS: dict[type, Callable[..., Any]] = {
    inspect.AnyType: Converter.anything,
    inspect.NoneType: Converter.nothing,
    inspect.BoolType: Converter.boolean,
    inspect.IntType: Converter.integer,
    inspect.FloatType: Converter.floating,
    inspect.StrType: Converter.text,
    inspect.LiteralType: Converter.literal,
    inspect.EnumType: Converter.enumeration,
    inspect.ListType: Converter.sequence,
    inspect.VarTupleType: Converter.sequence,
    inspect.SetType: Converter.sequence,
    inspect.FrozenSetType: Converter.sequence,
    inspect.TupleType: Converter.fixed,
    inspect.DictType: Converter.mapping,
    inspect.UnionType: Converter.union,
    inspect.Metadata: Converter.formed,
    inspect.StructType: Converter.struct,
}
