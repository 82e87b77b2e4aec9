"""A schedule as rows of words: what the plan view and the report both show."""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from liftlock.model.actions import Action, Irreversible, Kind, Restorable
from liftlock.model.plan import Check, Freeze, Window
from liftlock.model.run import Run
from liftlock.model.schedule import CONTROLLER, Policy, Recipe, Schedule, Stage, Template, lane_of, stage_of
from liftlock.model.secret import SecretRef
from liftlock.publish.bounds import bounds_rows
from liftlock.publish.hops import after_text, title_of
from liftlock.publish.judging import judging_rows
from liftlock.publish.words import Words

Row = tuple[str, str]
DIGEST = re.compile(r"[0-9a-f]{64}")


class NoReturn(Struct, frozen=True):
    """From this step on there is no way back. `step` is empty where the old version itself is no target."""

    component: str
    step: str
    because: str


def head_rows(schedule: Schedule, digest: str, words: Words) -> list[Row]:
    """What the schedule is, label and value."""
    rows = [
        (words.say("ui.upgrade"), f"{schedule.title} ({schedule.upgrade})"),
        (words.say("ui.digest"), digest),
        (words.say("ui.plan_digest"), schedule.plan),
        (words.say("ui.zone"), schedule.zone),
        (words.say("ui.program"), program(schedule, words)),
        (words.say("ui.windows"), windows_text(schedule.windows, words)),
    ]
    if schedule.freezes:
        rows.append(
            (
                words.say("ui.freezes"),
                words.say("ui.semicolon").join(freeze_text(each, words) for each in schedule.freezes),
            )
        )
    if schedule.reserve_s:
        rows.append((words.say("ui.reserve"), words.duration(schedule.reserve_s)))
    if schedule.deadline:
        rows.append((words.say("ui.deadline"), schedule.deadline))
    return rows + bounds_rows(schedule, words)


def program(schedule: Schedule, words: Words) -> str:
    drivers = ", ".join(f"{name} {version}" for name, version in sorted(schedule.drivers.items()))
    return f"liftlock {schedule.program}" + (f" ({drivers})" if drivers else "")


def windows_text(windows: Sequence[Window], words: Words) -> str:
    return words.say("ui.semicolon").join(window_text(each, words) for each in windows) or words.say("ui.window.any")


def window_text(window: Window, words: Words) -> str:
    """`Tue, Wed 22:00–04:00`, or the one date."""
    when = window.date or words.join(words.word("Day", day) for day in window.days) or words.say("ui.window.daily")
    return f"{when} {window.from_}–{window.to}"


def freeze_text(freeze: Freeze, words: Words) -> str:
    return f"{freeze.from_}–{freeze.to}" + (words.say("ui.why", text=freeze.because) if freeze.because else "")


def policy_rows(schedule: Schedule, component: str, words: Words) -> list[Row]:
    """How a component is rolled out: order, capacity, soak, gates, budgets, deadlines."""
    policy = schedule.policies[component]
    rows = [(words.say("ui.on_failure"), words.word("OnFailure", policy.on_failure))]
    if policy.after:
        rows.append((words.say("ui.after"), after_text(schedule, policy, words)))
    rows.append((words.say("ui.capacity"), capacity_text(schedule, policy, words)))
    rows.append((words.say("ui.soak"), soak_text(policy, words)))
    if gates := schedule.gates.get(component):
        rows.append(
            (words.say("ui.gates"), words.say("ui.semicolon").join(gate_text(gate.check, words) for gate in gates))
        )
    rows += judging_rows(schedule, component, words)
    rows.append((words.say("ui.budget"), words.say("ui.budget.text", **budget(policy))))
    deadlines = {"host_s": policy.host_deadline_s, "progress_s": policy.progress_deadline_s}
    rows.append((words.say("ui.deadlines"), words.say("ui.deadlines.text", **deadlines)))
    return rows


def capacity_text(schedule: Schedule, policy: Policy, words: Words) -> str:
    capacity = schedule.capacities.get(policy.capacity)
    if capacity is None:
        return words.say("ui.none")
    fields = {"group": capacity.group, "size": capacity.size, "out": capacity.out_max, "back": capacity.back_out_max}
    return words.say("ui.capacity.outage" if policy.outage else "ui.capacity.text", **fields)


def budget(policy: Policy) -> dict[str, int]:
    return {"run": policy.failures_max, "wave": policy.wave_failures_max, "attempts": policy.attempts_max}


def soak_text(policy: Policy, words: Words) -> str:
    fields = {"soak_s": policy.soak_s, "every_s": policy.look_every_s, "longest_s": policy.longest_soak_s}
    return words.say("ui.soak.text", **fields) if policy.soak_s else words.say("ui.none")


