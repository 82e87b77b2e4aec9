"""What upgraded hosts are judged by: every look, read from the record alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from liftlock.cli.canary_live import CanaryWatcher
from liftlock.cli.exits import Exit
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, StoreAt, Which, command, commands
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import Session, session, write_text
from liftlock.cli.trouble import refuse
from liftlock.cli.watch_commands import follow
from liftlock.model.canary import Verdict
from liftlock.model.schedule import Schedule, Watching
from liftlock.publish.canary import canary_text, look_json, look_lines, margins_json
from liftlock.publish.figures import canary_figure
from liftlock.publish.looks import Looks, looks_of, only

app = commands()

EXITS = {
    Verdict.PASS: Exit.OK,
    Verdict.FAIL: Exit.ROLLED_BACK,
    Verdict.INCONCLUSIVE: Exit.HELD,
    Verdict.NODATA: Exit.HELD,
}
Component = Annotated[str, typer.Option("--component", help="Of this component only.")]
Metrics = Annotated[list[str] | None, typer.Option("--metric", help="Of this metric (repeatable).")]
Svg = Annotated[
    Path | None,
    typer.Option("--svg", help="Draw figures into this .svg file, or into this folder.", show_default=False),
]


@command(
    app,
    "liftlock canary",
    "liftlock canary orders-1-1-3f9a2c/r1 --follow",
    "liftlock canary --looks --metric latency",
    "liftlock canary --svg figures/",
)
def canary(
    which: Which = "",
    follow_it: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
    all_looks: Annotated[bool, typer.Option("--looks", help="Every look, a line each.")] = False,
    metric: Metrics = None,
    component: Component = "",
    svg: Svg = None,
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """How upgraded hosts compare with others: verdict, estimates with intervals, evidence E against its thresholds.

    E above the first threshold rolls back, E above the second promotes; for means E is 1/p. A bar shows ln E.

    Status: 0 passes, 3 fails, 4 not decided or without data. With --json, --looks and --follow one JSON value a look.
    """
    screen, metrics = open_screen(lang, as_json), tuple(metric or ())

    async def work() -> Exit:
        async with session(screen, which, store) as at:
            if follow_it:
                with CanaryWatcher(screen, at.chosen.schedule, component, metrics) as watcher:
                    await follow(at, watcher)
                    return status_of(watcher.looks)
            found = chosen_looks(at, component, metrics)
            if svg is not None:
                draw(screen, at.chosen.schedule, found, metrics, svg)
            else:
                show(screen, at.chosen.schedule, found, metrics, all_looks=all_looks)
            return status_of(found)

    try:
        raise typer.Exit(complete(work()))
    except KeyboardInterrupt:
        raise typer.Exit(Exit.OK) from None


def chosen_looks(at: Session, component: str, metrics: Sequence[str]) -> dict[str, Looks]:
    """The run's looks; refused if there are none, or none of what was asked for."""
    found = looks_of(at.chosen.entries)
    if not found:
        raise refuse("no-canary", run=at.chosen.name)
    if component and component not in found:
        raise refuse("no-such-component", given=component, known=", ".join(found))
    kept = {component: found[component]} if component else found
    known = {m.metric for looks in kept.values() for look in looks for m in look.metrics}
    known |= {m.metric.name for w in watched(at.chosen.schedule).values() for m in w.measured}
    for name in metrics:
        if name not in known:
            raise refuse("no-such-metric", given=name, known=", ".join(sorted(known)))
    return kept


def watched(schedule: Schedule) -> Mapping[str, Watching]:
    return schedule.canaries if isinstance(schedule.canaries, dict) else {}


def status_of(found: Mapping[str, Looks]) -> Exit:
    """Of the last looks, the worst: a failure, else what is not decided."""
    worst = max((EXITS[looks[-1].verdict] for looks in found.values()), key=RANKS.index, default=Exit.HELD)
    return worst


RANKS = (Exit.OK, Exit.HELD, Exit.ROLLED_BACK)


def show(
    screen: Screen, schedule: Schedule, found: Mapping[str, Looks], metrics: Sequence[str], *, all_looks: bool
) -> None:
    words = screen.words
    if screen.as_json and all_looks:
        screen.data_lines(look_json(name, look, words, metrics) for name, looks in found.items() for look in looks)
    elif screen.as_json:
        screen.data({"components": [component_json(screen, schedule, *each, metrics) for each in found.items()]})
    elif all_looks:
        width = screen.width if screen.is_terminal else 0
        for name, looks in found.items():
            screen.lines(look_lines(name, looks, words, metrics=metrics, width=width))
    else:
        for index, (name, looks) in enumerate(found.items()):
            text = canary_text(name, looks[-1], words, metrics=metrics, width=screen.width, paint=screen.paint)
            screen.lines([*([""] if index else []), *text])


def component_json(
    screen: Screen, schedule: Schedule, name: str, looks: Looks, metrics: Sequence[str]
) -> dict[str, Any]:
    margins = margins_json(watched(schedule)[name]) if name in watched(schedule) else []
    return look_json(name, looks[-1], screen.words, metrics) | {"looks": len(looks), "margins": margins}


def draw(screen: Screen, schedule: Schedule, found: Mapping[str, Looks], metrics: Sequence[str], svg: Path) -> None:
    """A figure of each component: `NAME.svg` in a folder, or the one file that is named."""
    if svg.suffix == ".svg" and len(found) > 1:
        raise refuse("svg-one-file", count=len(found))
    for name, looks in found.items():
        file = svg if svg.suffix == ".svg" else svg / f"{name}.svg"
        kept = tuple(look for look in looks if only(look, metrics) or not look.stage)
        words = screen.words.within(schedule.zone)
        write_text(file, canary_figure(name, kept, words, watched(schedule).get(name), metrics=metrics))
        screen.say("ui.canary.svg", file=str(file))
        if screen.as_json:
            screen.data_lines([{"component": name, "svg": str(file)}])
