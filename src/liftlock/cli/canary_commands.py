"""What upgraded hosts are judged by: every look, read from the record alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from liftlock.cli.canary_live import CanaryWatcher
from liftlock.cli.exits import Exit
from liftlock.cli.opening import complete
from liftlock.cli.options import Json, Lang, StoreAt, Which, command, commands
from liftlock.cli.replay import Terms, interval_s, read_series, upgraded_since, watching_for
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import Session, session, write_text
from liftlock.cli.trouble import refuse
from liftlock.cli.watch_commands import follow
from liftlock.decide.judge.replay import replay
from liftlock.model.canary import Verdict
from liftlock.model.schedule import Schedule, Watching
from liftlock.planfile.recorded import read_recorded
from liftlock.publish.canary import canary_text, look_json, look_lines, margins_json
from liftlock.publish.figures import canary_figure
from liftlock.publish.hops import is_of
from liftlock.publish.looks import Looks, looks_of, only


class Group(TyperGroup):
    """`liftlock canary RUN` is `liftlock canary show RUN`: what is no sub-command's name is a run's."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else ["show", *args])


app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
judged = commands()
app.add_typer(judged, name="canary", cls=Group, help="How upgraded hosts compare with others.")

EXITS = {
    Verdict.PASS: Exit.OK,
    Verdict.FAIL: Exit.ROLLED_BACK,
    Verdict.INCONCLUSIVE: Exit.HELD,
    Verdict.NODATA: Exit.HELD,
}
Watched = Mapping[str, Watching]
Component = Annotated[str, typer.Option("--component", help="Of this component only.")]
Metrics = Annotated[list[str] | None, typer.Option("--metric", help="Of this metric (repeatable).")]
Many = list[str] | None
Svg = Annotated[
    Path | None,
    typer.Option("--svg", help="Draw figures into this .svg file, or into this folder.", show_default=False),
]


