"""Schedules drawn from a seed: one or two components, one to eight hosts, all that a rollout can be told."""

import random
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from liftlock.model.actions import Action, Irreversible, Kind, Restorable, Reversible, Traits
from liftlock.model.inventory import Host
from liftlock.model.plan import Check, Freeze, Metric, Window
from liftlock.model.schedule import (
    Bounds,
    Capacity,
    Closure,
    Gate,
    LeadRule,
    Measured,
    Policy,
    Quorum,
    Recipe,
    Schedule,
    Source,
    Stage,
    Template,
    Watching,
)

REVERSIBLE = Reversible()
WINDOWS = ((), (Window(from_="21:00", to="23:30"),), (Window(from_="22:20", to="02:00", days=("mon", "tue")),))
FREEZES = ((), (), (Freeze("2026-03-02T22:05", "2026-03-02T22:30"),), (Freeze("2026-03-03", "2026-03-03"),))


def template(kind, *, undo=None, writes=False, lowers=False, confirm=False, reversal=REVERSIBLE, at=""):
    traits = Traits(writes=writes, lowers_capacity=lowers, reversal=reversal)
    reverse = None if undo is None else Action(undo, "simulated")
    return Template(
        kind.value,
        Action(kind, "simulated", {}, traits),
        reverse,
        at=at,
        timeout_s=60.0,
        estimate_s=3.0,
        confirm=confirm,
    )


def recipe(*templates):
    return Recipe(tuple(f"{n:02d}-{t.verb}" for n, t in enumerate(templates)), templates)


def usual_recipe(reversal=REVERSIBLE):
    return recipe(
        template(Kind.PRECHECK),
        template(Kind.FETCH),
        template(Kind.BACKUP, undo=Kind.RESTORE),
        template(Kind.PROVE),
        template(Kind.DRAIN, undo=Kind.READMIT, lowers=True, at="controller"),
        template(Kind.INSTALL, undo=Kind.INSTALL, writes=True, reversal=reversal),
        template(Kind.RESTART, lowers=True),
        template(Kind.VERIFY, confirm=True),
        template(Kind.READMIT, undo=Kind.DRAIN, at="controller"),
    )


def outage_recipe(reversal=REVERSIBLE):
    return recipe(
        template(Kind.PRECHECK),
        template(Kind.FETCH),
        template(Kind.BACKUP, undo=Kind.RESTORE),
        template(Kind.PROVE),
        template(Kind.STOP, undo=Kind.START, lowers=True),
        template(Kind.INSTALL, undo=Kind.INSTALL, writes=True, reversal=reversal),
        template(Kind.START, undo=Kind.STOP),
        template(Kind.VERIFY, confirm=True),
    )


def restarting_recipe(reversal=REVERSIBLE):
    """A dependent of an outage that only restarts: on its way back it is stopped, by a step that is arranged for it."""
    return recipe(
        template(Kind.PRECHECK),
        template(Kind.BACKUP, undo=Kind.RESTORE),
        template(Kind.PROVE),
        template(Kind.INSTALL, undo=Kind.INSTALL, writes=True, reversal=reversal),
        template(Kind.RESTART, lowers=True),
        template(Kind.VERIFY, confirm=True),
        replace(template(Kind.STOP, undo=Kind.START, lowers=True), way="back"),
    )


def stop_recipe(starts=Kind.START):
    """What stops a dependent for an outage; what starts it again takes part on the way back only."""
    stop = template(Kind.STOP, undo=Kind.START, lowers=True)
    start = template(Kind.START, undo=Kind.STOP) if starts is Kind.START else template(Kind.RESTART, lowers=True)
    return recipe(template(Kind.PRECHECK), stop, replace(start, way="back"), replace(template(Kind.VERIFY), way="back"))


def once_recipe():
    """A migration that runs once, before or after the waves."""
    return recipe(
        template(Kind.PRECHECK),
        template(Kind.BACKUP, undo=Kind.RESTORE),
        template(Kind.PROVE),
        template(Kind.MIGRATE, undo=Kind.MIGRATE, writes=True),
    )


def split(rng, hosts):
    """Hosts in one to four waves."""
    cuts = sorted({1, len(hosts), *(rng.randint(1, len(hosts)) for _ in range(2))})
    return [tuple(hosts[a:b]) for a, b in zip([0, *cuts], cuts, strict=False)]


