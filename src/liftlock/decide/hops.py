"""A component that goes over releases on its way (`via`) is brought up in hops, one after the other.

Each hop has its own versions, steps, backup, waves, soak and way back, and is built on the hop before it; the first
waits for what the component comes `after`, and who comes after the component waits for every hop. What a hop does not
say is the component's. Hosts, capacity and quorum are the same, and failures are counted together: it is one component.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from liftlock.model.findings import Path
from liftlock.model.plan import Component, Hop, Plan, Rollout
from liftlock.model.recipe import Item, Recipes
from liftlock.model.schedule import FIRST_HOP, Stage, hop_of, name_of


class Unfolded(Struct, frozen=True):
    """A hop as a component of its own, with its name in the plan: all that holds in this hop. `place`: where the plan
    has the recipe."""

    component: Component
    place: Path
    items: tuple[Item, ...]
    before: tuple[Item, ...]
    after: tuple[Item, ...]


def unfold(plan: Plan, recipes: Recipes) -> dict[str, Unfolded]:
    """All hops, by the names that schedules keep them under: `orders`, `orders/2`."""
    hops = {component.name: hops_of(component) for component in plan.components}
    found = {}
    for index, component in enumerate(plan.components):
        whole = replace(component, after=all_hops(component.after, hops))
        for number, key in enumerate(hops_of(component)):
            said = f"{component.name}/{number + 1}"
            found[key] = Unfolded(
                component=in_hop(whole, number, plan.rollout, recipes) if component.via else whole,
                place=("components", index, *(("via", number) if said in recipes.items else ())),
                items=own_or_common(recipes.items, said, component.name),
                before=own_or_common(recipes.before, said, component.name),
                after=own_or_common(recipes.after, said, component.name),
            )
    return found


def hops_of(component: Component) -> tuple[str, ...]:
    """The names under which schedules keep a component's hops, in order."""
    return (component.name, *(f"{component.name}/{number + 2}" for number in range(len(component.via))))


def in_hop(whole: Component, number: int, common: Rollout, recipes: Recipes) -> Component:
    """The component as it is in one hop, counted from 0. Only the first one waits for others."""
    hop = (*whole.via, Hop(whole.version.to))[number]
    said, rollout = f"{whole.name}/{number + 1}", whole.rollout
    if hop.soak_s is not None:
        rollout = replace(rollout or common, soak_s=hop.soak_s)
    return replace(
        whole,
        version=replace(whole.version, from_=came_from(whole, number), to=hop.version),
        recipe=hop.recipe if said in recipes.items else whole.recipe,
        once_before=hop.once_before if said in recipes.before else whole.once_before,
        once_after=hop.once_after if said in recipes.after else whole.once_after,
        after=(hops_of(whole)[number - 1],) if number else whole.after,
        per="component" if number else whole.per,
        via=(),
        rollout=rollout,
    )


def came_from(component: Component, number: int) -> str:
    return component.via[number - 1].version if number else component.version.from_


def all_hops(names: Iterable[str], hops: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Who comes after a component comes after all its hops."""
    return tuple(hop for name in names for hop in hops.get(name, ()))


def own_or_common(items: Mapping[str, tuple[Item, ...]], said: str, name: str) -> tuple[Item, ...]:
    return items[said] if said in items else items.get(name, ())


def hop_before(component: str) -> str:
    """The hop on which this one is built; empty for a component's first."""
    number = hop_of(component)
    if number == int(FIRST_HOP):
        return ""
    return name_of(component) if number == int(FIRST_HOP) + 1 else f"{name_of(component)}/{number - 1}"


def waves_before(stages: Mapping[str, Stage], stage: Stage) -> frozenset[str]:
    """The component's last waves before this one: what is done once between two hops does not part their waves."""
    found, seen, ways = set[str](), set[str](), [stage]
    for each in ways:
        for need in each.needs:
            if need not in stages or need in seen or name_of(need) != name_of(stage.component):
                continue
            seen.add(need)
            if stages[need].soaks:
                found.add(need)
            else:
                ways.append(stages[need])
    return frozenset(found)


def same_component(names: Iterable[str], component: str) -> Iterator[str]:
    """Those that are hops of the same component."""
    return (name for name in names if name_of(name) == name_of(component))
