"""Try a plan on a fleet that does not exist, many times over, before it is approved."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, get_args

import typer
from msgspec import ValidationError, convert, structs

from liftlock.cli.exits import Exit
from liftlock.cli.options import Json, Lang, PlanFile, StoreAt, command, commands
from liftlock.cli.plan_commands import read, schedule_or_exit, speak_plan
from liftlock.cli.screen import Screen, open_screen
from liftlock.model.schedule import Schedule
from liftlock.publish.simulation import Broken, Simulation, simulation_json, simulation_text
from liftlock.simulate.faults import Badness, Faults
from liftlock.simulate.study import Ending, played, played_schedule

app = commands()

HELD = "held"
Seeds = Annotated[int, typer.Option(min=1, help="How many different runs are played.")]
First = Annotated[int, typer.Option("--first-seed", help="The first seed: the same seed plays the same run.")]
Workers = Annotated[int, typer.Option(min=0, help="Processes side by side; 0: one a processor.")]
Fault = Annotated[
    list[str] | None,
    typer.Option("--fault", help="NAME=SHARE, such as lost_answer=0.02, or bad=traffic (repeatable)."),
]


@command(
    app,
    "liftlock simulate plan.yaml --seeds 1000",
    "liftlock simulate plan.yaml --fault bad=traffic --fault lost_connection=0.02",
)
def simulate(
    plan: PlanFile,
    seeds: Seeds = 200,
    fault: Fault = None,
    first: First = 0,
    workers: Workers = 0,
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Play the schedule on a simulated fleet in virtual time: how often it upgrades, rolls back or holds; how long
    it takes; how many hosts a bad version reaches. Status 1 if a promise was broken."""
    screen = open_screen(lang, as_json)
    faults = faults_of(fault or ())
    prepared = read(screen, plan, store)
    schedule = schedule_or_exit(screen, prepared)
    clock = speak_plan(screen, prepared)
    drawn = range(first, first + seeds)
    side_by_side = workers or os.cpu_count() or 1
    endings = played(played_schedule(schedule), drawn, faults, clock.zone, clock.now(), side_by_side)
    outcome = gathered(schedule, list(counted(screen, endings, seeds)))
    if as_json:
        screen.data(simulation_json(outcome))
    else:
        screen.text(simulation_text(outcome, screen.words, width=screen.width, paint=screen.paint))
    raise typer.Exit(Exit.FINDINGS if outcome.broken else Exit.OK)


def faults_of(wishes: Sequence[str]) -> Faults:
    """`name=value` pairs. A usage error names what may be said."""
    known = {field.name: field.type for field in structs.fields(Faults)}
    said: dict[str, str] = {}
    for wish in wishes:
        name, _, value = wish.partition("=")
        name = name.strip().replace("-", "_")
        if name not in known:
            raise typer.BadParameter(f"{wish}: one of {', '.join(known)}", param_hint="--fault")
        said[name] = value.strip()
    try:
        faults = convert(said, Faults, strict=False)
    except ValidationError as error:
        kinds = ", ".join(filter(None, get_args(Badness)))
        raise typer.BadParameter(f"{error}; a share from 0 to 1, or bad={kinds}", param_hint="--fault") from error
    if any(not 0 <= value <= 1 for value in structs.astuple(faults) if isinstance(value, float)):
        raise typer.BadParameter("a share from 0 to 1", param_hint="--fault")
    return faults


def counted(screen: Screen, endings: Iterator[Ending], seeds: int) -> Iterator[Ending]:
    """Says now and then how far it is; beside the result."""
    for done, ending in enumerate(endings, 1):
        if seeds >= 100 and done % (seeds // 10) == 0 and not screen.as_json:
            screen.warn(screen.words.say("ui.simulation.progress", done=done, total=seeds))
        yield ending


def gathered(schedule: Schedule, endings: Sequence[Ending]) -> Simulation:
    return Simulation(
        seeds=len(endings),
        hosts=len({host for stage in schedule.stages for host in stage.hosts}),
        ends=dict(Counter(each.result for each in endings).most_common()),
        durations_s=[each.lasted_s for each in endings if each.result != HELD],
        reached=[each.reached for each in endings],
        crashes=sum(each.crashes for each in endings),
        holds=dict(Counter(each.because for each in endings if each.result == HELD).most_common()),
        broken=[Broken(each.seed, promise) for each in endings for promise in each.broken],
    )
