"""What changed between two schedules, field by field: for people who approved the one and look at the other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct, json, to_builtins
from msgspec.structs import replace

from liftlock.model.schedule import Bounds, Recipe, Schedule, Stage

HEAD = ("upgrade", "title", "plan", "zone", "program", "reserve_s", "deadline", "unsigned_approvals", "language")
LISTS = (("windows", "window"), ("freezes", "freeze"), ("approvals", "approval"), ("notify", "notify"))
MAPPINGS = (
    ("drivers", "driver"),
    ("artifacts", "artifact"),
    ("policies", "policy"),
    ("capacities", "capacity"),
    ("assumes", "assumed"),
)


class Change(Struct, frozen=True):
    """One difference. `area` says of what (host, step, policy …), `name` of which one; `before` is empty for what is
    new, `after` for what is gone."""

    area: str
    name: str
    before: str = ""
    after: str = ""


Changes = tuple[Change, ...]


def compare(old: Schedule, new: Schedule) -> Changes:
    """Empty if and only if the two are equal."""
    head_before, head_after = ({name: getattr(schedule, name) for name in HEAD} for schedule in (old, new))
    return (
        *fields("plan", head_before, head_after),
        *places(old, new),
        *stages(old, new),
        *recipes(old, new),
        *fields("check", gates_by_name(old), gates_by_name(new)),
        *fields("canary", canaries_by_name(old), canaries_by_name(new)),
        *fields("bounds", bounds_by_name(old), bounds_by_name(new)),
        *(change for key, area in MAPPINGS for change in fields(area, getattr(old, key), getattr(new, key))),
        *connections(old, new),
        *(change for key, area in LISTS for change in entries(area, getattr(old, key), getattr(new, key))),
    )


def touched_ids(old: Schedule, new: Schedule) -> frozenset[str]:
    """The stages that do something else than before: other hosts, steps, checks or rules; new and gone ones too."""
    before, after = ({stage.id: work(schedule, stage) for stage in schedule.stages} for schedule in (old, new))
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def work(schedule: Schedule, stage: Stage) -> tuple[Any, ...]:
    policy = schedule.policies[stage.component]
    looks = schedule.gates.get(stage.component, ()), (schedule.canaries or {}).get(stage.component)
    return stage, schedule.recipes[stage.recipe], (policy, schedule.capacities[policy.capacity], *looks)


# --- hosts ------------------------------------------------------------------------------------------------


def places(old: Schedule, new: Schedule) -> Iterator[Change]:
    """Hosts that came, went, or changed their wave; and stages that take the same hosts in another order."""
    before, after = stages_by_host(old), stages_by_host(new)
    for host in (*before, *(host for host in after if host not in before)):
        if set(before.get(host, ())) != set(after.get(host, ())):
            yield Change("host", host, ", ".join(before.get(host, ())), ", ".join(after.get(host, ())))
    olds = {stage.id: stage.hosts for stage in old.stages}
    for stage in new.stages:
        hosts = olds.get(stage.id, stage.hosts)
        if hosts != stage.hosts:
            still = set(hosts) & set(stage.hosts)
            yield from reordered(stage.id, [h for h in hosts if h in still], [h for h in stage.hosts if h in still])


def stages_by_host(schedule: Schedule) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for stage in schedule.stages:
        for host in stage.hosts:
            found.setdefault(host, []).append(stage.id)
    return found


def reordered(stage: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    for index, (one, other) in enumerate(zip(before, after, strict=True), start=1):
        if one != other:
            yield Change("order", f"{stage} #{index}", one, other)
            return


def connections(old: Schedule, new: Schedule) -> Iterator[Change]:
    """How hosts are reached; of those that came or went with their stage, `places` tells."""
    ours, theirs = (stages_by_host(schedule) for schedule in (old, new))
    yield from fields(
        "connection",
        {name: host for name, host in old.hosts.items() if name in new.hosts or name not in ours},
        {name: host for name, host in new.hosts.items() if name in old.hosts or name not in theirs},
    )


# --- stages and recipes -----------------------------------------------------------------------------------


def stages(old: Schedule, new: Schedule) -> Iterator[Change]:
    yield from fields("stage", stage_fields(old), stage_fields(new))
    before, after = ([stage.id for stage in schedule.stages] for schedule in (old, new))
    if before != after and sorted(before) == sorted(after):
        yield Change("stage", "#", ", ".join(before), ", ".join(after))


def stage_fields(schedule: Schedule) -> dict[str, dict[str, Any]]:
    return {
        stage.id: {"needs": ", ".join(stage.needs), "recipe": stage.recipe, "soaks": stage.soaks, "wave": stage.wave}
        for stage in schedule.stages
    }


def recipes(old: Schedule, new: Schedule) -> Iterator[Change]:
    """Steps are the same if verb and turn among equal verbs are; where the order differs, the whole order is shown."""
    for name in (*old.recipes, *(name for name in new.recipes if name not in old.recipes)):
        before, after = (schedule.recipes.get(name, Recipe((), ())) for schedule in (old, new))
        if before.names != after.names:
            yield Change("recipe", name, ", ".join(before.names), ", ".join(after.names))
        ours, theirs = steps_by_turn(before), steps_by_turn(after)
        for key in (*ours, *(key for key in theirs if key not in ours)):
            one, other = ours.get(key), theirs.get(key)
            if one is None or other is None:
                shown = [text(step[1].action) if step else "" for step in (one, other)]
                yield Change("step", f"{name}/{(one or other or ('', None))[0]}", *shown)
            else:
                yield from fields("step", {f"{name}/{other[0]}": one[1]}, {f"{name}/{other[0]}": other[1]})


def steps_by_turn(recipe: Recipe) -> dict[tuple[str, int], tuple[str, Any]]:
    found: dict[tuple[str, int], tuple[str, Any]] = {}
    for name, template in zip(recipe.names, recipe.templates, strict=True):
        turn = sum(verb == template.verb for verb, _ in found)
        found[template.verb, turn] = (name, template)
    return found


def gates_by_name(schedule: Schedule) -> dict[str, Any]:
    return {
        f"{component}/{index}/{gate.check.name}": gate
        for component, gates in schedule.gates.items()
        for index, gate in enumerate(gates, start=1)
    }


def bounds_by_name(schedule: Schedule) -> dict[str, Any]:
    """Only what binds."""
    bounds = schedule.bounds or Bounds()
    given = {name: getattr(bounds, name) for name in Bounds.__struct_fields__}
    return {name: value for name, value in given.items() if value != getattr(Bounds(), name)}


def canaries_by_name(schedule: Schedule) -> dict[str, Any]:
    """How a component's canaries are judged, and each metric by its place and name."""
    found: dict[str, Any] = {}
    for component, watching in (schedule.canaries or {}).items():
        found[component] = replace(watching, measured=())
        for index, each in enumerate(watching.measured, start=1):
            found[f"{component}/{index}/{each.metric.name}"] = each
    return found


