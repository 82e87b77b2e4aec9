"""A component's recipe items as numbered steps: expanded by their drivers, overridden by the plan, fetches first.

Fetches touch nothing that serves: done before the drain, they shorten the time that a host is out.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.hops import unfold
from liftlock.decide.roles import LOOK, looks_once
from liftlock.model.actions import Action, Kind
from liftlock.model.findings import Path
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Component, Plan
from liftlock.model.ports import Artifact, Drivers, Setting
from liftlock.model.recipe import Item, Recipes
from liftlock.model.schedule import Recipe, Template

PRECHECK = Template(verb="precheck", action=Action(Kind.PRECHECK, "precheck"), timeout_s=60.0, estimate_s=1.0, way="up")
STEPS_MAX = 100


class Laid(Struct, frozen=True):
    """A template with the plan's place that it comes from."""

    template: Template
    path: Path = ()


class Laying(Struct, frozen=True):
    """A component laid out, or a hop of one: its hosts in the inventory's order, and the steps of its lanes."""

    component: Component
    hosts: tuple[str, ...]
    setting: Setting
    main: tuple[Laid, ...]
    before: tuple[Laid, ...]
    after: tuple[Laid, ...]
    stops: tuple[Laid, ...] = ()  # how its services are stopped, where the recipe only restarts them
    looks: tuple[Template, ...] = ()  # how its drivers read what it is on a host
    name: str = ""  # under which schedules keep it
    place: Path = ()  # where the plan has its recipe: a component, or a release on its way
    items: tuple[tuple[Item, ...], ...] = ((), (), ())  # of `main`, `before` and `after`


def lay(
    plan: Plan,
    inventory: Inventory,
    recipes: Recipes,
    drivers: Drivers,
    artifacts: Mapping[str, Artifact],
    texts: Mapping[str, str],
) -> dict[str, Laying]:
    """Every component laid out, each of its hops, by the name that schedules keep it under."""
    hosts = host_variables(inventory)
    found = {}
    for name, hop in unfold(plan, recipes).items():
        setting = setting_of(hop.component, hosts, artifacts, texts)
        found[name] = Laying(
            component=hop.component,
            hosts=tuple(dict.fromkeys(inventory.members(hop.component.hosts))),
            setting=setting,
            main=lay_items(hop.items, drivers, setting),
            before=lay_items(hop.before, drivers, setting),
            after=lay_items(hop.after, drivers, setting),
            stops=lay_items(stopping(hop.items), drivers, setting),
            looks=looks_once(looks_of((*hop.items, *hop.before, *hop.after), drivers, setting)),
            name=name,
            place=hop.place,
            items=(hop.items, hop.before, hop.after),
        )
    return found


def host_variables(inventory: Inventory) -> dict[str, dict[str, str]]:
    """Every inventory host's variables with its address, as drivers see them."""
    return {name: host.variables | {"address": host.address} for name, host in inventory.hosts.items()}


def setting_of(
    component: Component,
    hosts: dict[str, dict[str, str]],
    artifacts: Mapping[str, Artifact],
    texts: Mapping[str, str],
) -> Setting:
    return Setting(
        component=component.name,
        version_from=component.version.from_,
        version_to=component.version.to,
        stateful=is_stateful(component),
        hosts=hosts,
        artifacts=dict(artifacts),
        texts=dict(texts),
    )


def is_stateful(component: Component) -> bool:
    return component.stateful or component.class_ == "database"


def lay_items(items: Iterable[Item], drivers: Drivers, setting: Setting) -> tuple[Laid, ...]:
    """The steps of some items in the order in which they run. An unknown driver's items are left out: a finding."""
    laid = [Laid(PRECHECK)]
    for item in items:
        if (driver := drivers.get(item.driver)) is not None:
            laid += (Laid(template, item.path) for template in override(item, driver.expand(item.args, setting)))
    return tuple(sorted(laid, key=lambda one: rank(one.template)))


def looks_of(items: Iterable[Item], drivers: Drivers, setting: Setting) -> Iterable[Template]:
    for item in items:
        driver = drivers.get(item.driver)
        look = driver.inquire(item.args, setting) if driver is not None else None
        if look is not None:
            yield replace(look, way="up")


def stopping(items: Sequence[Item]) -> Iterable[Item]:
    """The items that restart a service, as items that stop it: their drivers' items have `restart` and `stop`."""
    for item in items:
        if (service := getattr(item.args, "restart", "")) and hasattr(item.args, "stop"):
            yield replace(item, args=replace(item.args, restart="", stop=service))


def rank(template: Template) -> int:
    return {Kind.PRECHECK: 0, Kind.FETCH: 1}.get(template.action.kind, 2)


def override(item: Item, templates: Sequence[Template]) -> Iterable[Template]:
    """What stands beside the driver's key in the plan wins over what the driver says."""
    whole_s = sum(template.estimate_s for template in templates)
    for template in templates:
        yield replace(
            template,
            verb=verb_of(item, template, alone=len(templates) == 1),
            timeout_s=template.timeout_s if item.timeout_s is None else item.timeout_s,
            estimate_s=template.estimate_s if item.estimate_s is None else share_of(item.estimate_s, template, whole_s),
            way=item.way if item.way != "both" else template.way,
            at=item.at or template.at,
        )


def verb_of(item: Item, template: Template, *, alone: bool) -> str:
    if not item.verb:
        return template.verb
    return item.verb if alone else f"{item.verb}-{template.verb}"


def share_of(estimate_s: float, template: Template, whole_s: float) -> float:
    """The item's estimate is shared out among its steps as the driver's own estimates are."""
    return estimate_s * template.estimate_s / whole_s if whole_s else 0.0


def number(laid: Sequence[Laid], *, confirms: bool, looks: Sequence[Template] = ()) -> Recipe:
    """Names `NN-verb`. With `confirms`, what verifies on the way up is looked at once more after the soak.

    `looks` come right after the precheck and are numbered with it: whether roles are known renames no step.
    """
    templates = tuple(confirmed(one.template) if confirms else one.template for one in laid)
    names = tuple(f"{index:02d}-{template.verb}" for index, template in enumerate(templates))
    seen = tuple(f"{LOOK}-{n}" if n else LOOK for n, _ in enumerate(looks))
    return Recipe((*names[:1], *seen, *names[1:]), (*templates[:1], *looks, *templates[1:]))


def confirmed(template: Template) -> Template:
    if template.action.kind is Kind.VERIFY and template.way != "back":
        return replace(template, confirm=True)
    return template