def drawn_schedule(rng: random.Random, *, outage: bool = False) -> Schedule:
    """`outage`: a planned outage of several tiers, whatever the seed says."""
    names = rng.choice((["app"], ["app"], ["db", "app"], ["db", "app"], ["db", "app", "web"]))
    names = ["db", "app"] if outage and len(names) == 1 else names
    outage = outage or (len(names) > 1 and rng.random() < 0.4)
    shared = not outage and rng.random() < 0.3
    hosts, stages, policies, capacities, recipes, gates = {}, [], {}, {}, {}, {}
    before: tuple[str, ...] = ()
    for component in names:
        group = "all" if shared else component
        members = [f"{group}-{n:02d}" for n in range(rng.randint(1, 8))] if group not in capacities else list(hosts)
        domains = rng.choice((1, 2, 3))
        hosts |= {m: Host(m, domain=f"rack-{i * domains // len(members)}") for i, m in enumerate(members)}
        limit = len(members) if outage else rng.randint(1, max(1, len(members) // 2))
        capacities.setdefault(group, Capacity(group, len(members), limit, limit + rng.randint(0, 1)))
        if rng.random() < 0.3 and not outage:
            before = ()  # nothing orders the components: they go up side by side
        policies[component] = drawn_policy(rng, group, tuple({need.partition("/")[0] for need in before}))
        reversal = rng.choice((Reversible(), Reversible(), Reversible(), Restorable(), Irreversible("dropped columns")))
        make = rng.choice((outage_recipe, restarting_recipe)) if outage and before else outage_recipe
        recipes[component] = make(reversal) if outage else usual_recipe(reversal)
        once = rng.choice(("", "", "", "before", "after"))
        recipes |= {f"{component}/once": once_recipe()} if once else {}
        if rng.random() < 0.8:
            gates[component] = (Gate(Check("errors", above=0.05), gauge()),)
        for wave, places in waves_of(rng, members, once):
            name = f"{component}/once" if wave == once else component
            stage = Stage(f"{component}/1/{wave}", component, wave, places, name, before, soaks=wave != once)
            stages.append(stage)
            before = (stage.id,)
    if outage:
        stages = stop_first(stages, policies, recipes)
    return Schedule(
        upgrade="simulated",
        title="simulated",
        plan="0" * 64,
        zone="Asia/Shanghai",
        program="0",
        drivers={},
        policies=policies,
        capacities=capacities,
        recipes=recipes,
        gates=gates,
        stages=tuple(stages),
        hosts=hosts,
        assumes={},
        artifacts={},
        windows=rng.choice(WINDOWS),
        freezes=rng.choice(FREEZES),
    )


def waves_of(rng, members, once):
    waves = [(f"w{n}", wave) for n, wave in enumerate(split(rng, members), 1)]
    alone = [(once, (members[0],))] if once else []
    return [*alone, *waves] if once == "before" else [*waves, *alone]


def stop_first(stages, policies, recipes):
    """Every component but the first is stopped before the first one is upgraded, dependents first."""
    names, before, stops = list(policies), (), []
    for name in reversed(names[1:]):
        hosts = tuple(dict.fromkeys(host for stage in stages if stage.component == name for host in stage.hosts))
        restarts = any(one.action.kind is Kind.RESTART for one in recipes[name].templates)
        recipes[f"{name}/stop"] = stop_recipe(Kind.RESTART if restarts else Kind.START)
        stops.append(Stage(f"{name}/1/stop", name, "stop", hosts, f"{name}/stop", before, soaks=False))
        before = (stops[-1].id,)
    for name, policy in policies.items():
        policies[name] = replace(policy, outage=True)
    return [*stops, replace(stages[0], needs=before), *stages[1:]]


def drawn_with_hops(rng: random.Random) -> Schedule:
    """Some component goes over one or two releases on its way: with canaries, with roles, or in a planned outage."""
    kinds = (drawn_schedule, drawn_schedule, drawn_in_outage, drawn_with_canaries, drawn_with_roles)
    whole = rng.choice(kinds)(rng)
    name, hops = rng.choice(sorted(whole.policies)), rng.choice((2, 2, 3))
    for hop in range(2, hops + 1):
        whole = with_hop(rng, whole, name, hop)
    return whole


def two_hops() -> Schedule:
    """Two hosts, one a wave, over one release on the way."""
    rng = random.Random(1)
    whole = drawn_schedule(rng)
    members = ("app-00", "app-01")
    policy = replace(drawn_policy(rng, "app", ()), on_failure="roll back", failures_max=0, soak_s=10.0, attempts_max=2)
    stages = (
        Stage("app/1/w1", "app", "w1", members[:1], "app", ()),
        Stage("app/1/w2", "app", "w2", members[1:], "app", ("app/1/w1",)),
    )
    one_hop = replace(
        whole,
        policies={"app": policy},
        capacities={"app": Capacity("app", 2, 1, 1)},
        recipes={"app": usual_recipe()},
        gates={},
        stages=stages,
        hosts={host: Host(host) for host in members},
        windows=(),
        freezes=(),
    )
    return with_hop(random.Random(3), one_hop, "app", 2)


def drawn_in_outage(rng):
    return drawn_schedule(rng, outage=True)


def with_hop(rng, whole, name, hop):
    """The component's stages once more, as its next hop: what came after the component comes after this hop too."""
    below, key = name if hop == 2 else f"{name}/{hop - 1}", f"{name}/{hop}"
    own = [stage for stage in whole.stages if stage.component == below and stage.wave != "stop"]
    old, last, new = {stage.id for stage in own}, own[-1].id, {s.id: f"{key}/{s.wave}" for s in own}
    added = [in_next_hop(stage, key, new, (last,)) for stage in own]
    stages = [
        stage if stage.id in old else replace(stage, needs=tuple(new[n] if n == last else n for n in stage.needs))
        for stage in whole.stages
    ]
    at = stages.index(next(stage for stage in stages if stage.id == last)) + 1
    policy = whole.policies[below]
    policies = {
        one: replace(each, after=(*each.after, key)) if below in each.after else each
        for one, each in whole.policies.items()
    }
    recipes = {f"{stage.recipe}/{hop}": whole.recipes[stage.recipe] for stage in own}
    if rng.random() < 0.2:
        recipes = {one: irreversible(each) for one, each in recipes.items()}
    return replace(
        whole,
        policies=policies | {key: replace(policy, version_from=f"1.{hop - 1}", version_to=f"1.{hop}", after=(below,))},
        recipes=whole.recipes | recipes,
        gates=whole.gates | ({key: whole.gates[below]} if below in whole.gates else {}),
        stages=(*stages[:at], *added, *stages[at:]),
        canaries=also(whole.canaries, below, key),
        quorums=also(whole.quorums, below, key),
    )


def also(kept, below, key):
    return kept | {key: kept[below]} if kept and below in kept else kept


def in_next_hop(stage, key, new, first):
    needs = tuple(new[need] for need in stage.needs if need in new) or first
    recipe = f"{stage.recipe}/{key.rpartition('/')[2]}"
    return replace(stage, id=new[stage.id], component=key, needs=needs, recipe=recipe)


def irreversible(recipe):
    """Its writes cannot be undone."""
    templates = tuple(
        replace(one, action=replace(one.action, traits=Traits(writes=True, reversal=Irreversible("dropped columns"))))
        if one.action.traits.writes
        else one
        for one in recipe.templates
    )
    return replace(recipe, templates=templates)


def gauge():
    return Template("gauge", Action(Kind.VERIFY, "simulated"), timeout_s=20.0)


def drawn_policy(rng, group, after):
    return Policy(
        version_from="1.0",
        version_to="1.1",
        after=after,
        capacity=group,
        on_failure=rng.choice(("roll back", "roll back", "roll back wave", "roll back host", "restore", "freeze")),
        failures_max=rng.choice((0, 0, 1, 2)),
        wave_failures_max=rng.choice((0, 1, 2)),
        attempts_max=rng.choice((1, 2, 3)),
        host_deadline_s=1800.0,
        progress_deadline_s=3600.0,
        soak_s=rng.choice((0.0, 30.0, 120.0)),
        look_every_s=rng.choice((5.0, 10.0)),
        longest_soak_s=900.0,
    )


def drawn_with_roles(rng: random.Random) -> Schedule:
    """One component whose hosts have roles, the primary last; or in every other seed a quorum of all its hosts."""
    whole = drawn_schedule(rng)
    name = next(iter(whole.policies))
    policy = replace(whole.policies[name], after=(), on_failure=rng.choice(("roll back", "roll back host", "freeze")))
    members = [f"{name}-{n:02d}" for n in range(rng.randint(3, 7))]
    look = Template("look", Action(Kind.PRECHECK, "simulated", {"look": "role"}), timeout_s=60.0, way="up")
    usual = usual_recipe()
    recipe = Recipe((usual.names[0], "00-look", *usual.names[1:]), (usual.templates[0], look, *usual.templates[1:]))
    votes = rng.random() < 0.5
    waves = split(rng, members) if votes else [*split(rng, members[:-1]), (members[-1],)]
    stages, before = [], ()
    for n, hosts in enumerate(waves, 1):
        stages.append(Stage(f"{name}/1/w{n}", name, f"w{n}", hosts, name, before))
        before = (stages[-1].id,)
    roles = dict.fromkeys(members, "voter" if votes else "replica") | ({} if votes else {members[-1]: "primary"})
    return replace(
        whole,
        policies={name: policy},
        capacities={policy.capacity: Capacity(policy.capacity, len(members), len(members), len(members))},
        recipes={name: recipe},
        gates={name: whole.gates.get(name, ())},
        stages=tuple(stages),
        hosts={host: Host(host) for host in members},
        assumes={host: {f"{name}.role": role} for host, role in roles.items()},
        quorums={name: Quorum(tuple(members), len(members))} if votes else {},
    )


def drawn_with_bounds(rng: random.Random) -> Schedule:
    """A schedule whose run is bound by a lead rule, by others' changes at its hosts, by observation between waves."""
    whole = drawn_schedule(rng)
    begins = datetime(2026, 3, 2, 22, 0) + timedelta(minutes=rng.choice((0, 0, 5, 30)))
    ends = begins + timedelta(minutes=rng.choice((5, 20, 90)))
    hosts = tuple(rng.sample(sorted(whole.hosts), rng.randint(1, len(whole.hosts))))
    change = Closure("CHG1", *(each.isoformat(timespec="minutes") for each in (begins, ends)), hosts)
    lead = LeadRule(1, rng.choice(("approval", "plan")), "waves")
    return replace(
        whole,
        windows=rng.choice(((), (), (), WINDOWS[1])),
        freezes=(),
        bounds=Bounds(
            leads=rng.choice(((), (), (), (lead,))),
            closed=rng.choice(((), (date(2026, 3, 3),))),
            opened=rng.choice(((), (date(2026, 3, 7),))),
            closures=(change,),
            observe_s=rng.choice((0.0, 60.0, 900.0)),
        ),
    )


def drawn_with_canaries(rng: random.Random) -> Schedule:
    """One component on two to twelve hosts whose canaries are judged by the errors that their own counters show."""
    whole = drawn_schedule(rng)
    name = next(iter(whole.policies))
    members = [f"{name}-{n:02d}" for n in range(rng.randint(2, 12))]
    policy = replace(whole.policies[name], after=(), soak_s=rng.choice((30.0, 120.0)), look_every_s=10.0)
    stages, before = [], ()
    for n, hosts in enumerate(split(rng, members), 1):
        stages.append(Stage(f"{name}/1/w{n}", name, f"w{n}", hosts, name, before))
        before = (stages[-1].id,)
    limit = max(1, len(members) // 2)
    return replace(
        whole,
        policies={name: policy},
        capacities={policy.capacity: Capacity(policy.capacity, len(members), limit, limit)},
        recipes={name: usual_recipe()},
        gates={name: whole.gates.get(name, ())},
        stages=tuple(stages),
        hosts={host: Host(host) for host in members},
        assumes={},
        canaries={name: watching(rng)},
    )


def watching(rng):
    source = Source(Template("look", Action(Kind.VERIFY, "simulated"), timeout_s=20.0))
    errors = Metric(name="errors", kind="errors", command="count", required=rng.random() < 0.9)
    measured = Measured(errors, source, 0.05, 1.25, 2.0, ignore_below=rng.choice((0.0, 0.05)))
    every_s = rng.choice((10.0, 20.0))
    watch_s = rng.choice((0.0, 0.0, 300.0))
    return Watching((measured,), every_s, rng.choice((60.0, 200.0)), 30.0, 5 * every_s, watch_s, 40)
