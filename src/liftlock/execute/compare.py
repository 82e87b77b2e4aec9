"""One look at a component's canaries: every metric's source is read, and the judge goes on from the look before.

A source that cannot be read gives no data, with the reason kept; the others' data count all the same.
"""

import asyncio
import math
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import ValidationError, convert
from msgspec.structs import replace

from liftlock.decide.expand import Layout, fill, variables
from liftlock.decide.judge.canary import look_at, look_before, moment_of, spans_of
from liftlock.decide.stages import left_below
from liftlock.decide.watching import is_last, watching_of, waves_of
from liftlock.execute.observe import looking_job
from liftlock.execute.perform import Performer
from liftlock.execute.world import World
from liftlock.model import events as ev
from liftlock.model.actions import Evidence, Failure
from liftlock.model.canary import Heard, Reading, Span, Standing
from liftlock.model.errors import WorldError
from liftlock.model.events import LaneResult
from liftlock.model.reasons import Reason
from liftlock.model.run import CanaryView, Phase, Run
from liftlock.model.schedule import Measured, Stage, name_of

AT_ONCE = 64  # hosts read side by side
UNREADABLE = Reason("canary-source-unreadable")
Hosts = tuple[str, ...]
Answer = tuple[dict[str, tuple[Reading, ...]], str] | Reason  # readings by key and a cursor, or why there are none


class Comparer:
    def __init__(self, world: World, performer: Performer) -> None:
        self.world, self.performer = world, performer
        self.places = asyncio.Semaphore(AT_ONCE)

    async def look(self, layout: Layout, run: Run, component: str, stage_id: str) -> ev.CanaryLooked:
        watching = watching_of(layout.schedule, component)
        assert watching is not None
        stage, waves = layout.stages[stage_id], waves_of(layout, component)
        view, hosts = run.canaries.get(component, CanaryView()), tuple(host for _, each in waves for host in each)
        now = moment_of(view, self.world.clock.now().timestamp())
        spans = spans_of(watching, view, now)
        asked = [measured for measured in watching.measured if measured.metric.name in spans]
        answers = await asyncio.gather(
            *(self.hear(layout, stage, each, spans[each.metric.name], view, hosts) for each in asked)
        )
        heard = {measured.metric.name: answer for measured, answer in zip(asked, answers, strict=True)}
        if view.baseline is None:
            looked = look_before(watching, view, hosts, heard, now)
        else:
            standings = standings_of(layout, run, component, waves)
            through_at = through(layout, run, stage) if watching.watch_s else 0.0
            looked = look_at(watching, waves, view, stage_id, standings, heard, now, through_at)
        return ev.CanaryLooked(component, looked.look, looked.state, looked.row, looked.baseline)

    # --- sources -------------------------------------------------------------------------------------------

    async def hear(
        self, layout: Layout, stage: Stage, measured: Measured, span: Span, view: CanaryView, hosts: Hosts
    ) -> Heard:
        kept = view.state.metrics.get(measured.metric.name)
        cursors = kept.cursors if kept is not None else {}
        if measured.source.whole:
            answer = await self.answer(layout, stage, measured, replace(span, cursor=cursors.get("", "")), hosts[0])
            return self.whole(layout, stage, measured, answer, hosts)
        answers = await asyncio.gather(
            *(self.answer(layout, stage, measured, replace(span, cursor=cursors.get(h, "")), h) for h in hosts)
        )
        return each_host(dict(zip(hosts, answers, strict=True)))

    def whole(self, layout: Layout, stage: Stage, measured: Measured, answer: Answer, hosts: Hosts) -> Heard:
        """One answer for all hosts: each by what it is called there, with or without a port."""
        if isinstance(answer, Reason):
            return Heard(trouble=answer)
        readings, cursor = answer
        bare = {key.rpartition(":")[0] or key: found for key, found in readings.items()}
        named = {}
        for host in hosts:
            key = fill(measured.source.key, variables(layout.schedule, stage.component, host, back=False))
            if found := readings.get(key) or bare.get(key):
                named[host] = found
        return Heard(named, {"": cursor} if cursor else {})

    async def answer(self, layout: Layout, stage: Stage, measured: Measured, span: Span, host: str) -> Answer:
        job = looking_job(layout, stage, measured.source.template, measured.metric.name, host)
        job = replace(job, context=replace(job.context, span=span))
        driver = self.world.drivers[job.step.action.driver]
        operation = driver.operate(job.step.action, job.context)
        if isinstance(operation, Failure):
            return self.trouble(operation)
        async with self.places:
            try:
                result = await self.performer.result(job, driver, operation)
            except WorldError as error:
                return self.trouble(self.performer.failure_of(error))
        return readings_in(result, span) if isinstance(result, Evidence) else self.trouble(result)

    def trouble(self, failure: Failure | None) -> Reason:
        """A driver's failure, secrets taken out."""
        if failure is None:
            return UNREADABLE
        fields: Mapping[str, Any] = self.performer.redactor.clean(failure.fields)
        return Reason(failure.code, dict(fields))


