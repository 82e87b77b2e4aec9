"""What changed between two schedules, as a readable diff."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.publish.hops import spelt_out
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import lines_of, wrap
from liftlock.publish.words import Words

BY_HOP = ("policy", "recipe", "step")  # areas whose names begin with a component's, or a hop's


class Change(Struct, frozen=True):
    """One difference. `area` is a word of the catalogue (`host`, `stage`, `step`, `policy`, `artifact` …), `name` what
    it is about; `before` is empty for what is new, `after` for what is gone."""

    area: str
    name: str
    before: str = ""
    after: str = ""


def changes_text(changes: Sequence[Change], words: Words, *, width: int = 100, paint: Paint = bare) -> str:
    """The changes, grouped by area in the order given."""
    if not changes:
        return words.say("ui.changes.none") + "\n"
    lines: list[str] = []
    for area in dict.fromkeys(change.area for change in changes):
        lines.append(paint("title", words.word("Change", area)))
        for change in (each for each in changes if each.area == area):
            lines += change_lines(change, words, width, paint)
    return "\n".join(lines) + "\n"


def change_lines(change: Change, words: Words, width: int, paint: Paint) -> list[str]:
    """One line for a short value, else the old value above the new one."""
    sign, style = kind_of(change)
    before, after = (words.value("", each) for each in (change.before, change.after))
    name = words.value("", spelt_out(change.name, words) if change.area in BY_HOP else change.name)
    one = f"  {sign} {name}: {before} → {after}" if sign == "~" else f"  {sign} {name}: {after or before}"
    if len(one) <= width or sign != "~":
        return [paint(style, each) for each in wrap(one.removesuffix(": "), width, "      ")]
    lines = [paint(style, f"  {sign} {name}:")]
    lines += [paint("bad", each) for each in wrap(f"      - {before}", width, "        ")]
    return lines + [paint("good", each) for each in wrap(f"      + {after}", width, "        ")]


def kind_of(change: Change) -> tuple[str, Style]:
    if not change.before:
        return "+", "good"
    return ("-", "bad") if not change.after else ("~", "warn")


def changes_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [to_builtins(change) for change in changes]


def diff_text(diff: str, paint: Paint = bare) -> str:
    """A unified diff that a driver's preview read from a host, painted, its control characters made visible."""
    styles: dict[str, Style] = {"+": "good", "-": "bad", "@": "note"}
    lines = lines_of(diff)
    return "".join((paint(styles[line[0]], line) if line[:1] in styles else line) + "\n" for line in lines)
