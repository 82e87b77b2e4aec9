"""What a timetable asks for: people by week or month, money by period. What is too much is marked with `!`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from liftlock.model.dated import Spending, Workload
from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import WIDEST, cells, pad, plain, table
from liftlock.publish.words import Words

PEOPLE_MAX = 40
NO_NAMES: Mapping[str, str] = {}
OVER_MAX = 10  # days of overbooking that are named for a person


def workload_lines(
    loads: Sequence[Workload],
    words: Words,
    *,
    width: int = 100,
    paint: Paint = bare,
    names: Mapping[str, str] = NO_NAMES,
) -> list[str]:
    """A line a person, a column a period; in blocks where there are more periods than fit."""
    if not loads:
        return []
    loads = [replace(load, person=names.get(load.person) or load.person) for load in loads]
    by = {(load.person, load.begins): load for load in loads}
    people = list(dict.fromkeys(load.person for load in loads))[:PEOPLE_MAX]
    spans = sorted({load.begins for load in loads})
    body = {name: [cell(by.get((name, begins)), words) for begins in spans] for name in people}
    first = max(cells(name) for name in ["", words.say("ui.column.person"), *people])
    size = max(cells(each) for each in ["2026-12-31", *(text for row in body.values() for text in row)]) + 2
    each = max(1, (width - first - 4) // size)
    lines = [paint("title", words.say("ui.when.workload"))]
    for at in range(0, len(spans), each):
        head = "".join(pad(begins.isoformat(), size) for begins in spans[at : at + each])
        lines.append(paint("dim", f"  {pad(words.say('ui.column.person'), first)}  {head}".rstrip()))
        lines += [
            f"  {pad(plain(n), first)}  " + "".join(pad(t, size) for t in body[n][at : at + each]) for n in people
        ]
    return [line.rstrip() for line in [*lines, *over_lines(loads, words, paint)]]


def cell(load: Workload | None, words: Words) -> str:
    """`3.5/5 !`: asked and there, in working days."""
    if load is None:
        return "-"
    return f"{figure(load.asked_days)}/{figure(load.has_days)}{' !' if load.over else ''}"


def figure(days: float) -> str:
    return f"{days:.1f}".removesuffix(".0")


def over_lines(loads: Sequence[Workload], words: Words, paint: Paint) -> Iterator[str]:
    """Who is overbooked on which days."""
    for name in dict.fromkeys(load.person for load in loads if load.over):
        days = sorted(day for load in loads if load.person == name for day in load.over)
        shown = words.join(day.isoformat() for day in days[:OVER_MAX])
        more = words.say("ui.when.days_more", more=len(days) - OVER_MAX) if len(days) > OVER_MAX else ""
        yield paint("bad", "  ! " + words.say("ui.when.overbooked", person=name, days=shown + more))


def budget_lines(
    found: Sequence[Spending], currency: str, words: Words, *, width: int = 100, paint: Paint = bare
) -> list[str]:
    """Planned, actual and what the budget allows, by period."""
    if not found:
        return []
    keys = ("period", "planned", "spent", "allowed", "left")
    body = [[words.say(f"ui.column.{key}") for key in keys], *(spent_cells(each, words) for each in found)]
    total = Spending(None, None, sum(each.planned for each in found), sum(each.actual or 0.0 for each in found) or None)
    body.append([words.say("ui.when.total"), *spent_cells(total, words)[1:]])
    head, *lines = table(body, max(width, WIDEST), "  ")
    said = [
        paint("bad", "  ! " + words.say("ui.when.over_budget", period=period(each, words)))
        for each in found
        if each.over_limit or each.over_plan
    ]
    return [paint("title", words.say("ui.when.budget", currency=currency)), paint("dim", head), *lines, *said]


def spent_cells(each: Spending, words: Words) -> list[str]:
    mark = " !" if each.over_limit else ""
    left = "" if each.limit is None else money(each.limit - max(each.planned, each.actual or 0.0))
    return [
        period(each, words),
        money(each.planned) + mark,
        money(each.actual) + (" !" if each.over_plan else ""),
        money(each.limit),
        left,
    ]


def period(each: Spending, words: Words) -> str:
    if each.begins is None or each.ends is None:
        return words.say("ui.when.no_date")
    return words.say("ui.gantt.span", begins=day(each.begins), ends=day(each.ends))


def day(at: date) -> str:
    return at.isoformat()


def money(amount: float | None) -> str:
    """Cents only where there are any."""
    if amount is None:
        return "-"
    return f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"


def means_json(loads: Sequence[Workload], found: Sequence[Spending], currency: str) -> dict[str, Any]:
    return {
        "workload": [to_builtins(load) for load in loads],
        "budget": {"currency": currency, "periods": [to_builtins(each) for each in found]},
    }
