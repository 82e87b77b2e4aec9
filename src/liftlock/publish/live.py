"""Live progress: a picture for terminals, and one line per event for pipes.

A picture costs what is shown, not what the fleet counts: big stages are shown as figures.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from liftlock.model.events import StepFailed
from liftlock.model.reasons import Reason
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule, Stage
from liftlock.publish.happenings import Weight
from liftlock.publish.hops import title_of
from liftlock.publish.log import Line
from liftlock.publish.outline import manual_steps, wave_name
from liftlock.publish.plain import cells, cut, pad, wrap
from liftlock.publish.standing import (
    NO_OUTLOOK,
    HostStanding,
    Outlook,
    StageStanding,
    canary_standings,
    elapsed_s,
    headline,
    hosts_of,
    in_hand,
    outlook_lines,
    soak_text,
    stage_standing,
    standing_of,
)
from liftlock.publish.status import STYLES, is_settled
from liftlock.publish.words import Words

if TYPE_CHECKING:  # Rich costs start-up time: only who shows a picture pays it
    from rich.console import Group
    from rich.text import Text

GRID_MAX = 60
STAGES_MAX = 12
STEPS_MAX = 6
PROBLEMS_MAX, CAUSES_MAX = 5, 2
LINES_MAX = 4  # of one problem
RICH_STYLES = {"title": "bold", "good": "green", "bad": "bold red", "warn": "yellow", "note": "cyan", "dim": "dim"}
SYMBOLS: dict[HostStanding, tuple[str, str]] = {
    HostStanding.WAITING: ("·", "dim"),
    HostStanding.WORKING: (">", "cyan"),
    HostStanding.BETWEEN: ("-", "cyan"),
    HostStanding.HELD: ("?", "bold red"),
    HostStanding.RETURNING: ("<", "yellow"),
    HostStanding.UPGRADED: ("✓", "green"),
    HostStanding.RETURNED: ("↩", "yellow"),
    HostStanding.FAILED: ("✗", "bold red"),
    HostStanding.SKIPPED: ("/", "dim"),
}


def live_view(
    schedule: Schedule,
    run: Run,
    now: datetime,
    words: Words,
    *,
    name: str = "",
    waiting: Reason | None = None,
    outlook: Outlook = NO_OUTLOOK,
    problems: Sequence[Line] = (),
    width: int = 80,
) -> "Group":
    """The picture, at most `width` columns wide. `problems`: the latest lines of the log that are problems."""
    from rich.console import Group

    words = words.within(schedule.zone)
    lines = [*title(schedule, run, now, words, name), blank()]
    lines += stage_bars(schedule, run, words, width)
    for name, told in canary_standings(schedule, run, words)[:PROBLEMS_MAX]:
        lines += block(f"{name}{words.say('ui.why', text=told)}", width)
    lines += grids(schedule, run, words, width)
    lines += steps(run, now, words, width)
    lines += manual(schedule, run, words, width)
    lines += holds(run, words, width)
    for each in telling(problems):
        lines += block(f"! {words.time(each.at)} {each.what}", width, "red")
    if waiting is not None and run.result is None and not run.flying:
        lines.append(styled(cut(words.say("ui.waiting", why=words.reason(waiting)), width), "dim"))
    if run.result is None and (ahead := outlook_lines(outlook, words)):
        late = outlook.can_return is False
        lines += [blank(), *(styled(cut(each, width), "bold red" if late else "") for each in ahead)]
    for line in lines:
        line.truncate(width, overflow="ellipsis")
    return Group(*lines)


def styled(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def telling(problems: Sequence[Line]) -> list[Line]:
    """What went wrong goes before what followed from it; in the order of time."""
    causes = [each for each in problems if each.kind == StepFailed.__name__][-CAUSES_MAX:]
    others = [each for each in problems if each not in causes]
    kept = [*causes, *others[len(others) - min(len(others), PROBLEMS_MAX - len(causes)) :]]
    return [each for each in problems if each in kept]


def block(text: str, width: int, style: str = "") -> list["Text"]:
    """What a person must be able to read, and to type, is wrapped; only what is very long is cut."""
    told = wrap(text, width, "  ")
    if len(told) > LINES_MAX:
        told = [*told[: LINES_MAX - 1], cut(f"{told[LINES_MAX - 1]} {told[LINES_MAX].strip()}", width)]
    return [styled(each, style) for each in told]


def blank() -> "Text":
    return styled("")


def title(schedule: Schedule, run: Run, now: datetime, words: Words, name: str) -> list["Text"]:
    first = styled(f"{words.value('', schedule.title)}  {name}".rstrip(), "bold")
    second = styled(headline(run, words), RICH_STYLES[STYLES.get(standing_of(run), "good")])
    second.append(f"  {words.time(now)}  {words.say('ui.elapsed', elapsed_s=elapsed_s(run, now))}", "dim")
    return [first, second]


def stage_bars(schedule: Schedule, run: Run, words: Words, width: int) -> list["Text"]:
    stages = shown_stages(schedule, run)
    names = [f"{title_of(schedule, stage.component, words)} {wave_name(stage, words)}" for stage in stages]
    size = min(28, max((cells(name) for name in names), default=0))
    room = max(10, min(30, width - size - 34))
    lines = [
        stage_bar(schedule, run, s, pad(cut(n, size), size), room, words) for s, n in zip(stages, names, strict=True)
    ]
    hidden = len(schedule.stages) - len(stages)
    return [*lines, styled(words.say("ui.more", more=hidden), "dim")] if hidden else lines


def shown_stages(schedule: Schedule, run: Run) -> list[Stage]:
    """All while they are few; else a span of them around the first one that is not settled."""
    if len(schedule.stages) <= STAGES_MAX:
        return list(schedule.stages)
    open_at = [i for i, stage in enumerate(schedule.stages) if not is_settled(stage_standing(run, stage))]
    first = max(0, min(open_at[0] if open_at else 0, len(schedule.stages) - STAGES_MAX) - 1)
    return list(schedule.stages[first : first + STAGES_MAX])


def stage_bar(schedule: Schedule, run: Run, stage: Stage, name: str, room: int, words: Words) -> "Text":
    """Upgraded, brought back, failed, skipped, in progress, waiting: one bar."""
    view = run.stages.get(stage.id)
    total = max(1, len(stage.hosts))
    counts = [view.upgraded, view.returned, view.failed, view.skipped, view.begun - view.ended] if view else [0] * 5
    line = styled(name + "  ")
    used = 0
    for count, (glyph, style) in zip(
        counts, (("█", "green"), ("█", "yellow"), ("█", "red"), ("▓", "dim"), ("▒", "cyan")), strict=True
    ):
        share = min(room - used, -(-count * room // total))
        line.append(glyph * share, style)
        used += share
    line.append("░" * (room - used), "dim")
    line.append(f" {view.ended if view else 0}/{len(stage.hosts)}  ")
    standing = stage_standing(run, stage)
    line.append(words.term(standing), "bold red" if standing is StageStanding.HELD else "")
    line.append(f" {soak_text(schedule, run, stage, words)}".rstrip(), "dim")
    return line


def grids(schedule: Schedule, run: Run, words: Words, width: int) -> list["Text"]:
    """The hosts of the stages that are under way."""
    lines: list[Text] = []
    for stage in schedule.stages:
        if stage.id in run.stages and not is_settled(stage_standing(run, stage)) and len(stage.hosts) <= GRID_MAX:
            lines += [blank(), *grid(run, stage, width)]
    return lines


def grid(run: Run, stage: Stage, width: int) -> list["Text"]:
    size = min(24, max(cells(host) for host in stage.hosts)) + 4
    columns = max(1, width // size)
    line, lines = styled(""), []
    for i, (host, standing) in enumerate(hosts_of(run, stage)):
        symbol, style = SYMBOLS[standing]
        line.append(f"{symbol} {pad(cut(host, size - 4), size - 2)}", style)
        if i % columns == columns - 1:
            lines.append(line)
            line = styled("")
    return [*lines, line] if line.plain else lines


def steps(run: Run, now: datetime, words: Words, width: int) -> list["Text"]:
    found = in_hand(run)
    if not found:
        return []
    lines = [blank()]
    for each in found[:STEPS_MAX]:
        for_s = max(0.0, (now - each.since).total_seconds()) if each.since else 0.0
        text = words.say("ui.in_hand.step", attempt=each.attempt, for_s=for_s)
        lines.append(styled(cut(f"{pad(cut(each.host, 20), 20)} {pad(each.name, 18)} {text}", width)))
    if len(found) > STEPS_MAX:
        lines.append(styled(words.say("ui.more", more=len(found) - STEPS_MAX), "dim"))
    return lines


def manual(schedule: Schedule, run: Run, words: Words, width: int) -> list["Text"]:
    waiting = manual_steps(schedule, run)[:PROBLEMS_MAX]
    asked = [block("? " + words.say("ui.confirm_with", step=step), width, "yellow") for step, _ in waiting]
    return list(chain.from_iterable(asked))


def holds(run: Run, words: Words, width: int) -> list["Text"]:
    lines = []
    for subject, why in list(run.holds.items())[:PROBLEMS_MAX]:
        lines += block(f"? {subject}{words.say('ui.why', text=words.reason(why))}", width, "bold red")
        lines += block("  " + words.say("ui.settle_with", subject=subject), width)
    return [blank(), *lines] if lines else []


# --- pipes ----------------------------------------------------------------------------------------------


def plain_lines(lines: Iterable[Line], words: Words, *, details: bool = False) -> Iterator[str]:
    """One line per noteworthy event, no control codes. `details`: each step as well."""
    for line in lines:
        if details or line.weight is not Weight.DETAIL:
            yield f"{words.time(line.at)} {'!' if line.weight is Weight.PROBLEM else ' '} {line.what}"


def progress_line(schedule: Schedule, run: Run, now: datetime, words: Words, outlook: Outlook = NO_OUTLOOK) -> str:
    """The whole run in one line, for pipes, now and then."""
    words = words.within(schedule.zone)
    ended = sum(view.upgraded for view in run.stages.values())
    total = sum(len(stage.hosts) for stage in schedule.stages)
    fields = {"done": ended, "total": total, "in_hand": len(run.flying), "holds": len(run.holds)}
    text = words.say("ui.progress", **fields, elapsed_s=elapsed_s(run, now))
    ahead = outlook_lines(outlook, words) if run.result is None else []
    return words.say("ui.semicolon").join([f"{words.time(now)}   {text}", *ahead])
