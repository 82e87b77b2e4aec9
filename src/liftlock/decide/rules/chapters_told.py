"""Who is told, trained and called: communication, training, notices, the emergency plan and its exercise, resources."""

from collections.abc import Iterator, Sequence

from liftlock.decide.begins import first_day
from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.models import is_wanted
from liftlock.model.findings import Finding
from liftlock.model.part import Part


def missing_of(entry: Part, keys: Sequence[str]) -> str:
    """Which of these are not filled in, as they are written in the plan."""
    return ", ".join(key for key in keys if not getattr(entry, key))


def talks_are_complete(case: Case) -> Iterator[Finding]:
    for index, talk in enumerate(case.plan.communication):
        if missing := missing_of(talk, ("to", "when", "channel", "owner")):
            yield warning("L547", ("communication", index), talk=talk.what, missing=missing)


def training_is_complete_and_in_time(case: Case) -> Iterator[Finding]:
    begins = first_day(case.plan)
    for index, training in enumerate(case.plan.training):
        path = ("training", index)
        if missing := missing_of(training, ("materials", "trainer", "by")):
            yield warning("L552", path, training=training.topic, missing=missing)
        if begins and training.gate and training.by[: len(begins)] > begins:
            yield warning("L553", (*path, "by"), training=training.topic, due=training.by, begins=begins)


def notices_are_complete(case: Case) -> Iterator[Finding]:
    for index, notice in enumerate(case.plan.notices):
        missing = missing_of(notice, ("to", "channel", "message", "owner"))
        if missing:
            yield warning("L554", ("notices", index), notice=", ".join(notice.to) or "-", missing=missing)


def outages_are_announced(case: Case) -> Iterator[Finding]:
    """Where notices are planned or wanted: an outage that was planned is told before."""
    if not case.plan.notices and not is_wanted(case.plan, "notices"):
        return
    if any(notice.when == "before" for notice in case.plan.notices):
        return
    for path, rollout, laying in case.rolled():
        if rollout.planned_outage:
            yield warning("L555", path, component=laying.component.name)
            return


def emergencies_are_answered(case: Case) -> Iterator[Finding]:
    emergency = case.plan.emergency
    if emergency is None:
        return
    for index, scenario in enumerate(emergency.scenarios):
        if missing := missing_of(scenario, ("response", "owner")):
            yield warning("L563", ("emergency", "scenarios", index), situation=scenario.situation, missing=missing)
    if not any(contact.phone or contact.mail for contact in emergency.contacts):
        yield warning("L564", ("emergency",))


def emergencies_are_exercised(case: Case) -> Iterator[Finding]:
    """Wanted of core systems; a failed exercise blocks whatever is upgraded."""
    emergency = case.plan.emergency
    if emergency is None:
        return
    passed = emergency.drill.passed if emergency.drill is not None else None
    if passed is False:
        outcome = emergency.drill.result if emergency.drill is not None else ""
        yield error("L566", ("emergency", "drill"), outcome=outcome or "-")
    core = next((one.name for _, one, _ in case.components() if one.class_ == "core"), "")
    if passed is None and core:
        yield warning("L565", ("emergency",), component=core)


def resources_are_answered_for(case: Case) -> Iterator[Finding]:
    """Only where a change model is followed."""
    for index, resource in enumerate(case.plan.resources if case.plan.model is not None else ()):
        if not resource.owner:
            yield warning("L567", ("resources", index), resource=resource.id)


RULES: tuple[Rule, ...] = (
    talks_are_complete,
    training_is_complete_and_in_time,
    notices_are_complete,
    outages_are_announced,
    emergencies_are_answered,
    emergencies_are_exercised,
    resources_are_answered_for,
)
