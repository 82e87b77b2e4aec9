"""One catalogue of words, English and Chinese: codes and fields in, a person's sentence out.

Rule: a sentence is never missing. A code without words, or a text whose field is not given, shows the code and the
fields as they are. Values come from hosts and people: they are shown on one line, without control characters.

Keys:  finding.L012, finding.L012.help   what is wrong with a plan, and what to do
       reason.<code>  failure.<code>     why something was decided, why a step did not do its work
       world.<kind>, world.<kind>.<why>  what the world answered instead
       discrepancy.<code>                what a verification found changed
       event.<Name>                      a line of the work log
       word.<Enum>.<value>               a term of the field
       ui.<key>                          headings and sentences of what is printed
"""

import gettext
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liftlock.model.actions import Failure
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import Entry
from liftlock.model.findings import Finding
from liftlock.model.reasons import Reason
from liftlock.publish.happenings import fields_of
from liftlock.publish.plain import plain

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Field = str | int | float
Extra = Mapping[str, Mapping[str, str]]  # language -> code -> text

# Fields that hold a value of a closed set as text, and its family of words.
TIMES = ("opens", "closes")  # fields that hold a time as ISO 8601
TERMS = {
    "on_failure": "OnFailure",
    "kind": "FailureKind",
    "scope": "Scope",
    "result": "RunResult",
    "answer": "Answer",
    "noun": "Noun",
    "chapter": "Chapter",
    "model": "Model",
    "post": "Post",
    "duty": "Retrospective",
    "test_kind": "TestKind",
    "side": "Side",
    "level": "Level",
    "residual": "Level",
}


def choose_language(flag: str, plan: str, environ: Mapping[str, str]) -> Language:
    """What the person asked for, else the plan, else the locale, else English."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    if locale and locale not in ("C", "POSIX") and environ.get("LANGUAGE"):
        locale = environ["LANGUAGE"].partition(":")[0]
    for wish in (flag, plan, locale):
        for language in LANGUAGES:
            if wish.lower().replace("-", "_").split("_")[0].split(".")[0] == language:
                return language
    return "en"


def merge_words(manifests: Iterable[Extra]) -> dict[str, dict[str, str]]:
    """The words of several drivers' manifests as one mapping."""
    merged: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for words in manifests:
        for language, texts in words.items():
            merged.setdefault(language, {}).update(texts)
    return merged


