"""The report's chapters on what was wanted: purpose from the plan, the way from the schedule. Markdown."""

from collections.abc import Iterable, Sequence

from liftlock.model.appraisal import Appraisal
from liftlock.model.chapters import Goal, Risk
from liftlock.model.plan import Plan
from liftlock.model.schedule import Schedule
from liftlock.publish.bounds import bounds_rows
from liftlock.publish.chapters import chapters_markdown
from liftlock.publish.hops import title_of
from liftlock.publish.outline import (
    hosts_text,
    no_return_text,
    no_returns,
    policy_rows,
    recipes_of,
    stages_of,
    step_rows,
    wave_name,
    windows_text,
)
from liftlock.publish.plain import markdown
from liftlock.publish.words import Words


def rows_of(keys: Sequence[str], rows: Iterable[Sequence[str]], words: Words) -> list[str]:
    """A table of plain cells, escaped here."""
    lines = ["| " + " | ".join(markdown(cell) or "-" for cell in row) + " |" for row in rows]
    if not lines:
        return []
    head = " | ".join(words.say(f"ui.column.{key}") for key in keys)
    return ["", f"| {head} |", "|" + " --- |" * len(keys), *lines]


def labelled(label: str, value: str, words: Words) -> str:
    return f"- {markdown(label)}{words.say('ui.why', text=markdown(value))}"


def purposes(plan: Plan, words: Words, appraisal: Appraisal | None = None) -> list[str]:
    """Background, goals, risks, backup, rollback plan, acceptance, then the other chapters: as far as there are any."""
    lines = ["", f"## {words.say('ui.report.purpose')}"]
    told = [("owner", plan.owner), ("background", plan.background), ("benefit", plan.benefit)]
    texts = [labelled(words.say(f"ui.{key}"), text, words) for key, text in told if text]
    lines += ["", *texts] if texts else []
    lines += rows_of(("goal", "statement", "measure"), (goal_row(goal, words) for goal in plan.goals), words)
    keys = ("risk", "area", "likelihood", "impact", "prevention", "response", "owner", "residual")
    lines += rows_of(keys, (risk_row(risk, words) for risk in plan.risks), words)
    backups = ([b.what, b.where, words.duration(b.keep_s) if b.keep_s else "", b.proof] for b in plan.backup)
    lines += rows_of(("backup", "where", "keep", "proof"), backups, words)
    if plan.rollback is not None:
        back = plan.rollback
        limit = words.duration(back.limit_s) if back.limit_s else ""
        lines += rows_of(("trigger", "limit", "no_return"), [[back.trigger, limit, back.point_of_no_return]], words)
    lines += rows_of(
        ("acceptance",), ([each if isinstance(each, str) else each.criterion] for each in plan.acceptance), words
    )
    lines += chapters_markdown(appraisal, words) if appraisal is not None else []
    return lines if len(lines) > 2 else []


def risk_row(risk: Risk, words: Words) -> list[str]:
    likelihood, impact, residual = (
        words.word("Level", level) for level in (risk.likelihood, risk.impact, risk.residual)
    )
    area = words.word("Area", risk.area) if risk.area else ""
    return [risk.risk, area, likelihood, impact, risk.prevention, risk.response, risk.owner, residual]


def goal_row(goal: Goal, words: Words) -> list[str]:
    measure = goal.measure
    if measure is None:
        return [goal.id, goal.statement, ""]
    limits = [f"< {measure.below}" if measure.below else "", f"> {measure.above}" if measure.above else "", measure.by]
    return [goal.id, goal.statement, words.join([measure.metric, *filter(None, limits)])]


def planned(schedule: Schedule, words: Words) -> list[str]:
    """Per component: versions, limits, waves and steps; then windows and points of no return."""
    lines = ["", f"## {words.say('ui.report.planned')}", ""]
    lines.append(labelled(words.say("ui.windows"), windows_text(schedule.windows, words), words))
    lines += [labelled(label, value, words) for label, value in bounds_rows(schedule, words)]
    points = [no_return_text(schedule, point, words) for point in no_returns(schedule)]
    lines += [f"- {markdown(text)}" for text in points or [words.say("ui.no_return.none")]]
    for component, policy in schedule.policies.items():
        title = f"{title_of(schedule, component, words)} {policy.version_from} → {policy.version_to}"
        lines += ["", f"### {markdown(title)}", ""]
        lines += [labelled(label, value, words) for label, value in policy_rows(schedule, component, words)]
        stages = stages_of(schedule, component)
        rows = (
            [wave_name(s, words), str(len(s.hosts)), hosts_text(s.hosts, words), ", ".join(s.needs)] for s in stages
        )
        lines += rows_of(("wave", "count", "hosts", "needs"), rows, words)
        for recipe in recipes_of(schedule, component).values():
            lines += rows_of(("step", "at", "action", "undo"), step_rows(recipe, words), words)
    return lines
