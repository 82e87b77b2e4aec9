"""A schedule as people read it before they approve it: waves, hosts, steps with their undo, limits, times, digest."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.model.schedule import Schedule
from liftlock.publish.hops import spelt_out, title_of
from liftlock.publish.outline import (
    Row,
    head_rows,
    hosts_text,
    no_return_text,
    no_returns,
    policy_rows,
    recipes_of,
    stages_of,
    step_rows,
    wave_name,
)
from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import WIDEST, cells, pad, table, wrap
from liftlock.publish.words import Words


class Estimates(Struct, frozen=True):
    """What others computed of the time: seconds by stage, for the whole way up, and for the whole way back."""

    stages: Mapping[str, float] = {}
    up_s: float | None = None
    back_s: float | None = None


NO_ESTIMATES = Estimates()


def plan_text(
    schedule: Schedule,
    digest: str,
    words: Words,
    *,
    estimates: Estimates = NO_ESTIMATES,
    width: int = 100,
    paint: Paint = bare,
) -> str:
    """The whole schedule. `digest` is the schedule's own; approvals name it."""
    words = words.within(schedule.zone)
    lines = pairs(head_rows(schedule, digest, words) + estimate_rows(estimates, words), width, paint)
    for component in schedule.policies:
        lines += ["", *component_lines(schedule, component, words, estimates, width, paint)]
    lines += ["", *no_return_lines(schedule, words, width, paint)]
    if schedule.approvals:
        lines += ["", *approval_lines(schedule, words, width, paint)]
    return "\n".join(lines) + "\n"


def estimate_rows(estimates: Estimates, words: Words) -> list[Row]:
    rows = []
    if estimates.up_s is not None:
        rows.append((words.say("ui.estimate_up"), words.duration(estimates.up_s)))
    if estimates.back_s is not None:
        rows.append((words.say("ui.estimate_back"), words.duration(estimates.back_s)))
    return rows


def pairs(rows: list[Row], width: int, paint: Paint, indent: str = "") -> list[str]:
    """Label and value, values aligned and wrapped."""
    if not rows:
        return []
    size = max(cells(label) for label, _ in rows)
    lines = []
    for label, value in rows:
        first, *rest = wrap(value, max(20, width - size - 2 - len(indent)))
        lines.append(f"{indent}{paint('dim', pad(label, size))}  {first}".rstrip())
        lines += [indent + " " * (size + 2) + each for each in rest]
    return lines


def component_lines(
    schedule: Schedule, component: str, words: Words, estimates: Estimates, width: int, paint: Paint
) -> list[str]:
    policy = schedule.policies[component]
    title = words.say("ui.component", name=title_of(schedule, component, words))
    lines = [paint("title", f"{title}  {policy.version_from} → {policy.version_to}")]
    lines += pairs(policy_rows(schedule, component, words), width, paint, "  ")
    lines += ["", *stage_lines(schedule, component, words, estimates, width, paint)]
    for name, recipe in recipes_of(schedule, component).items():
        head = [words.say(f"ui.column.{key}") for key in ("step", "at", "action", "undo")]
        lines += ["", paint("note", "  " + words.say("ui.recipe", name=spelt_out(name, words)))]
        lines += steps_table([head, *step_rows(recipe, words)], width, paint)
    return lines


def stage_lines(
    schedule: Schedule, component: str, words: Words, estimates: Estimates, width: int, paint: Paint
) -> list[str]:
    stages = stages_of(schedule, component)
    timed = any(stage.id in estimates.stages for stage in stages)
    keys = ["wave", "count", *(["estimate"] if timed else []), "needs", "hosts"]
    rows = [[words.say(f"ui.column.{key}") for key in keys]]
    for stage in stages:
        time = words.duration(estimates.stages[stage.id]) if stage.id in estimates.stages else ""
        needs = ", ".join(stage.needs) or "-"
        row = [wave_name(stage, words), str(len(stage.hosts)), time, needs, hosts_text(stage.hosts, words)]
        rows.append(row if timed else row[:2] + row[3:])
    head, *body = table(rows, width, "  ")
    return [paint("dim", head), *body]


def steps_table(rows: list[list[str]], width: int, paint: Paint) -> list[str]:
    """Nothing of a step is cut: the undo goes below it where both do not fit beside one another."""
    beside = table([[*row[:3], f"← {row[3]}" if row[3] else ""] for row in rows], WIDEST, "  ")
    if max(map(cells, beside)) <= width:
        return [paint("dim", beside[0]), *beside[1:]]
    names, places = (max(cells(row[i]) for row in rows) for i in (0, 1))
    indent = " " * (names + places + 6)
    lines: list[str] = []
    for name, at, action, undo in rows:
        first, *rest = wrap(action, max(20, width - len(indent)))
        lines.append(f"  {pad(name, names)}  {pad(at, places)}  {first}")
        lines += [indent + each for each in rest]
        if lines[1:] and undo:
            lines += [paint("dim", indent + each) for each in wrap(f"← {undo}", max(20, width - len(indent)))]
    return [paint("dim", lines[0]), *lines[1:]]


def no_return_lines(schedule: Schedule, words: Words, width: int, paint: Paint) -> list[str]:
    points = no_returns(schedule)
    if not points:
        return [words.say("ui.no_return.none")]
    lines = [paint("title", words.say("ui.no_return"))]
    for point in points:
        lines += [paint("bad", each) for each in wrap(f"  ! {no_return_text(schedule, point, words)}", width, "    ")]
    return lines


def approval_lines(schedule: Schedule, words: Words, width: int, paint: Paint) -> list[str]:
    lines = [paint("title", words.say("ui.approvals_needed"))]
    rows = []
    for approval in schedule.approvals:
        who = approval.by if isinstance(approval.by, str) else any_of(approval.by, words)
        needs_signature = approval.signed and not schedule.unsigned_approvals
        rows.append([approval.role, words.say("ui.signature_needed" if needs_signature else "ui.unsigned_ok"), who])
    return lines + table(rows, width, "  ")


def any_of(by: Mapping[str, tuple[str, ...]], words: Words) -> str:
    return words.say("ui.semicolon").join(words.say("ui.any_of", names=words.join(names)) for names in by.values())


def plan_json(schedule: Schedule, digest: str, estimates: Estimates = NO_ESTIMATES) -> dict[str, Any]:
    """For programs: the schedule as it is digested, and what follows from it."""
    built: dict[str, Any] = {
        "digest": digest,
        "schedule": to_builtins(schedule),
        "no_return": to_builtins(no_returns(schedule)),
        "estimates": to_builtins(estimates),
    }
    return built
