"""YAML as Ansible reads it: YAML 1.1 (`yes` is true, 0644 is octal), merge keys, `!vault`, `!unsafe`; JSON as JSON.

Rule: the same bounded reader as for plans; what differs is how a scalar is understood, that the last of two equal keys
holds, and that `<<` merges.
"""

import json
import re
from functools import cache
from typing import Any

from liftlock.planfile.ansible.written import Notes, Place, Unsafe, Value, Variables, Vaulted, at, parts, source_of
from liftlock.planfile.nodes import Keys, Node, Scalar, Sequence
from liftlock.planfile.yaml import INVENTORY_LIMITS, STRING_TAGS, Composer, read

YAML = "tag:yaml.org,2002:"
ENCRYPTED = ("!vault", "!vault-encrypted")
KNOWN = (*ENCRYPTED, "!unsafe", *(YAML + kind for kind in ("int", "float", "bool", "null", "timestamp", "binary")))
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # half a character is read as YAML, which says where it is


class Tagged(Scalar):
    """A scalar with a tag that changes what it is."""

    tag: str = ""


class Dialect(Composer):
    """Nodes of Ansible's YAML. Merge keys stay entries called `<<`, and are merged when values are made."""

    def take_scalar(self, event: Any) -> bool:
        if event.tag not in KNOWN:
            return super().take_scalar(event)
        node = Tagged(event.value, False, event.start_mark.line + 1, event.start_mark.column + 1, tag=event.tag)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return self.add(node, event)

    def put(self, parent: Keys, key: Scalar, node: Node) -> None:
        if key.text in parent.entries and not (key.text == "<<" and key.plain):
            first = parent.entries[key.text][0].line
            self.note(at("L407", Place(file_of(self.source), key.line, key.column), key=key.text, first_line=first))
        parent.entries[key.text] = (key, node)


def file_of(source: str) -> str:
    return source.partition(":")[2]


def read_yaml(text: bytes | str, file: str, notes: Notes) -> Node | None:
    """The document's root; None if it is empty, or has faults (which are noted)."""
    document = read(text, INVENTORY_LIMITS, source_of(file), Dialect)
    notes.take(tuple(each for each in document.findings if each.code != "L017"))
    return document.root


def read_json(text: str) -> Any:
    """What JSON says, or None if it is none; Ansible's encoded texts and values are unwrapped."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(text, object_hook=unwrap)
        return None if HALF.search(text) and has_half(found) else found
    except (ValueError, RecursionError):
        return None


def has_half(found: Any) -> bool:
    """Is there half a character in it?"""
    texts = (each for each in parts(found) if isinstance(each, str))
    return any(each.encode("utf-8", "replace").decode() != each for each in texts)


def unwrap(found: dict[str, Any]) -> Any:
    if found.keys() == {"__ansible_vault"} and isinstance(found["__ansible_vault"], str):
        return Vaulted(found["__ansible_vault"])
    if found.keys() == {"__ansible_unsafe"} and isinstance(found["__ansible_unsafe"], str):
        return Unsafe(found["__ansible_unsafe"])
    return found


def variables_of(node: Node, file: str, notes: Notes, *, sealed: bool = False) -> Variables:
    """A mapping's entries as variables; anything else is a finding."""
    if not isinstance(node, Keys):
        notes.note("L406", Place(file, node.line, node.column), given=shown(node))
        return {}
    found: Variables = {}
    for name, key, value in entries(node):
        place = Place(file, key.line, key.column)
        found[name] = Value(value_of(value, place, notes), place, sealed)
    return found


def entries(node: Keys) -> list[tuple[str, Scalar, Node]]:
    """A mapping's entries with what it merges: its own come first in rank, and of several merged ones the first."""
    own = [(name, key, value) for name, (key, value) in node.entries.items() if not is_merge(name, key)]
    merged: dict[str, tuple[str, Scalar, Node]] = {}
    stack = [value for name, (key, value) in node.entries.items() if is_merge(name, key)]
    while stack:
        value = stack.pop(0)
        if isinstance(value, Sequence):
            stack[:0] = value.values
        elif isinstance(value, Keys):
            for entry in entries(value):
                merged.setdefault(entry[0], entry)
    return list({**merged, **{name: (name, key, value) for name, key, value in own}}.values())


def is_merge(name: str, key: Scalar) -> bool:
    return name == "<<" and key.plain


def value_of(node: Node, place: Place, notes: Notes) -> Any:
    """A node's value; what is no value is noted, and None."""
    match node:
        case Tagged():
            return tagged(node, place, notes)
        case Scalar():
            return scalar(node.text, place, notes) if node.plain else node.text
        case Sequence():
            return [value_of(each, place, notes) for each in node.values]
        case Keys():
            return {key_of(key, place, notes): value_of(value, place, notes) for _, key, value in entries(node)}


def key_of(key: Scalar, place: Place, notes: Notes) -> Any:
    return scalar(key.text, place, notes) if key.plain else key.text


def tagged(node: Tagged, place: Place, notes: Notes) -> Any:
    if node.tag in ENCRYPTED:
        return Vaulted(node.text)
    if node.tag == "!unsafe":
        value = scalar(node.text, place, notes)
        return Unsafe(value) if isinstance(value, str) else value
    return construct(node.tag, node.text, place, notes)


def scalar(text: str, place: Place, notes: Notes) -> Any:
    """A plain scalar by YAML 1.1's rules."""
    tag: str = rules().resolve(scalar_node(), text, (True, False))
    return text if tag in (YAML + "str", YAML + "merge", *STRING_TAGS) else construct(tag, text, place, notes)


def construct(tag: str, text: str, place: Place, notes: Notes) -> Any:
    from yaml import YAMLError

    loader = rules()
    make = loader.yaml_constructors.get(tag)
    try:
        return make(loader, scalar_node()(tag, text)) if make else text
    except (YAMLError, ValueError, OverflowError, KeyError, AttributeError, IndexError):
        notes.note("L408", place, given=text)
        return None


@cache
def rules() -> Any:
    """PyYAML's own resolver and constructors: the same as Ansible's."""
    import yaml

    return yaml.SafeLoader("")


@cache
def scalar_node() -> Any:
    import yaml

    return yaml.ScalarNode


def shown(node: Node) -> str:
    return node.text[:80] if isinstance(node, Scalar) else "[…]" if isinstance(node, Sequence) else "{…}"
