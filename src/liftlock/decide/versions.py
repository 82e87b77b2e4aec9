"""Versions in a total order, and ranges of them, each read once.

Rules: every product names its scheme; nothing is compared as text. semver, debian, rpm, pypi, maven and gem are in
the order of `univers`, never in that of its generic scheme, which compares characters. `natural` is ours: numbers as
numbers, missing ones as 0, words as words; dev, alpha, beta, pre, rc and their kin, and what follows `~`, come before
the release. What only marks a build (semver's `+…`) makes two versions equal. A range: `>=12, <15` (`,` is and),
`a | b` (or), `4.14.*`, `15`, `!=15.1`, `*`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache, total_ordering
from typing import Any

from liftlock.model.product import Scheme

LENGTH_MAX = 200
NATURAL = re.compile(r"[vV]?[0-9A-Za-z][0-9A-Za-z.+_~:-]*", re.ASCII)
TOKEN = re.compile(r"([.+_~:-]*)([0-9]+|[a-z]+)")
RELEASE = re.compile(r"(?:[0-9]+:)?[vV]?([0-9]+(?:\.[0-9]+)*)", re.ASCII)  # after an epoch
WILD = re.compile(r"[vV]?((?:[0-9]+\.)+)[*xX]", re.ASCII)
CLAUSE = re.compile(r"(>=|<=|==|!=|=|>|<)?\s*([^\s<>=!]+)")
STAGES = (
    ("dev", "nightly"),
    ("alpha", "ec"),
    ("beta", "fc", "milestone"),
    ("pre", "preview"),
    ("rc", "cr"),
    ("snapshot",),
)
MAVEN = re.compile(r"([0-9]+(?:\.[0-9]+)*)(?:[.-]?([A-Za-z]+)(?:[.-]?([0-9]+))?)?(-SNAPSHOT)?", re.ASCII)
MAVEN_LETTERS = {"a": "alpha", "b": "beta", "m": "milestone"}  # before a number
BEFORE = {word: stage for stage, words in enumerate(STAGES) for word in words}  # EC, FC: OpenShift's candidates
PRE, END, WORD, REVISION, NUMBER = range(5)


class BadVersion(ValueError):
    """A version that its scheme cannot read, or a range with one in it. `given`: the part that cannot be read."""

    def __init__(self, given: str) -> None:
        super().__init__(given)
        self.given = given


@total_ordering
class Version:
    """A version as written, with its place in the order. `numbers`: 4, 14, 2 of `4.14.2-rc.1`."""

    __slots__ = ("key", "numbers", "scheme", "text")

    def __init__(self, text: str, scheme: Scheme, key: Any, numbers: tuple[int, ...]) -> None:
        self.text, self.scheme, self.key, self.numbers = text, scheme, key, numbers

    def __lt__(self, other: "Version") -> bool:
        return bool(self.key < other.key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        return not (self.key < other.key or other.key < self.key)

    def __repr__(self) -> str:
        return f"{self.text} ({self.scheme})"

    def at(self, level: int) -> int:
        """Major (0), minor (1) or patch (2); what is not written is 0."""
        return self.numbers[level] if level < len(self.numbers) else 0


@lru_cache(maxsize=65536)
def version(text: str, scheme: Scheme) -> Version:
    """Read a version; BadVersion if the scheme cannot."""
    if not text or len(text) > LENGTH_MAX or text != text.strip():
        raise BadVersion(text)
    found = RELEASE.match(text)
    numbers = tuple(int(part) for part in found[1].split(".")) if found else ()
    return Version(text, scheme, KEYS[scheme](text), numbers)


# --- keys ----------------------------------------------------------------------------------------------------


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Tuples in lexicographic order, each of a rank, a number and a word: a total order by construction.

    Zeros that nothing follows are left out, so that 15 is 15.0; the end stands above pre-releases and below the rest.
    """
    if not NATURAL.fullmatch(text) or not any(character.isdigit() for character in text):
        raise BadVersion(text)
    bare = text.lower()
    bare = bare[1:] if bare[0] == "v" and bare[1:2].isdigit() else bare
    key: list[tuple[int, int, str]] = []
    for separator, token in TOKEN.findall(bare):
        part = ranked(separator, token, first=not key)
        if part[0] != NUMBER:
            strip_zeros(key)
        key.append(part)
    strip_zeros(key)
    return (*key, (END, 0, ""))


def ranked(separator: str, token: str, *, first: bool) -> tuple[int, int, str]:
    number, word = (int(token), "") if token.isdigit() else (BEFORE.get(token, len(STAGES)), token)
    if "~" in separator or word in BEFORE:
        return PRE, number, word
    if word:
        return WORD, 0, word
    return (REVISION if separator[-1:] in ("-", "+", "_") and not first else NUMBER), number, ""


def strip_zeros(key: list[tuple[int, int, str]]) -> None:
    while key and key[-1] == (NUMBER, 0, ""):
        key.pop()


def of_univers(name: str) -> Callable[[str], Any]:
    """The ordering of one of univers' classes, which is loaded where a product first wants it."""

    def key(text: str) -> Any:
        from univers import versions

        try:
            return getattr(versions, name)(text)
        except ValueError as error:
            raise BadVersion(text) from error

    return key


def semver(text: str) -> Any:
    """By precedence alone: univers holds two builds of one version for neither equal nor ordered."""
    if not re.fullmatch(r"[vV]?[0-9]+(\.[0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?", text, re.ASCII):
        raise BadVersion(text)  # 1.2.3.4 would be read as a build of 1.2.3
    return of_univers("SemverVersion")(text.partition("+")[0])


