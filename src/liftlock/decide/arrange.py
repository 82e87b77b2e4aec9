"""Plan -> Schedule: every choice but timing is made here. The same inputs give the same schedule and digest."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import UNSET, Struct

from liftlock.decide.bounds import bounds_from
from liftlock.decide.canaries import templates_of, watching_from
from liftlock.decide.capacities import capacities_of, policy_of, quorums_of
from liftlock.decide.expand import fill
from liftlock.decide.outage import lane_steps, rollout_of, stop_needs, stop_steps, stopped
from liftlock.decide.recipes import Laying, lay, number
from liftlock.decide.roles import ROLE, fact, keep_by_role, once_host, place_by_role, roles_seen
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Plan
from liftlock.model.ports import Artifact, Drivers
from liftlock.model.recipe import Recipes
from liftlock.model.schedule import (
    CONTROLLER,
    Gate,
    Recipe,
    Schedule,
    Stage,
    Template,
    Watching,
    host_of,
    name_of,
    path_of,
)
from liftlock.model.survey import Survey
from liftlock.model.workdays import PLAIN, Workdays

STABLE_FACTS = ("os", "os_version", "arch", "hostname", "machine")

Places = Mapping[str, Mapping[str, tuple[str, ...]]]


class Laid(Struct, frozen=True):
    """All that stages are made of: components, their hosts in waves, the components that are stopped first."""

    plan: Plan
    components: dict[str, Laying]
    places: Places
    stopped: tuple[str, ...]
    roles: Mapping[str, Mapping[str, str]]  # component -> host -> role, as far as one was seen


def arrange(
    plan: Plan,
    inventory: Inventory,
    recipes: Recipes,
    drivers: Drivers,
    *,
    artifacts: Mapping[str, Artifact],
    texts: Mapping[str, str],
    plan_digest: str,
    program: str,
    survey: Survey | None = None,
    previous: Schedule | None = None,
    begun: Iterable[str] = (),
    workdays: Workdays = PLAIN,
) -> Schedule:
    """The schedule of a plan that `check` let pass. `previous`: hosts that were placed keep their waves and order, and
    `begun` are its lanes that did something: they stay whatever the roles are now."""
    components = lay(plan, inventory, recipes, drivers, artifacts, texts)
    roles = {name: roles_seen(survey, laying.component.name, laying.hosts) for name, laying in components.items()}
    places = place_all(plan, inventory, components, roles, previous, frozenset(begun))
    laid = Laid(plan, components, places, stopped(plan, components), roles)
    numbered = dict(recipes_of(laid))
    gates = {name: gates_of(plan, laying, drivers) for name, laying in components.items()}
    canaries = dict(canaries_of(laid, drivers, previous, frozenset(begun)))
    stages = in_order(tuple(stage for name in components for stage in stages_of(laid, name)))
    looks = looks_at(gates, canaries)
    hosts = used_hosts(inventory, stages, numbered, looks)
    return Schedule(
        upgrade=plan.upgrade,
        title=plan.upgrade,
        plan=plan_digest,
        zone=plan.timezone,
        program=program,
        drivers=used_drivers(drivers, numbered, looks),
        policies={name: policy_of(plan, laying) for name, laying in components.items()},
        capacities=capacities_of(plan, components),
        recipes=numbered,
        gates=gates,
        stages=stages,
        hosts=hosts,
        assumes=assumed(survey, hosts, components),
        artifacts={path: artifact.sha256 for path, artifact in sorted(artifacts.items())},
        windows=plan.windows,
        freezes=plan.freezes,
        reserve_s=plan.reserve_s,
        deadline=plan.deadline,
        approvals=plan.approvals,
        unsigned_approvals=plan.unsigned_approvals,
        notify=plan.notify,
        language=plan.language,
        quorums=quorums_of(plan, components, roles) or UNSET,
        canaries=canaries or UNSET,
        bounds=bounds_from(plan, inventory, components, stages, workdays),
    )


# --- waves ------------------------------------------------------------------------------------------------


def place_all(
    plan: Plan,
    inventory: Inventory,
    components: Mapping[str, Laying],
    roles: Mapping[str, Mapping[str, str]],
    previous: Schedule | None,
    begun: frozenset[str],
) -> dict[str, dict[str, tuple[str, ...]]]:
    before: dict[str, dict[str, tuple[str, ...]]] = {}
    for stage in previous.stages if previous is not None else ():
        if is_wave(stage):
            before.setdefault(stage.component, {})[stage.wave] = stage.hosts
    found = {}
    for name, laying in components.items():
        rollout = rollout_of(plan, laying)
        if name in before:
            at_work = frozenset(host_of(lane) for lane in begun if lane.startswith(f"{path_of(name)}/w"))
            listed = rollout.canaries == "listed"
            found[name] = keep_by_role(laying.hosts, roles[name], inventory, before[name], at_work, listed=listed)
        else:
            seed = f"{plan.upgrade}\0{laying.component.name}"  # in all hops the same hosts go first
            found[name] = place_by_role(laying.hosts, roles[name], inventory, rollout, seed)
    return found


def is_wave(stage: Stage) -> bool:
    return stage.wave[:1] == "w" and stage.wave[1:].isdecimal()


# --- recipes ----------------------------------------------------------------------------------------------


def recipes_of(laid: Laid) -> Iterable[tuple[str, Recipe]]:
    for name, laying in laid.components.items():
        looks = laying.looks if laid.roles[name] else ()
        yield name, number(lane_steps(laying) if name in laid.stopped else laying.main, confirms=True, looks=looks)
        if laying.component.once_before:
            yield f"{name}/before", number(laying.before, confirms=False, looks=looks)
        if laying.component.once_after:
            yield f"{name}/after", number(laying.after, confirms=False, looks=looks)
        if name in laid.stopped:
            yield f"{name}/stop", number(stop_steps(laying), confirms=False)


def gates_of(plan: Plan, laying: Laying, drivers: Drivers) -> tuple[Gate, ...]:
    found = []
    for check in rollout_of(plan, laying).checks:
        for name in sorted(drivers):
            if (template := drivers[name].gauge(check, laying.setting)) is not None:
                found.append(Gate(check, template))
                break
    return tuple(found)


def canaries_of(
    laid: Laid, drivers: Drivers, previous: Schedule | None, begun: frozenset[str]
) -> Iterable[tuple[str, Watching]]:
    before = (previous.canaries if previous is not None else UNSET) or {}
    for name, laying in laid.components.items():
        has_begun = any(lane.startswith(f"{path_of(name)}/w") for lane in begun)
        waves = laid.places[name]
        watching = watching_from(laid.plan, laying, drivers, waves, before.get(name), begun=has_begun)
        if watching is not None and waves:
            yield name, watching


def looks_at(
    gates: Mapping[str, tuple[Gate, ...]], canaries: Mapping[str, Watching]
) -> dict[str, tuple[Template, ...]]:
    """By component, all that is looked at while a wave soaks."""
    return {
        name: (*(gate.template for gate in found), *templates_of(canaries.get(name))) for name, found in gates.items()
    }


# --- stages -----------------------------------------------------------------------------------------------


def stages_of(laid: Laid, name: str) -> Iterable[Stage]:
    """A component's stages in order, or a hop's: stop, once before, its waves, once after."""
    laying, path = laid.components[name], path_of(name)
    before: tuple[str, ...] = ()
    if name in laid.stopped:
        last = {other: last_stage(laid, other) for other in laid.components}
        needs = stop_needs(laid.plan, laid.components, name, last)
        yield Stage(f"{path}/stop", name, "stop", laying.hosts, f"{name}/stop", needs, soaks=False)
    if laying.component.once_before and laying.hosts:
        needs = needs_of(laid, name, 0)
        yield Stage(f"{path}/before", name, "before", once(laid, name), f"{name}/before", needs, soaks=False)
        before = (f"{path}/before",)
    for index, (wave, hosts) in enumerate(laid.places[name].items()):
        needs = unique(
            (*before, *(needs_of(laid, name, index) if not before or laying.component.per == "wave" else ()))
        )
        yield Stage(f"{path}/{wave}", name, wave, hosts, name, needs)
        before = (f"{path}/{wave}",)
    if laying.component.once_after and laying.hosts:
        yield Stage(f"{path}/after", name, "after", once(laid, name), f"{name}/after", before, soaks=False)


def once(laid: Laid, name: str) -> tuple[str, ...]:
    laying = laid.components[name]
    return (once_host(laying.component, laying.hosts, laid.roles[name]),)


def needs_of(laid: Laid, name: str, index: int) -> tuple[str, ...]:
    """What other components must have passed before the wave with this index (from 0) of this one."""
    component = laid.components[name].component
    stops = [f"{path_of(other)}/stop" for other in laid.stopped if name in laid.components[other].component.after]
    ups = [wave_or_last(laid, up, index, component.per) for up in component.after if laid.places.get(up)]
    return unique((*(stops if index == 0 else ()), *ups))


def wave_or_last(laid: Laid, name: str, index: int, per: str) -> str:
    waves = list(laid.places[name])
    if per == "wave" and index < len(waves):
        return f"{path_of(name)}/{waves[index]}"
    return last_stage(laid, name)


def last_stage(laid: Laid, name: str) -> str:
    """The stage after which the component is complete; empty if it has no hosts."""
    waves = list(laid.places[name])
    if not waves:
        return ""
    return f"{path_of(name)}/{'after' if laid.components[name].component.once_after else waves[-1]}"


def unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def in_order(stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Stages after what they need, else in the plan's order. A circle (a finding of `check`) comes last as written."""
    waiting, done = list(stages), dict[str, Stage]()
    known = {stage.id for stage in stages}
    while waiting:
        ready = next((stage for stage in waiting if all(n in done or n not in known for n in stage.needs)), waiting[0])
        waiting.remove(ready)
        done[ready.id] = ready
    return tuple(done.values())