def readings_in(evidence: Evidence, span: Span) -> Answer:
    """By key; what a health check reads is a level, or counters since the process began."""
    facts = evidence.facts
    if "readings" not in facts:
        counted = {"events": facts.get("errors", 0), "of": facts.get("requests"), "cumulative": True}
        told = counted if "requests" in facts else {"level": facts.get("value")}
        facts = {"readings": {"": [{"at": span.until, **told}]}}
    try:
        found = convert(facts["readings"], dict[str, tuple[Reading, ...]])
    except ValidationError:
        return UNREADABLE
    if not all(is_figure(reading) for readings in found.values() for reading in readings):
        return UNREADABLE
    return found, str(facts.get("cursor", ""))


def is_figure(reading: Reading) -> bool:
    """Finite, and no count below nothing: anything else would be in the record for ever."""
    counts = [reading.events, reading.of, reading.squares, *reading.buckets.values()]
    known = [one for one in (reading.at, reading.level, reading.total, *counts) if one is not None]
    return all(map(math.isfinite, known)) and all(one >= 0 for one in counts if one is not None)


def each_host(answers: Mapping[str, Answer]) -> Heard:
    known = {host: found for host, found in answers.items() if not isinstance(found, Reason)}
    readings = {host: found[0][""] for host, found in known.items() if "" in found[0]}
    cursors = {host: found[1] for host, found in known.items() if found[1]}
    reasons = [found for found in answers.values() if isinstance(found, Reason)]
    reasons += [UNREADABLE for found in known.values() if found[0] and "" not in found[0]]
    return Heard(readings, cursors, reasons[0] if reasons and not readings else None)


# --- hosts -------------------------------------------------------------------------------------------------


def standings_of(layout: Layout, run: Run, component: str, waves: Iterable[tuple[str, Hosts]]) -> dict[str, Standing]:
    """Where each host stands now; one that is worked on, out, or on its way back is away, and so is one that the hop
    before did not reach."""
    out, found = run.out.get(name_of(component), {}), {}
    for stage, hosts in waves:
        for host in hosts:
            lane = run.lanes.get(f"{stage}/{host}")
            if host in run.busy or host in out or left_below(layout, run, component, host):
                found[host] = Standing("away", wave=stage)
            elif lane is None:
                found[host] = Standing("untouched", wave=stage)
            elif lane.result is LaneResult.UPGRADED and lane.phase is not Phase.BACK and lane.upgraded_at is not None:
                found[host] = Standing("upgraded", lane.upgraded_at.timestamp(), stage)
            else:
                found[host] = Standing("away", wave=stage)
    return found


def through(layout: Layout, run: Run, stage: Stage) -> float:
    """When the component's last wave was through: from there on it is watched for a change; 0: it is not yet."""
    view = run.stages.get(stage.id)
    if view is None or view.upgraded_at is None or view.ended < len(stage.hosts) or not is_last(layout, stage):
        return 0.0
    return view.upgraded_at.timestamp()
