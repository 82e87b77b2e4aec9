"""How Ansible writes hosts: `app-[01:50:2].example.org:2222`, `[2001:db8::1]:22`, `db-[a:f]`.

Rules: a port follows the last colon of what is otherwise an address or a host name; an IPv6 address with a port stands
in brackets. A range has both ends, and may have a step; with a leading zero both ends are equally long. What is none of
these is a name as it stands.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from itertools import product
from math import prod
from string import ascii_letters

from liftlock.planfile.ansible.written import Notes, Place

RANGE = re.compile(r"\[([^\[\]]*)\]")
ALPHANUMERIC = re.compile(r"\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]", re.IGNORECASE)
HEXADECIMAL = re.compile(r"\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]", re.IGNORECASE)
BRACKETED = re.compile(r"\[(.+)\]:([0-9]+)")
WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)")
LABEL = re.compile(r"\w(?:[\w-]*[^\W_])?")
RANGE_MAX = 1_000_000
RANGES_MAX = 8
PORT_DIGITS_MAX = 9


def hosts_of(pattern: str, notes: Notes, place: Place) -> tuple[list[str], int | None]:
    """The host names of a pattern, and the port for all of them; none, with a finding, if it is not right."""
    pattern, port = split_port(pattern)
    if (port is None and pattern.strip().endswith(":")) or not pattern.strip() or pattern.strip() == "---":
        notes.note("L401", place, given=pattern)
        return [], None
    if "[" not in pattern:
        return ([pattern] if notes.spend(1, place) else []), port
    ranges = RANGE.findall(pattern)
    choices = [sequence(text) for text in ranges] if len(ranges) <= RANGES_MAX else [[]]
    if not all(choices) or re.search(r"[\[\]]", RANGE.sub("", pattern)):
        notes.note("L401", place, given=pattern)
        return [], None
    count = prod(map(len, choices))
    if count > RANGE_MAX:
        notes.note("L065", place, given=pattern, limit=RANGE_MAX)
    elif notes.spend(count, place):
        return list(filled(RANGE.split(pattern)[::2], choices)), port
    return [], None


def filled(parts: list[str], choices: list[list[str]]) -> Iterator[str]:
    """The names of a pattern with ranges, the last range running fastest. `parts`: what is around the ranges."""
    for words in product(*choices):
        yield "".join(part + word for part, word in zip(parts, (*words, ""), strict=True))


def split_port(pattern: str) -> tuple[str, int | None]:
    found = BRACKETED.fullmatch(pattern) or WITH_PORT.fullmatch(pattern)
    if not found or len(found[2]) > PORT_DIGITS_MAX or not is_address(found[1]):
        return pattern, None
    return found[1], int(found[2])


def is_address(text: str) -> bool:
    """An IPv4 or IPv6 address or a host name, with or without ranges."""
    if all(LABEL.fullmatch(label) for label in ALPHANUMERIC.sub("1", text).split(".")):
        return True
    try:
        IPv6Address(HEXADECIMAL.sub("1", text))
    except AddressValueError:
        return False
    return "%" not in text


def sequence(text: str) -> list[str]:
    """The words of a range `begin:end` or `begin:end:step`; empty if it is none."""
    bounds = text.split(":")
    if len(bounds) not in (2, 3) or not all(map(is_bound, bounds[1:])) or not is_bound(bounds[0] or "0"):
        return []
    first, last, step = bounds[0] or "0", bounds[1], bounds[2] if len(bounds) == 3 else "1"
    if not step.isdigit() or int(step) < 1:
        return []
    if first in ascii_letters and last in ascii_letters:
        return list(ascii_letters[ascii_letters.index(first) : ascii_letters.index(last) + 1 : int(step)])
    if not first.isdigit() or not last.isdigit():
        return []
    padded = len(first) > 1 and first.startswith("0")
    if padded and len(first) != len(last):
        return []
    numbers = range(int(first), int(last) + 1, int(step))
    width = len(first) if padded else 0
    return [str(number).zfill(width) for number in numbers[: RANGE_MAX + 1]]


def is_bound(text: str) -> bool:
    return text.isascii() and ((text.isdigit() and len(text) <= 18) or (len(text) == 1 and text.isalpha()))
