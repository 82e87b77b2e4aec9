"""What would change on a host, read from the host, changing nothing.

Rule: only what a driver calls its preview is asked; a step without one says so. What later steps would find after
earlier ones ran is not guessed: each step is shown against the host as it is now.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from liftlock.decide.expand import Layout, expand, lay_out, variables
from liftlock.execute.reading import look_at
from liftlock.execute.redact import Learning, Redactor, secrets_of
from liftlock.model.actions import Context, Preview
from liftlock.model.errors import WorldError
from liftlock.model.ports import Driver, Hosts, Secrets
from liftlock.model.schedule import Schedule, Stage, Step, name_of

NO_RUN = "no-run"  # has a name like every run, and nothing that a step of it left: scripts may count on one


class Shown(Struct, frozen=True):
    """One step's preview; None where its driver has none. `problem`: why the host could not be asked."""

    step: Step
    preview: Preview | None = None
    problem: str = ""


async def preview(
    schedule: Schedule, host: str, hosts: Hosts, drivers: Mapping[str, Driver], secrets: Secrets
) -> AsyncIterator[Shown]:
    """Every step that is about this host, in the schedule's order."""
    layout, redactor = lay_out(schedule), Redactor()
    for ref in secrets_of(schedule):
        with suppress(WorldError):  # one that is not there is nowhere to be seen either
            redactor.learn(secrets.resolve(ref))
    for stage in schedule.stages:
        if host not in stage.hosts:
            continue
        for name in layout.ways[stage.recipe].up:
            step = expand(layout, f"{stage.id}/{host}/{name}")
            shown = await show(layout, stage, step, hosts, drivers, Learning(secrets, redactor))
            yield redacted(shown, redactor)


async def show(
    layout: Layout, stage: Stage, step: Step, hosts: Hosts, drivers: Mapping[str, Driver], secrets: Secrets
) -> Shown:
    driver, context = drivers[step.action.driver], context_of(layout.schedule, stage.component, step.id, step.subject)
    there = layout.schedule.hosts.get(step.at)
    context = replace(context, state=there.state if there else "")
    operation = driver.preview(step.action, context)
    if operation is None:
        return Shown(step)
    try:
        outcome = await look_at(hosts, step.at, operation, secrets, timeout_s=step.timeout_s)
    except WorldError as error:
        return Shown(step, None, error.message)
    return Shown(step, None if outcome is None else driver.show(step.action, context, outcome))


def redacted(shown: Shown, redactor: Redactor) -> Shown:
    seen = shown.preview
    clean = None if seen is None else Preview(seen.changes, redactor.clean(seen.text))
    return Shown(shown.step, clean, redactor.clean(shown.problem))


def context_of(schedule: Schedule, component: str, step: str, host: str, *, before: bool = False) -> Context:
    """What a driver may know outside a run. `before`: the old version is the one that is wanted."""
    policy, entry = schedule.policies[component], schedule.hosts[host]
    return Context(
        run=NO_RUN,
        step=step,
        host=host,
        address=entry.address,
        component=name_of(component),
        version=policy.version_from if before else policy.version_to,
        from_version=policy.version_from,
        to_version=policy.version_to,
        variables=variables(schedule, component, host, back=before),
        assumes=schedule.assumes.get(host, {}),
        state=entry.state,
        back=before,
        entry=entry,
    )
