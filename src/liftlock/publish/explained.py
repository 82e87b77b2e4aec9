"""Why a task begins when it does, what would move it, what a move does, and why there is no timetable."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.model.dated import Dated, Row
from liftlock.model.load import QuietWindow
from liftlock.model.timetable import Fault, Infeasible, Problem
from liftlock.publish.faults import fault_text, start_text
from liftlock.publish.gantt_lines import row_name
from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import cut, plain, table, wrap
from liftlock.publish.timetable import minute, path_names, people_of
from liftlock.publish.words import Words

FOLLOWERS_MAX = 8
MOVED_MAX = 40


class Explained(Struct, frozen=True):
    """A task with what binds it. `chain`: what sets its begin, from the first on; `followers`: what waits for it."""

    row: Row
    because: tuple[Fault, ...]
    followers: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


def explained_of(dated: Dated, job: str, because: tuple[Fault, ...], chain: Sequence[str] = ()) -> Explained:
    """`chain`: ids, those among them that nobody does (leads) are left out."""
    row = next(row for row in dated.rows if row.id == job)
    followers = tuple(other.id for other in dated.rows if any(bond.job == job for bond in other.after))
    known = {other.id for other in dated.rows} - {job}
    return Explained(row, because, followers, tuple(name for name in chain if name in known))


def explained_text(
    found: Explained, dated: Dated, problem: Problem, words: Words, *, width: int = 100, paint: Paint = bare
) -> list[str]:
    """When, why then, how much later it could be, and whom that would move."""
    row = found.row
    span = words.say("ui.gantt.span", begins=minute(row.begins, words), ends=minute(row.ends, words))
    lines = [paint("title", cut(plain(f"{row.id}: {row_name(row, words)}"), width)), f"  {span}"]
    if names := [dated.person(each) for each in people_of(row)]:
        lines += wrap("  " + words.say("ui.ical.people", people=words.join(names)), width, "    ")
    lines.append(paint("note", words.say("ui.when.because")))
    said = [start_text(words, problem, each) for each in found.because] or [words.say("ui.when.nothing_binds")]
    lines += [line for each in said for line in wrap(f"  - {each}", width, "    ")]
    if found.chain:
        rows = {other.id: other for other in dated.rows}
        path = " → ".join(path_names([rows[name] for name in found.chain], words))
        lines += wrap(words.say("ui.when.chain", path=path), width, "  ")
    lines += wrap(slack_text(row, words), width, "  ")
    if found.followers:
        lines += wrap(followers_text(found.followers, words), width, "  ")
    return lines


def slack_text(row: Row, words: Words) -> str:
    if row.ended is not None:
        return words.say("ui.when.is_over", at=minute(row.ended, words))
    if row.slack_s is None:
        return words.say("ui.when.slack_unknown")
    if not row.slack_s:
        return words.say("ui.when.has_no_slack")
    if row.critical:
        return words.say("ui.when.on_path", slack_s=row.slack_s)
    return words.say("ui.when.has_slack", slack_s=row.slack_s)


def followers_text(followers: Sequence[str], words: Words) -> str:
    more = len(followers) - FOLLOWERS_MAX
    said = words.join(followers[:FOLLOWERS_MAX]) + (words.say("ui.when.days_more", more=more) if more > 0 else "")
    return words.say("ui.when.followers", tasks=said)


def explained_json(found: Explained, problem: Problem, words: Words) -> dict[str, Any]:
    return {
        "task": to_builtins(found.row),
        "because": [told(each, start_text(words, problem, each)) for each in found.because],
        "chain": list(found.chain),
        "followers": list(found.followers),
    }


def told(fault: Fault, text: str) -> dict[str, Any]:
    return {"code": fault.code, "jobs": list(fault.jobs), "fields": to_builtins(fault.fields), "text": text}


# --- there is none ------------------------------------------------------------------------------------------


def infeasible_text(
    found: Infeasible, problem: Problem, words: Words, *, width: int = 100, paint: Paint = bare
) -> list[str]:
    """What cannot hold together, one line each."""
    lines = [paint("bad", words.say("ui.when.infeasible"))]
    for each in found.faults:
        lines += wrap(f"  - {fault_text(words, problem, each)}", width, "    ")
    key = "ui.when.irreducible" if found.irreducible else "ui.when.reducible"
    return [*lines, *wrap(words.say(key), width)]


def infeasible_json(found: Infeasible, problem: Problem, words: Words) -> dict[str, Any]:
    faults = [told(each, fault_text(words, problem, each)) for each in found.faults]
    return {"feasible": False, "irreducible": found.irreducible, "faults": faults}


# --- a move -------------------------------------------------------------------------------------------------


class Moved(Struct, frozen=True):
    """A row before and after a task was put elsewhere."""

    before: Row
    after: Row


def moved_rows(before: Dated, after: Dated) -> list[Moved]:
    """What begins or ends at another time, in order of time."""
    old = {row.id: row for row in before.rows}
    pairs = [Moved(old[row.id], row) for row in after.rows if row.id in old]
    moved = [each for each in pairs if span_of(each.before) != span_of(each.after)]
    return sorted(moved, key=lambda each: (each.after.begins, each.after.id))


def span_of(row: Row) -> tuple[datetime, datetime]:
    return row.begins, row.ends


def moved_text(
    job: str, at: datetime, before: Dated, after: Dated, words: Words, *, width: int = 100, paint: Paint = bare
) -> list[str]:
    """What a move moves besides, and what it does to the end of all."""
    rows = moved_rows(before, after)
    lines = [paint("title", words.say("ui.when.moved_to", task=job, at=minute(at, words)))]
    body = [[words.say(f"ui.column.{key}") for key in ("task", "before", "after_it", "difference", "name")]]
    for each in rows[:MOVED_MAX]:
        by_s = (each.after.begins - each.before.begins).total_seconds()
        key = "ui.when.later" if by_s > 0 else "ui.when.earlier"
        said = words.say(key, by_s=abs(by_s)) if by_s else ""
        moments = [minute(row.begins, words) for row in (each.before, each.after)]
        body.append([plain(each.after.id), *moments, said, row_name(each.after, words)])
    head, *rest = table(body, width, "  ")
    lines += [paint("dim", head), *rest] if rows else ["  " + words.say("ui.when.nothing_moves")]
    if len(rows) > MOVED_MAX:
        lines.append(words.say("ui.when.more_moved", more=len(rows) - MOVED_MAX))
    return [*lines, paint("note", end_text(before, after, words))]


def end_text(before: Dated, after: Dated, words: Words) -> str:
    if before.ends is None or after.ends is None or before.ends == after.ends:
        return words.say("ui.when.same_end")
    by_s = (after.ends - before.ends).total_seconds()
    said = words.say("ui.when.later" if by_s > 0 else "ui.when.earlier", by_s=abs(by_s))
    return words.say("ui.when.other_end", at=minute(after.ends, words), difference=said)


def moved_json(job: str, at: datetime, before: Dated, after: Dated) -> dict[str, Any]:
    return {
        "task": job,
        "to": to_builtins(at),
        "ends_before": to_builtins(before.ends),
        "ends_after": to_builtins(after.ends),
        "moved": [
            {"task": each.after.id, "before": to_builtins(each.before.begins), "after": to_builtins(each.after.begins)}
            for each in moved_rows(before, after)
        ],
    }


# --- quiet times --------------------------------------------------------------------------------------------


def quiet_json(found: Sequence[QuietWindow]) -> list[dict[str, Any]]:
    return [to_builtins(each) for each in found]


def quiet_text(found: Sequence[QuietWindow], words: Words, *, width: int = 100, paint: Paint = bare) -> list[str]:
    """The quiet windows of a week, the quietest first."""
    if not found:
        return [words.say("ui.when.no_quiet")]
    body = [[words.say(f"ui.column.{key}") for key in ("weekdays", "from", "to", "expected", "share")]]
    for each in found:
        days = words.join(words.word("Day", day) for day in each.window.days)
        share = f"{100 * each.share_of_peak:.0f} %"
        body.append([days, each.window.from_, each.window.to, words.number(each.expected), share])
    head, *rest = table(body, width, "  ")
    return [paint("title", words.say("ui.when.quiet", weeks=found[0].weeks)), paint("dim", head), *rest]
