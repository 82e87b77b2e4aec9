"""Recipes: a backup that was proved before anything is written, and a way back for every write."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, first, going_up, warning
from liftlock.decide.outage import rollout_of
from liftlock.decide.recipes import STEPS_MAX, Laid, is_stateful
from liftlock.model.actions import Irreversible, Kind, Restorable, Reversible
from liftlock.model.findings import Finding
from liftlock.model.inventory import Host


def recipes_have_steps(case: Case) -> Iterator[Finding]:
    for laying in case.laid.values():
        name = laying.component.name
        if not laying.items[0]:
            yield error("L150", (*laying.place, "recipe"), component=name)
        for steps in (laying.main, laying.before, laying.after):
            if len(steps) > STEPS_MAX:
                yield error("L151", steps[STEPS_MAX].path, component=name, steps=len(steps), limit=STEPS_MAX)


def state_is_backed_up_first(case: Case) -> Iterator[Finding]:
    """What was written since the upgrade began can be lost; what was there before must not be."""
    for laying, lane, steps, _ in case.lanes():
        write = first(steps, writes if is_stateful(laying.component) else writes_state)
        if write is None:
            continue
        before = [*steps[:write], *(laying.before if lane == "after" else ())]
        if not any(one.template.action.kind is Kind.BACKUP for one in before):
            component = laying.component.name
            yield error("L152", steps[write].path, component=component, step=steps[write].template.verb)


def backups_are_proved(case: Case) -> Iterator[Finding]:
    """A backup counts only after it was restored on trial, and it must count before the first write after it."""
    for _, _, steps, _ in case.lanes():
        for index, one in enumerate(steps):
            if one.template.action.kind is Kind.BACKUP and one.template.way != "back":
                rest = steps[index + 1 :]
                write = first(rest, writes)
                proof = next((place for place, later in enumerate(rest) if proves(later, one)), None)
                if proof is None or (write is not None and write < proof):
                    yield error("L153", one.path, step=one.template.verb)


def nothing_is_written_before_the_backup(case: Case) -> Iterator[Finding]:
    for laying, _, steps, _ in case.lanes():
        write, backup = first(steps, writes), first(steps, lambda one: one.template.action.kind is Kind.BACKUP)
        if write is not None and backup is not None and write < backup and not is_stateful(laying.component):
            verb = steps[backup].template.verb
            yield warning("L154", steps[write].path, step=steps[write].template.verb, backup=verb)


def writes_have_a_way_back(case: Case) -> Iterator[Finding]:
    for _, _, steps, _ in case.lanes():
        for one in going_up(steps):
            template = one.template
            if writes(one) and template.undo is None and isinstance(template.action.traits.reversal, Reversible):
                yield error("L155", one.path, step=template.verb)


def restoring_is_what_the_plan_asks_for(case: Case) -> Iterator[Finding]:
    """A restore loses what was written since: never a plain rollback."""
    for laying, _, steps, _ in case.lanes():
        on_failure = rollout_of(case.plan, laying).on_failure
        for one in going_up(steps):
            restorable = isinstance(one.template.action.traits.reversal, Restorable)
            if restorable and on_failure not in ("restore", "freeze"):
                yield error("L156", one.path, step=one.template.verb, on_failure=on_failure)


def restores_have_a_backup(case: Case) -> Iterator[Finding]:
    for _, _, steps, _ in case.lanes():
        restores = False
        for one in going_up(steps):
            template = one.template
            restores |= template.undo is not None and template.undo.kind is Kind.RESTORE
            if isinstance(template.action.traits.reversal, Restorable) and template.undo is None and not restores:
                yield error("L166", one.path, step=template.verb, driver=template.action.driver)


def reboots_reach_another_machine(case: Case) -> Iterator[Finding]:
    """A host that is a folder or an account of the controller's machine has nothing of its own to reboot."""
    for laying, _, steps, _ in case.lanes():
        known = case.inventory.hosts
        here = next((known[name] for name in laying.hosts if name in known and is_here(known[name])), None)
        for one in steps:
            if here is not None and one.template.action.kind is Kind.REBOOT:
                yield error("L169", one.path, step=one.template.verb, host=here.name, connection=here.connection)


def no_return_comes_last(case: Case) -> Iterator[Finding]:
    """What cannot be undone ends the way back of everything before it, in the plan's order."""
    from_name = {name: dependents(case, name) for name in case.laid}
    for laying, lane, steps, _ in case.lanes():
        name = laying.component.name
        for one in going_up(steps):
            if not isinstance(one.template.action.traits.reversal, Irreversible):
                continue
            if above := from_name[laying.name]:
                yield warning("L163", one.path, step=one.template.verb, component=name, dependents=", ".join(above))
            if lane == "before":
                yield warning("L164", one.path, step=one.template.verb, component=name)


def dependents(case: Case, name: str) -> tuple[str, ...]:
    """Components that come after this one, directly or not."""
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        up = waiting.pop(0)
        for other, laying in case.laid.items():
            if up in laying.component.after and other not in found and other != name:
                found[other] = None
                waiting.append(other)
    return tuple(found)


def is_here(host: Host) -> bool:
    return host.connection in ("local", "sandbox")


def writes(one: Laid) -> bool:
    return one.template.action.traits.writes and one.template.way != "back"


def writes_state(one: Laid) -> bool:
    return writes(one) and one.template.action.traits.stateful


def proves(later: Laid, backup: Laid) -> bool:
    action = later.template.action
    return action.kind is Kind.PROVE and action.driver == backup.template.action.driver


RULES: tuple[Rule, ...] = (
    recipes_have_steps,
    state_is_backed_up_first,
    backups_are_proved,
    nothing_is_written_before_the_backup,
    writes_have_a_way_back,
    restoring_is_what_the_plan_asks_for,
    restores_have_a_backup,
    reboots_reach_another_machine,
    no_return_comes_last,
)