def gate_text(check: Check, words: Words) -> str:
    """A check's name, where its figure is read, and when it fails."""
    limits = []
    if check.above is not None:
        limits.append(words.say("ui.gate.above", limit=check.above))
    if check.below is not None:
        limits.append(words.say("ui.gate.below", limit=check.below))
    source = " ".join(
        filter(None, (check.http, check.value, check.haproxy, check.backend, check.metric, check.command))
    )
    name = f"{check.name} ({source})" if source else check.name
    allowed = words.say("ui.gate.allow", allow=check.allow) if check.allow else ""
    return f"{name} {words.join(limits)}".strip() + allowed


def recipes_of(schedule: Schedule, component: str) -> dict[str, Recipe]:
    """A component's recipes in the order of its stages."""
    return {s.recipe: schedule.recipes[s.recipe] for s in schedule.stages if s.component == component}


def step_rows(recipe: Recipe, words: Words) -> list[list[str]]:
    """Number and verb, where, what, undo."""
    return [
        [name, at_text(template, words), action_text(template.action, words), undo_text(template, words)]
        for name, template in zip(recipe.names, recipe.templates, strict=True)
    ]


def at_text(template: Template, words: Words) -> str:
    if template.at == CONTROLLER:
        return words.say("ui.at.controller")
    return template.at or words.say("ui.at.host")


def action_text(action: Action, words: Words) -> str:
    """The kind's word, and the arguments that are not empty."""
    given = [f"{name}={argument(value)}" for name, value in action.args.items() if value]
    return words.value("", f"{words.term(action.kind)} ({action.driver}) {' '.join(given)}").strip()


def argument(value: object) -> str:
    match value:
        case SecretRef():
            return f"<{value.secret}>"
        case Mapping():
            return "{" + ", ".join(f"{key}: {argument(part)}" for key, part in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(argument(part) for part in value) + "]"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case str() if DIGEST.fullmatch(value):
            return value[:12]
    return str(value)


def undo_text(template: Template, words: Words) -> str:
    """How the step is taken back; empty where there is nothing to take back."""
    reversal = template.action.traits.reversal
    if isinstance(reversal, Irreversible):
        return words.say("ui.undo.never", because=reversal.because)
    if template.way == "back":
        return words.say("ui.undo.way_back")
    if template.undo is None:
        return words.say("ui.undo.missing") if template.action.traits.writes else ""
    same = template.undo.kind is template.action.kind
    text = words.say("ui.undo.same") if same else words.term(template.undo.kind)
    return words.say("ui.undo.restorable", undo=text) if isinstance(reversal, Restorable) else text


def no_returns(schedule: Schedule) -> list[NoReturn]:
    """Every point of no return, in the order of the stages."""
    found = []
    for component, policy in schedule.policies.items():
        if policy.no_return_because:
            found.append(NoReturn(component, "", policy.no_return_because))
        for recipe in recipes_of(schedule, component).values():
            for name, template in zip(recipe.names, recipe.templates, strict=True):
                if isinstance(reversal := template.action.traits.reversal, Irreversible):
                    found.append(NoReturn(component, name, reversal.because))
    return found


def no_return_text(schedule: Schedule, point: NoReturn, words: Words) -> str:
    component = title_of(schedule, point.component, words)
    if point.step:
        return words.say("ui.no_return.step", component=component, step=point.step, because=point.because)
    return words.say("ui.no_return.version", component=component, because=point.because)


def actions_of(schedule: Schedule) -> dict[tuple[str, str], Action]:
    """Stage and step name -> what is done there, on every way: `03-install`, `c05-verify`, `b02-drain`, `u03-…`."""
    found: dict[tuple[str, str], Action] = {}
    for stage in schedule.stages:
        recipe = schedule.recipes[stage.recipe]
        for name, template in zip(recipe.names, recipe.templates, strict=True):
            for prefix in ("", "c", "b"):
                found[stage.id, prefix + name] = template.action
            if template.undo is not None:
                found[stage.id, f"u{name}"] = template.undo
    return found


def key_of(step: str) -> tuple[str, str]:
    """A step's key in `actions_of`."""
    return stage_of(lane_of(step)), step.rpartition("/")[2]


def manual_steps(schedule: Schedule, run: Run) -> list[tuple[str, Action]]:
    """Steps in hand that wait for a person's confirmation."""
    if not run.flying:
        return []
    actions = actions_of(schedule)
    found = ((step, actions.get(key_of(step))) for step in run.flying)
    return [(step, action) for step, action in found if action is not None and action.kind is Kind.MANUAL]


def stages_of(schedule: Schedule, component: str) -> list[Stage]:
    return [stage for stage in schedule.stages if stage.component == component]


def hosts_text(hosts: Sequence[str], words: Words, limit: int = 6) -> str:
    """Names while they are few; then the first ones and how many more."""
    if len(hosts) <= limit:
        return ", ".join(hosts)
    return words.say("ui.hosts_more", some=", ".join(hosts[: limit - 2]), more=len(hosts) - limit + 2)


def wave_name(stage: Stage, words: Words) -> str:
    """`w2`, or the word for a lane that runs once."""
    return words.word("Wave", stage.wave)