def checked(name: str, form: str) -> Callable[[str], Any]:
    """univers takes any text for these: what is no version must not be ordered."""
    pattern, key = re.compile(form, re.ASCII), of_univers(name)

    def read(text: str) -> Any:
        if not pattern.fullmatch(text):
            raise BadVersion(text)
        return key(text)

    return read


def maven(text: str) -> Any:
    """Numbers, one qualifier, perhaps a snapshot; without zeros at the end, which univers puts into a circle:
    2 < 2.0.0-android < 2.0.alpha1 < 2."""
    found = MAVEN.fullmatch(text)
    if not found:
        raise BadVersion(text)
    numbers, word, number, snapshot = found.groups()
    kept = re.sub(r"(\.0+)+$", "", numbers)
    if word:
        word = MAVEN_LETTERS.get(word.lower(), word) if number else word
        kept += f"-{word}" + (f"-{number}" if number else "")
    return of_univers("MavenVersion")(kept + (snapshot or ""))


KEYS: dict[Scheme, Callable[[str], Any]] = {
    "natural": natural,
    "semver": semver,
    "debian": of_univers("DebianVersion"),
    "rpm": checked("RpmVersion", r"(?:[0-9]+:)?[0-9A-Za-z._+~^]+(?:-[0-9A-Za-z._+~^]+)?"),
    "pypi": of_univers("PypiVersion"),
    "maven": maven,
    "gem": of_univers("RubygemsVersion"),
}


# --- ranges --------------------------------------------------------------------------------------------------


class Clause:
    """One comparison, or a prefix of numbers: `4.14.*`."""

    __slots__ = ("operator", "prefix", "version")

    def __init__(self, operator: str, version: Version | None, prefix: tuple[int, ...]) -> None:
        self.operator, self.version, self.prefix = operator, version, prefix

    def holds(self, other: Version) -> bool:
        if self.version is None:
            return self.side(other) == 0
        match self.operator:
            case ">=":
                return not other < self.version
            case "<=":
                return not self.version < other
            case ">":
                return self.version < other
            case "<":
                return other < self.version
            case "!=":
                return other != self.version
        return other == self.version

    def span(self, releases: Sequence[Version]) -> tuple[int, int]:
        """From which index to before which one it may hold in a sorted list; exact but for `!=` and prefixes."""
        whole = (0, len(releases))
        if self.version is None or self.operator == "!=":
            return whole
        first, after = bisect_left(releases, self.version), bisect_right(releases, self.version)
        spans = {">=": (first, whole[1]), ">": (after, whole[1]), "<": (0, first), "<=": (0, after)}
        return spans.get(self.operator, (first, after))

    def side(self, other: Version) -> int:
        """-1: below all that the clause takes; 1: above all; 0: neither."""
        if self.version is None:
            at = tuple(other.at(level) for level in range(len(self.prefix)))
            return (at > self.prefix) - (at < self.prefix)
        if self.holds(other) or self.operator == "!=":
            return 0
        if self.operator in ("<", "<="):
            return 1
        return -1 if other < self.version or self.operator in (">", ">=") else 1


class Range:
    """Alternatives of clauses that all must hold. `text`: as written."""

    __slots__ = ("alternatives", "text")

    def __init__(self, text: str, alternatives: tuple[tuple[Clause, ...], ...]) -> None:
        self.text, self.alternatives = text, alternatives

    def __contains__(self, other: Version) -> bool:
        return any(all(clause.holds(other) for clause in clauses) for clauses in self.alternatives)

    def among(self, releases: Sequence[Version]) -> list[int]:
        """The indexes in a sorted list of those that are in the range: by bisection, for long lists."""
        found: set[int] = set()
        for clauses in self.alternatives:
            spans = [clause.span(releases) for clause in clauses]
            inside = range(
                max((low for low, _ in spans), default=0), min((high for _, high in spans), default=len(releases))
            )
            filters = [clause for clause in clauses if clause.version is None or clause.operator == "!="]
            found.update(index for index in inside if all(clause.holds(releases[index]) for clause in filters))
        return sorted(found)

    def side(self, other: Version) -> int:
        """-1: below everything in the range; 1: above everything; 0: in it, or in a gap."""
        sides = {below_or_above(clauses, other) for clauses in self.alternatives}
        return sides.pop() if len(sides) == 1 else 0


def below_or_above(clauses: tuple[Clause, ...], other: Version) -> int:
    return next((side for clause in clauses if (side := clause.side(other))), 0)


@lru_cache(maxsize=16384)
def version_range(text: str, scheme: Scheme) -> Range:
    """Read a range; BadVersion names the part that cannot be read."""
    if len(text) > 100 * LENGTH_MAX:
        raise BadVersion(text[:LENGTH_MAX] + "…")
    return Range(text, tuple(alternative(part, scheme) for part in text.split("|")))


def alternative(text: str, scheme: Scheme) -> tuple[Clause, ...]:
    return tuple(clause for part in text.split(",") for clause in clauses_of(part.strip(), scheme))


def clauses_of(text: str, scheme: Scheme) -> tuple[Clause, ...]:
    if text == "*":
        return ()
    if wild := WILD.fullmatch(text):
        return (Clause("", None, tuple(int(part) for part in wild[1].rstrip(".").split("."))),)
    found = CLAUSE.fullmatch(text)
    if not found:
        raise BadVersion(text)
    return (Clause(found[1] or "=", version(found[2], scheme), ()),)