@command(
    judged,
    "liftlock canary",
    "liftlock canary orders-1-1-3f9a2c/r1 --follow",
    "liftlock canary --looks --metric latency",
    "liftlock canary --svg figures/",
    "liftlock canary replay series.csv --upgraded 2026-11-24T22:00",
    name="show",
)
def show_looks(
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
                draw(screen, watched(at.chosen.schedule), found, metrics, svg)
            else:
                show(screen, watched(at.chosen.schedule), found, metrics, all_looks=all_looks)
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
    kept = {name: looks for name, looks in found.items() if is_of(name, component)}
    if not kept:
        raise refuse("no-such-component", given=component, known=", ".join(found))
    known = {m.metric for looks in kept.values() for look in looks for m in look.metrics}
    known |= {m.metric.name for w in watched(at.chosen.schedule).values() for m in w.measured}
    for name in metrics:
        if name not in known:
            raise refuse("no-such-metric", given=name, known=", ".join(sorted(known)))
    return kept


def watched(schedule: Schedule) -> Watched:
    return schedule.canaries if isinstance(schedule.canaries, dict) else {}


def status_of(found: Mapping[str, Looks]) -> Exit:
    """Of the last looks, the worst: a failure, else what is not decided."""
    worst = max((EXITS[looks[-1].verdict] for looks in found.values()), key=RANKS.index, default=Exit.HELD)
    return worst


RANKS = (Exit.OK, Exit.HELD, Exit.ROLLED_BACK)


def show(
    screen: Screen, watched: Watched, found: Mapping[str, Looks], metrics: Sequence[str], *, all_looks: bool
) -> None:
    words = screen.words
    if screen.as_json and all_looks:
        screen.data_lines(look_json(name, look, words, metrics) for name, looks in found.items() for look in looks)
    elif screen.as_json:
        screen.data({"components": [component_json(screen, watched, *each, metrics) for each in found.items()]})
    elif all_looks:
        width = screen.width if screen.is_terminal else 0
        for name, looks in found.items():
            screen.lines(look_lines(name, looks, words, metrics=metrics, width=width))
    else:
        for index, (name, looks) in enumerate(found.items()):
            text = canary_text(name, looks[-1], words, metrics=metrics, width=screen.width, paint=screen.paint)
            screen.lines([*([""] if index else []), *text])


def component_json(screen: Screen, watched: Watched, name: str, looks: Looks, metrics: Sequence[str]) -> dict[str, Any]:
    margins = margins_json(watched[name]) if name in watched else []
    return look_json(name, looks[-1], screen.words, metrics) | {"looks": len(looks), "margins": margins}


def draw(screen: Screen, watched: Watched, found: Mapping[str, Looks], metrics: Sequence[str], svg: Path) -> None:
    """A figure of each component: `NAME.svg` in a folder, or the one file that is named."""
    if svg.suffix == ".svg" and len(found) > 1:
        raise refuse("svg-one-file", count=len(found))
    for name, looks in found.items():
        file = svg if svg.suffix == ".svg" else svg / f"{name.replace('/', '-')}.svg"
        kept = tuple(look for look in looks if only(look, metrics) or not look.stage)
        write_text(file, canary_figure(name, kept, screen.words, watched.get(name), metrics=metrics))
        screen.say("ui.canary.svg", file=str(file))
        if screen.as_json:
            screen.data_lines([{"component": name, "svg": str(file)}])


# --- after the fact -----------------------------------------------------------------------------------------


@command(
    judged,
    "liftlock canary replay series.csv --upgraded 2026-11-24T22:00",
    "liftlock canary replay series.csv --before 2h --promote-within errors=50% --svg series.svg",
    name="replay",
)
def replay_series(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Recorded series.", show_default=False)],
    upgraded: Annotated[Many, typer.Option("--upgraded", help="TIME, or HOST=TIME (repeatable).")] = None,
    every: Annotated[str, typer.Option(help="Between looks, like 1m; else as the rows are apart.")] = "",
    before: Annotated[str, typer.Option(help="How much before the upgrade is the baseline; else 60 looks.")] = "",
    warm_up: Annotated[str, typer.Option("--warm-up", help="How long means do not count after it.")] = "",
    alpha: Annotated[float, typer.Option(help="Chance of a false rollback.", min=1e-6, max=0.5)] = 0.05,
    beyond: Annotated[Many, typer.Option("--rollback-beyond", help="25%, or METRIC=25% (repeatable).")] = None,
    within: Annotated[Many, typer.Option("--promote-within", help="50%, or METRIC=50% (repeatable).")] = None,
    lower: Annotated[Many, typer.Option("--lower-is-worse", help="This metric (repeatable).")] = None,
    all_looks: Annotated[bool, typer.Option("--looks", help="Every look, a line each.")] = False,
    metric: Metrics = None,
    svg: Svg = None,
    zone: Annotated[str, typer.Option(help="Of times without an offset.")] = "UTC",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Judge recorded series after the fact, look by look, as a run would have: for tuning, and for post-mortems.

    The first row names the columns: time (ISO 8601 or seconds since 1970), host, metric, arm (canary or control), and
    value (a level), or events and of (failed requests), or total and of (durations in seconds). Counts are of the
    interval that ends at the time. Without --upgraded the upgrade is where --before ends. The judgement ends where a
    look fails.

    Status: 0 passes, 3 fails, 4 not decided or without data, 1 the file has errors.
    """
    screen = open_screen(lang, as_json)
    words = screen.speak(zone=zone)
    data = read_series(file)
    recorded = read_recorded(data, str(file), words.zone)
    if recorded.findings:
        screen.findings(recorded.findings, {})
        raise typer.Exit(Exit.FINDINGS)
    chosen = tuple(metric or ())
    for name in chosen:
        if name not in recorded.series:
            raise refuse("no-such-metric", given=name, known=", ".join(recorded.series))
    terms = Terms(upgraded or (), every, before, warm_up, alpha, beyond or (), within or (), lower or ())
    every_s = interval_s(recorded, terms)
    since = upgraded_since(recorded, terms, every_s, words.zone)
    watching = watching_for(recorded, terms, every_s, min(since.values()))
    found = {file.stem: replay(watching, recorded.series, since, recorded.times[-1])}
    if svg is not None:
        draw(screen, {file.stem: watching}, found, chosen, svg)
    else:
        show(screen, {file.stem: watching}, found, chosen, all_looks=all_looks)
    raise typer.Exit(status_of(found))