# --- any field --------------------------------------------------------------------------------------------


def fields(area: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Every field that differs, named by its dotted path; what came or went as a whole is one change."""
    for key in dict.fromkeys((*before, *after)):
        if key not in after:
            yield Change(area, key, before=text(before[key]))
        elif key not in before:
            yield Change(area, key, after=text(after[key]))
        elif before[key] != after[key]:
            yield from inside(area, key, before[key], after[key])


def inside(area: str, key: str, before: Any, after: Any) -> Iterator[Change]:
    ours, theirs = dict(leaves(key, before)), dict(leaves(key, after))
    paths = [path for path in dict.fromkeys((*ours, *theirs)) if ours.get(path) != theirs.get(path)]
    for path in paths:
        yield Change(area, path, ours.get(path, ""), theirs.get(path, ""))
    if not paths:  # 1 and "1" read alike
        yield Change(area, key, json.encode(before).decode(), json.encode(after).decode())


def entries(area: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    """Entries of a list, by their place."""
    for index, (one, other) in enumerate(zip_longest(before, after), start=1):
        if one != other:
            yield Change(area, str(index), "" if one is None else text(one), "" if other is None else text(other))


def leaves(path: str, value: Any) -> Iterable[tuple[str, str]]:
    """The texts and numbers in a value; an empty mapping or list is one too, so that nothing goes unseen."""
    plain = to_builtins(value)
    if isinstance(plain, dict) and plain:
        for key, item in plain.items():
            yield from leaves(f"{path}.{key}", item)
    elif isinstance(plain, dict | list | tuple) and not plain:
        yield path, "{}" if isinstance(plain, dict) else "[]"
    else:
        yield path, text(plain)


def text(value: Any) -> str:
    """As a person reads it; never empty, which would mean that it is not there."""
    if isinstance(value, str):
        return value or '""'
    return json.encode(value, order="deterministic").decode()
