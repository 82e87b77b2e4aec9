"""A schedule laid out: its indexes, and a step made concrete from its recipe when it is needed."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.hops import hop_before
from liftlock.decide.order_back import returns_first
from liftlock.decide.roles import number_of
from liftlock.model.actions import Action, Kind
from liftlock.model.schedule import Quorum, Recipe, Schedule, Stage, Step, Template, name_of

TUNING = frozenset(("deadline_s", "wait"))  # arguments of a readmission that do not say what is readmitted
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(\w+)\}")


class Ways(Struct, frozen=True):
    """A recipe's ways: names on the way up, names looked at again after the soak, and every name's template."""

    up: tuple[str, ...]
    confirm: tuple[str, ...]
    templates: dict[str, Template]


class Layout(Struct, frozen=True):
    """A schedule with the indexes that deciding needs; made once for each schedule."""

    schedule: Schedule
    stages: dict[str, Stage]
    ways: dict[str, Ways]  # by recipe
    sharers: dict[str, tuple[str, ...]]  # capacity -> components that draw on it
    returns_first: dict[str, frozenset[str]]  # stage -> those that go back before it
    needed_by: dict[str, frozenset[str]]  # stage -> those that are opened after it, because of it
    quorums: dict[str, tuple[Quorum, ...]]  # host -> those that it is a member of
    waves_below: dict[str, tuple[str, ...]]  # a later hop -> the waves of the hop before it

    def ways_of(self, stage: str) -> Ways:
        return self.ways[self.stages[stage].recipe]


def lay_out(schedule: Schedule) -> Layout:
    dependents = reached({component: policy.after for component, policy in schedule.policies.items()})
    sharers: dict[str, tuple[str, ...]] = {}
    for component, policy in schedule.policies.items():
        sharers[policy.capacity] = (*sharers.get(policy.capacity, ()), component)
    return Layout(
        schedule=schedule,
        stages={stage.id: stage for stage in schedule.stages},
        ways={name: ways_through(recipe) for name, recipe in schedule.recipes.items()},
        sharers=sharers,
        returns_first=returns_first(schedule, dependents),
        needed_by=reached({stage.id: stage.needs for stage in schedule.stages}),
        quorums=memberships(schedule),
        waves_below={name: waves_of(schedule, below) for name in schedule.policies if (below := hop_before(name))},
    )


def waves_of(schedule: Schedule, component: str) -> tuple[str, ...]:
    return tuple(stage.id for stage in schedule.stages if stage.component == component and number_of(stage.wave))


def memberships(schedule: Schedule) -> dict[str, tuple[Quorum, ...]]:
    found: dict[str, tuple[Quorum, ...]] = {}
    for quorum in (schedule.quorums or {}).values():
        for host in quorum.members:
            found[host] = (*found.get(host, ()), quorum)
    return found


def ways_through(recipe: Recipe) -> Ways:
    pairs = tuple(zip(recipe.names, recipe.templates, strict=True))
    return Ways(
        up=tuple(name for name, template in pairs if template.way != "back"),
        confirm=tuple(f"c{name}" for name, template in pairs if template.confirm and template.way != "back"),
        templates=dict(pairs),
    )


def reached(needs: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Of each name, those that need it, directly or not."""
    return {name: needing(needs, name) for name in needs}


def needing(needs: Mapping[str, Collection[str]], name: str) -> frozenset[str]:
    found: set[str] = set()
    wave = {name}
    while wave:
        wave = {other for other, needed in needs.items() if not wave.isdisjoint(needed)} - found
        found |= wave
    return frozenset(found)


def expand(layout: Layout, step_id: str) -> Step:
    """The step with this id, its action filled with the host's variables. Raises KeyError if there is none."""
    lane, _, name = step_id.rpartition("/")
    stage_id, _, host = lane.rpartition("/")
    stage = layout.stages[stage_id]
    mode, plain = (name[0], name[1:]) if name[0] in "cub" else ("", name)
    templates = layout.ways[stage.recipe].templates
    template = templates[plain]
    action = template.undo if mode == "u" else template.action
    if action is None:
        raise KeyError(step_id)
    known = variables(layout.schedule, stage.component, host, back=mode in ("u", "b"))
    return Step(
        id=step_id,
        lane=lane,
        name=name,
        subject=host,
        at=fill(template.at, known) or host,
        action=fill_action(action, known),
        timeout_s=template.timeout_s,
        undoes=f"{lane}/{plain}" if mode == "u" else reads_from(templates, lane, mode, plain),
    )


def reads_from(templates: dict[str, Template], lane: str, mode: str, plain: str) -> str:
    """The step before it of the same driver, whose evidence it may want: prove reads backup, install reads fetch.

    A readmission reads the drain of the same entry on the way up: what it found there.
    """
    if templates[plain].action.kind is Kind.READMIT:
        return drained_by(templates, lane, plain)
    before = ""
    for name, template in templates.items():
        if name == plain:
            break
        if template.action.driver == templates[plain].action.driver:
            before = name
    return f"{lane}/{mode if mode == 'b' else ''}{before}" if before else ""


def drained_by(templates: dict[str, Template], lane: str, readmit: str) -> str:
    entry = {name: value for name, value in templates[readmit].action.args.items() if name not in TUNING}
    for name, template in templates.items():
        same = entry.items() <= template.action.args.items()
        if name != readmit and template.action.kind is Kind.DRAIN and template.way != "back" and same:
            return f"{lane}/{name}"
    return ""


def variables(schedule: Schedule, component: str, host: str, *, back: bool) -> dict[str, str]:
    """What `{placeholders}` of a recipe may name, for one host."""
    entry, policy = schedule.hosts[host], schedule.policies[component]
    return entry.variables | {
        "host": host,
        "address": entry.address,
        "domain": entry.domain,
        "root": entry.root,
        "component": name_of(component),
        "from_version": policy.version_from,
        "to_version": policy.version_to,
        "version": policy.version_from if back else policy.version_to,
    }


def fill_action(action: Action, known: dict[str, str]) -> Action:
    """Literal arguments stay as they are, but for the names of secrets in them: `inventory:prod#{host}/db_password`."""
    args = {
        key: fill_references(value, known) if key in action.literal else fill(value, known)
        for key, value in action.args.items()
    }
    return replace(action, args=args)


def fill_references(value: Any, known: dict[str, str]) -> Any:
    if is_reference(value):
        return fill(value, known)
    if isinstance(value, dict):
        return {key: fill_references(item, known) for key, item in value.items()}
    return value


def is_reference(value: Any) -> bool:
    """A secret's place in an action's arguments: a mapping of nothing but `secret`."""
    return isinstance(value, dict) and value.keys() == {"secret"} and isinstance(value["secret"], str)


def fill(value: Any, known: dict[str, str]) -> Any:
    """Replace `{name}` in every text of a JSON-like value; `{{` and `}}` are braces; unknown names stay."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: replacement(found, known), value) if "{" in value else value
    if isinstance(value, dict):
        return {key: fill(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, known) for item in value]
    return value


def replacement(found: re.Match[str], known: dict[str, str]) -> str:
    text = found.group(0)
    if text in ("{{", "}}"):
        return text[0]
    return known.get(found.group(1), text)
