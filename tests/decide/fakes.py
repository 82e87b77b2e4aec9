"""A small product with pretend technologies: drivers as data, an inventory, and plans that deciding is tested with."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.arrange import arrange
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Irreversible,
    Kind,
    Operation,
    Outcome,
    Preview,
    Restorable,
    Reversal,
    Reversible,
    Script,
    Traits,
)
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Canary, Check, Component, Metric, Plan, Rollout, Share, Versions
from liftlock.model.ports import Artifact, Manifest, Setting
from liftlock.model.recipe import Item, Recipes
from liftlock.model.schedule import CONTROLLER, Schedule, Source, Template


class Anything(Struct, frozen=True):
    """The one item that all fakes take. `undo`, `because`: for commands."""

    text: str = ""
    at: str = ""
    undo: str = ""
    because: str = ""
    writes: bool = False


NOTHING = Traits()
REVERSIBLE = Reversible()
Expand = Callable[[Anything, Setting], tuple[Template, ...]]


class FakeDriver:
    """Answers every operation with a script named after the action, and every outcome by its exit status."""

    def __init__(
        self, name: str, expand: Expand, gauges: str = "", literal: tuple[str, ...] = (), measures: str = ""
    ) -> None:
        self.manifest = Manifest(
            name=name,
            version="1",
            item=Anything,
            summary={"en": name, "zh": name},
            shorthand="text",
            literal=literal,
            advice=("fake-advice",),
        )
        self.expand_item = expand
        self.gauges = gauges
        self.measures = measures
        self.inquires = False

    def expand(self, item: Any, setting: Setting) -> tuple[Template, ...]:
        return self.expand_item(item, setting)

    def complain(self, item: Any, setting: Setting) -> tuple[tuple[str, dict[str, str | int | float]], ...]:
        said = {"complain": "fake-complaint", "advise": "fake-advice"}.get(item.text)
        return ((said, {"text": item.text}),) if said else ()

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        if not self.gauges or not getattr(check, self.gauges):
            return None
        return step(Kind.VERIFY, self.manifest.name, getattr(check, self.gauges))

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        """One look at the controller answers for all hosts, or one on each, or, with `at`, there."""
        if not self.measures or not (said := getattr(metric, self.measures)):
            return None
        whole = self.measures == "prometheus"
        at = CONTROLLER if whole else metric.at
        made = step(Kind.VERIFY, self.manifest.name, said, at=at)
        token = canary.prometheus.get("token") if whole and isinstance(canary.prometheus, dict) else None
        args = {**made.action.args, "token": token} if token else made.action.args
        return Source(replace(made, action=replace(made.action, args=args)), whole=whole, history=whole)

    def inquire(self, item: Any, setting: Setting) -> Template | None:
        return step(Kind.PRECHECK, self.manifest.name, "role") if self.inquires else None

    def operate(self, action: Action, context: Context) -> Operation:
        return Script(f"{action.driver} {action.kind.value}", {"text": str(action.args.get("text", ""))})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        if isinstance(outcome, Exited) and outcome.code == 0:
            return Evidence({"value": 0})
        return Failure(FailureKind.TRANSIENT, "fake-failed")

    def probe(self, action: Action, context: Context) -> Operation | None:
        return None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        return None

    def preview(self, action: Action, context: Context) -> Operation | None:
        return None

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        return Preview(changes=False)


def step(
    kind: Kind,
    driver: str,
    text: str = "",
    *,
    traits: Traits = NOTHING,
    undo: Action | None = None,
    at: str = "",
    estimate_s: float = 5.0,
    way: Any = "both",
) -> Template:
    action = Action(kind, driver, {"text": text}, traits)
    return Template(kind.value, action, undo=undo, at=at, estimate_s=estimate_s, way=way)


def writing(reversal: Reversal = REVERSIBLE, *, stateful: bool = False) -> Traits:
    return Traits(writes=True, stateful=stateful, reversal=reversal)


def release(item: Anything, setting: Setting) -> tuple[Template, ...]:
    undo = Action(Kind.INSTALL, "release", {"text": "old"})
    return (
        step(Kind.FETCH, "release", item.text),
        step(Kind.INSTALL, "release", item.text, traits=writing(), undo=undo, estimate_s=20),
    )


def drain(item: Anything, setting: Setting) -> tuple[Template, ...]:
    undo = Action(Kind.READMIT, "readmit", {"text": item.text})
    return (step(Kind.DRAIN, "drain", item.text, traits=Traits(lowers_capacity=True), undo=undo, at=item.at),)


def readmit(item: Anything, setting: Setting) -> tuple[Template, ...]:
    return (step(Kind.READMIT, "readmit", item.text, at=item.at),)


def backup(item: Anything, setting: Setting) -> tuple[Template, ...]:
    undo = Action(Kind.RESTORE, "backup", {"text": item.text})
    kept = step(Kind.BACKUP, "backup", item.text, undo=undo)
    return (kept,) if item.text == "unproved" else (kept, step(Kind.PROVE, "backup", item.text))


def verify(item: Anything, setting: Setting) -> tuple[Template, ...]:
    return (step(Kind.VERIFY, "verify", item.text or "{version}"),)


def service(item: Anything, setting: Setting) -> tuple[Template, ...]:
    start = Action(Kind.START, "service", {"text": item.text})
    stop = Action(Kind.STOP, "service", {"text": item.text})
    lowers = Traits(lowers_capacity=True)
    match item.because or "restart":
        case "stop":
            return (step(Kind.STOP, "service", item.text, traits=lowers, undo=start),)
        case "start":
            return (step(Kind.START, "service", item.text, undo=stop),)
    return (step(Kind.RESTART, "service", item.text, traits=lowers),)


def command(item: Anything, setting: Setting) -> tuple[Template, ...]:
    reversal: Reversal = Irreversible(item.because) if item.because else Reversible()
    undo = Action(Kind.COMMAND, "command", {"text": item.undo}) if item.undo else None
    traits = writing(reversal) if item.writes or item.because else Traits()
    made = step(Kind.COMMAND, "command", item.text, traits=traits, undo=undo)
    return (replace(made, action=replace(made.action, literal=("text",))),)


def migrate(item: Anything, setting: Setting) -> tuple[Template, ...]:
    return (step(Kind.MIGRATE, "migrate", item.text, traits=writing(Restorable(), stateful=True)),)


def manual(item: Anything, setting: Setting) -> tuple[Template, ...]:
    return (replace(step(Kind.MANUAL, "manual", item.text), timeout_s=86400.0),)


def unknown(item: Anything, setting: Setting) -> tuple[Template, ...]:
    return ()


def fake_drivers() -> dict[str, FakeDriver]:
    literal = ("text", "undo")
    drivers = (
        FakeDriver("precheck", unknown),
        FakeDriver("release", release),
        FakeDriver("drain", drain),
        FakeDriver("readmit", readmit),
        FakeDriver("backup", backup),
        FakeDriver("verify", verify, gauges="http"),
        FakeDriver("haproxy", unknown, gauges="haproxy"),
        FakeDriver("service", service),
        FakeDriver("command", command, literal=literal, measures="command"),
        FakeDriver("prometheus", unknown, measures="prometheus"),
        FakeDriver("access_log", unknown, measures="access_log"),
        FakeDriver("migrate", migrate),
        FakeDriver("manual", manual),
    )
    return {driver.manifest.name: driver for driver in drivers}


def item(driver: str, text: str = "", **fields: Any) -> Item:
    own = {name: fields.pop(name) for name in ("at", "undo", "because", "writes") if name in fields}
    return Item(driver, Anything(text, **own), **fields)


def inventory_of(groups: Mapping[str, int], *, domains: int = 0) -> Inventory:
    """Groups of so many hosts (`app-01` …), spread over so many failure domains in turn; and a load balancer `lb-1`."""
    hosts = {"lb-1": Host("lb-1", address="10.0.0.1")}
    members = {}
    for number, (group, size) in enumerate(groups.items(), start=1):
        names = [f"{group}-{index:02d}" for index in range(1, size + 1)]
        for index, name in enumerate(names):
            domain = f"rack-{index % domains + 1}" if domains else ""
            hosts[name] = Host(name, address=f"10.{number}.{index // 256}.{index % 256}", domain=domain)
        members[group] = tuple(names)
    return Inventory(hosts, members)


def orders_items() -> tuple[Item, ...]:
    return (
        item("backup", "/etc/orders"),
        item("drain", "orders", at="lb-1"),
        item("release", "dist/orders.tar.gz"),
        item("service", "orders"),
        item("verify"),
        item("readmit", "orders", at="lb-1"),
    )


def component(name: str, hosts: str, **fields: Any) -> Component:
    version = fields.pop("version", Versions("1.0", "1.1"))
    written = tuple({one.driver: one.args.text} for one in orders_items())
    return Component(name=name, version=version, hosts=hosts, recipe=written, **fields)


def orders_plan(size: int = 8, *, domains: int = 0, **rollout: Any) -> tuple[Plan, Inventory, Recipes]:
    """One component on one group behind a load balancer."""
    waves = rollout.pop("waves", (Share(count=1), Share(percent=50), Share(percent=100)))
    plan = Plan(
        upgrade="Orders 1.0 → 1.1",
        components=(component("orders", "app"),),
        rollout=Rollout(waves=waves, **rollout),
        owner="li.wei",
        unsigned_approvals=True,
    )
    return plan, inventory_of({"app": size}, domains=domains), Recipes({"orders": orders_items()})


def two_tiers(**rollout: Any) -> tuple[Plan, Inventory, Recipes]:
    """`orders` on four hosts after `orders-db` on two, which must be stopped while it is upgraded."""
    out = Rollout(planned_outage=True, waves=(Share(percent=100),))
    plan = orders_plan(4, **rollout)[0]
    components = (
        component("orders-db", "db", rollout=out),
        component("orders", "app", after=("orders-db",), rollout=out),
    )
    stop, start = item("service", "orders", because="stop"), item("service", "orders", because="start")
    tier = (item("backup"), stop, item("release", "dist/orders.tar.gz"), start, item("verify"))
    return (
        replace(plan, components=components),
        inventory_of({"app": 4, "db": 2}),
        Recipes({"orders-db": tier, "orders": tier}),
    )


def schedule_of(plan: Plan, inventory: Inventory, recipes: Recipes, **more: Any) -> Schedule:
    drivers = more.pop("drivers", None) or fake_drivers()
    artifacts = {"dist/orders.tar.gz": Artifact("/srv/dist/orders.tar.gz", "6f2c", 1_000_000)}
    given = {"artifacts": artifacts, "texts": {}, "plan_digest": "p" * 64, "program": "0.1.0"} | more
    return arrange(plan, inventory, recipes, drivers, **given)