# --- what the schedule holds of the world -----------------------------------------------------------------


def used_hosts(
    inventory: Inventory,
    stages: Sequence[Stage],
    recipes: Mapping[str, Recipe],
    looks: Mapping[str, tuple[Template, ...]],
) -> dict[str, Host]:
    """Inventory entries that the schedule needs: the stages' hosts, and those at which their steps and looks run."""
    used: set[str] = set()
    for stage in stages:
        used.update(stage.hosts)
        templates = (*recipes[stage.recipe].templates, *looks[stage.component])
        used.update(places_named(templates, stage.hosts, inventory))
    return {name: inventory.hosts[name] for name in sorted(used) if name in inventory.hosts}


def places_named(templates: Iterable[Template], hosts: Sequence[str], inventory: Inventory) -> Iterable[str]:
    for at in {template.at for template in templates} - {"", CONTROLLER}:
        if "{" not in at:
            yield at
            continue
        for host in hosts:
            entry = inventory.hosts[host]
            yield fill(at, entry.variables | {"host": host, "address": entry.address, "domain": entry.domain})


def used_drivers(
    drivers: Drivers, recipes: Mapping[str, Recipe], looks: Mapping[str, tuple[Template, ...]]
) -> dict[str, str]:
    templates = [template for recipe in recipes.values() for template in recipe.templates]
    templates += [template for found in looks.values() for template in found]
    names = {action.driver for t in templates for action in (t.action, t.undo) if action is not None}
    return {name: drivers[name].manifest.version for name in sorted(names) if name in drivers}


def assumed(
    survey: Survey | None, hosts: Mapping[str, Host], components: Iterable[str] = ()
) -> dict[str, dict[str, str]]:
    """The stable facts and the roles that were seen: probed again when a lane begins, and a deviation holds."""
    found, roles = {}, tuple(dict.fromkeys(fact(name_of(component), ROLE) for component in components))
    for name in hosts:
        seen = survey.hosts.get(name) if survey is not None else None
        if seen is not None and seen.reachable:
            found[name] = {each: seen.facts[each] for each in (*STABLE_FACTS, *roles) if seen.facts.get(each)}
    return found