class Words:
    """Sentences in one language, times in one zone. `extra`: words of drivers, language -> code -> text."""

    def __init__(self, language: str, extra: Extra | None = None, zone: str = "UTC") -> None:
        self.language: Language = "zh" if language == "zh" else "en"
        self.extra: Extra = extra or {}
        self.zone_name = zone
        self.zone = zone_of(zone)
        self.found: dict[tuple[str, ...], str] = {}  # only codes that have words: their number is bounded

    def within(self, zone: str) -> "Words":
        """The same words, with times in another zone."""
        return self if zone == self.zone_name else Words(self.language, self.extra, zone)

    def find(self, *codes: str) -> str | None:
        """The text of the first code that has one: ours, then the drivers', then the drivers' English."""
        text = self.found.get(codes)
        if text is None and (text := self.search(codes)) is not None:
            self.found[codes] = text
        return text

    def search(self, codes: tuple[str, ...]) -> str | None:
        for code in codes:
            own = catalogue(self.language).gettext(code)
            if own != code:
                return own
            for language in (self.language, "en"):
                if text := self.extra.get(language, {}).get(code):
                    return text
        return None

    def say(self, code: str, /, **fields: object) -> str:
        """The sentence of a code with its fields filled in. Never raises."""
        return self.fill((code,), fields)

    def fill(self, codes: tuple[str, ...], fields: Mapping[str, object]) -> str:
        text = self.find(*codes)
        if text is not None:
            try:
                return text.format_map({name: self.value(name, value) for name, value in fields.items()})
            except (KeyError, IndexError, ValueError, AttributeError):
                pass  # a field is missing, or a driver's text is malformed: the code and the fields tell it
        return plain(codes[0] + "".join(f" {name}={value}" for name, value in fields.items()))

    def value(self, name: str, value: object) -> str:
        """A field as a person reads it: its name's unit (`_s`, `_bytes`, `_mb`) decides how a number is shown."""
        if isinstance(value, str):
            if name == "why":
                return self.code(value)
            if name in TIMES and (at := moment_of(value)):
                return self.moment(at)
            return self.word(TERMS[name], value) if name in TERMS else plain(value)
        if isinstance(value, Enum):
            return self.term(value)
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return plain(str(value))
        if name.endswith("_s"):
            return self.duration(value)
        if name.endswith(("_bytes", "_mb")):
            return self.size(value * (1 if name.endswith("_bytes") else 1024**2))
        return self.number(value)

    # --- what the model hands over ----------------------------------------------------------------------

    def finding(self, finding: Finding) -> str:
        fields = finding.fields
        if kind := fields.get("world"):  # what kept us out, in words instead of the port's own English
            error = WorldError(WorldKind(kind), str(fields.get("problem", "")), **fields)
            fields = {**fields, "problem": self.world(error)}
        return self.fill((f"finding.{finding.code}", finding.code), fields)

    def finding_help(self, finding: Finding) -> str:
        """What to do about it; empty where there is nothing to say."""
        keys = (f"finding.{finding.code}.help", f"{finding.code}.help")
        return self.fill(keys, finding.fields) if self.find(*keys) else ""

    def reason(self, reason: Reason) -> str:
        return self.fill((f"reason.{reason.code}", reason.code), reason.fields)

    def failure(self, failure: Failure) -> str:
        world = f"world.{failure.code.removeprefix('world-')}"
        whys = (f"{world}.{why}",) if (why := failure.fields.get("why")) else ()
        codes = (f"failure.{failure.code}", *whys, world, failure.code)
        return self.fill(codes, failure.fields)

    def world(self, error: WorldError) -> str:
        return self.fill(world_codes(error), world_fields(error))

    def world_help(self, error: WorldError) -> str:
        """What to do about it; empty where there is nothing to say."""
        codes = tuple(f"{code}.help" for code in world_codes(error))
        return self.fill(codes, world_fields(error)) if self.find(*codes) else ""

    def event(self, entry: Entry) -> str:
        """What happened, in one line."""
        return self.fill((f"event.{type(entry.event).__name__}",), fields_of(entry.event, self))

    def code(self, code: str) -> str:
        """A reason that was recorded as its code only: its short words, or those that need no fields."""
        text = self.find(f"reason.{code}.short", f"reason.{code}")
        return plain(code) if text is None or "{" in text else text

    def term(self, value: Enum) -> str:
        return self.word(type(value).__name__, str(value.value))

    def word(self, family: str, value: str) -> str:
        """A term of a closed set (`OnFailure`, `roll back`); an unknown one is shown as it is."""
        return self.find(f"word.{family}.{value.replace(' ', '-')}") or plain(value)

    # --- figures ----------------------------------------------------------------------------------------

    def duration(self, for_s: float) -> str:
        """Two units at most: `1 h 20 min`, `45 s`, `350 ms`."""
        if for_s < 0:
            return "-" + self.duration(-for_s)
        if 0 < for_s < 1:
            return self.say("ui.unit.ms", n=str(round(for_s * 1000)))
        whole = round(for_s)
        parts: list[tuple[str, int]] = [
            ("d", whole // 86400),
            ("h", whole // 3600 % 24),
            ("min", whole // 60 % 60),
            ("s", whole % 60),
        ]
        first = next((i for i, (_, n) in enumerate(parts) if n), 3)
        shown = [parts[first]] + [part for part in parts[first + 1 : first + 2] if part[1]]
        return " ".join(self.say(f"ui.unit.{unit}", n=str(n)) for unit, n in shown)

    def number(self, value: float | None) -> str:
        """Four significant digits, thousands apart; no data is said as such."""
        if value is None or value != value:
            return self.say("ui.no_data")
        if isinstance(value, int) or (abs(value) < 1e15 and value == int(value)):
            return f"{int(value):,}"
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"

    def size(self, size_bytes: float) -> str:
        for unit in ("B", "KiB", "MiB", "GiB"):
            if abs(size_bytes) < 1024:
                return f"{size_bytes:.4g} {unit}"
            size_bytes /= 1024
        return f"{size_bytes:.4g} TiB"

    def moment(self, at: datetime | None) -> str:
        """Date and time in the zone, to the second."""
        return "" if at is None else local(at, self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def time(self, at: datetime | None) -> str:
        """Time of day in the zone."""
        return "" if at is None else local(at, self.zone).strftime("%H:%M:%S")

    def join(self, parts: Iterable[str]) -> str:
        return self.say("ui.comma").join(parts)


def world_codes(error: WorldError) -> tuple[str, ...]:
    """The kind with why it is so, where the port says why; then the kind."""
    kind, why = f"world.{error.kind.value}", error.fields.get("why")
    return (f"{kind}.{why}", kind) if why else (kind,)


def world_fields(error: WorldError) -> dict[str, Field]:
    return {"why": error.message, **error.fields, "message": error.message}


def moment_of(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def local(at: datetime, zone: tzinfo) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)


def zone_of(name: str) -> tzinfo:
    """The zone of that name; UTC where it is not known (a finding of the plan says so)."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@cache
def catalogue(language: Language) -> gettext.NullTranslations:
    """Our own texts: the compiled catalogue of an installed program, else the source compiled in memory."""
    folder = files("liftlock.publish") / "locale" / language / "LC_MESSAGES"
    compiled = folder / "liftlock.mo"
    if compiled.is_file():
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    from babel.messages.mofile import write_mo  # only a source checkout gets here
    from babel.messages.pofile import read_po

    binary = io.BytesIO()
    write_mo(binary, read_po(io.BytesIO((folder / "liftlock.po").read_bytes()), locale=language))
    binary.seek(0)
    return gettext.GNUTranslations(binary)
