"""What an answer must hold: values at dotted paths of a JSON document, strict about types."""

from typing import Any

import msgspec

MISSING = object()


def decode(body: str) -> Any:
    """The document, or MISSING if it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return MISSING


def at_path(document: Any, path: str) -> Any:
    """The value at `a.b.0.c`; a key that itself holds dots is found as well. MISSING if there is none."""
    if isinstance(document, list):
        head, _, rest = path.partition(".")
        if not (head.isascii() and head.isdigit()) or int(head) >= len(document):
            return MISSING
        return at_path(document[int(head)], rest) if rest else document[int(head)]
    if not isinstance(document, dict):
        return MISSING
    if path in document:
        return document[path]
    parts = path.split(".")
    for length in range(len(parts) - 1, 0, -1):
        key = ".".join(parts[:length])
        if key in document and (found := at_path(document[key], ".".join(parts[length:]))) is not MISSING:
            return found
    return MISSING


def same(found: Any, expected: Any) -> bool:
    """Equal, and of the same kind: true is not 1, "1" is not 1; 1 and 1.0 are the same number."""
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[key], value) for key, value in expected.items())
        )
    if isinstance(expected, list | tuple):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, int | float):
        return isinstance(found, int | float) and found == expected
    return type(found) is type(expected) and bool(found == expected)


def shown(value: Any) -> str:
    """A value as a person reads it, on one line and not too long."""
    if value is MISSING:
        return "-"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else f"{text[:200]}…"
