"""One look at a run: where it stands, what is in hand, what waits for a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import to_builtins

from liftlock.model.actions import Action
from liftlock.model.events import Entry
from liftlock.model.reasons import Reason
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule, Stage, hop_of, name_of
from liftlock.publish.hops import title_of
from liftlock.publish.looks import standing
from liftlock.publish.outline import action_text, manual_steps, wave_name
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import table, wrap
from liftlock.publish.standing import (
    NO_OUTLOOK,
    Outlook,
    StageStanding,
    Standing,
    canary_standings,
    elapsed_s,
    headline,
    in_hand,
    out_of_service,
    outlook_lines,
    soak_text,
    stage_standing,
    standing_of,
)
from liftlock.publish.words import Words

STYLES: dict[Standing, Style] = {
    Standing.HELD: "bad",
    Standing.PAUSED: "warn",
    Standing.RETURNING: "warn",
    Standing.ABORTING: "warn",
}
IN_HAND_MAX = 12
NO_CAUSES: Mapping[str, Entry] = {}
NOTHING_ASKED: Mapping[str, Action] = {}


def status_text(
    schedule: Schedule,
    run: Run,
    now: datetime,
    words: Words,
    *,
    name: str = "",
    waiting: Reason | None = None,
    left: bool = False,
    outlook: Outlook = NO_OUTLOOK,
    causes: Mapping[str, Entry] = NO_CAUSES,
    asked: Mapping[str, Action] = NOTHING_ASKED,
    width: int = 100,
    paint: Paint = bare,
) -> str:
    """`waiting`: why the loop does nothing now; `left`: there is no loop any more. `name`: the run's. `causes`: what
    came of the steps that are held. `asked`: what people are asked to do, with the host's own names and values."""
    words = words.within(schedule.zone)
    title = f"{schedule.title}  {name}".strip()
    lines = [paint("title", title), paint(STYLES.get(standing_of(run), "good"), headline(run, words))]
    if run.opened_at is not None:
        fields = {"by": run.opened_by, "at": run.opened_at, "controller": run.controller}
        lines.append(words.say("ui.status.opened", **fields, elapsed_s=elapsed_s(run, now)))
    if left:
        lines += [paint("bad", line) for line in wrap(words.say("ui.status.left", controller=run.controller), width)]
    lines += ["", *stage_lines(schedule, run, words, width, paint)]
    lines += canary_lines(schedule, run, words, width)
    lines += in_hand_lines(run, now, words, width, paint)
    lines += manual_lines(schedule, run, asked, words, width, paint)
    lines += hold_lines(run, causes, words, width, paint)
    lines += out_lines(run, words, width, paint)
    if waiting is not None and not run.flying and run.result is None:
        lines += ["", *wrap(words.say("ui.waiting", why=words.reason(waiting)), width)]
    if run.result is None and (ahead := outlook_lines(outlook, words)):
        lines += ["", *ahead]
    return "\n".join(lines) + "\n"


def stage_lines(schedule: Schedule, run: Run, words: Words, width: int, paint: Paint) -> list[str]:
    keys = ("component", "wave", "done", "returned", "failed", "skipped", "state")
    rows = [[words.say(f"ui.column.{key}") for key in keys]]
    rows += [stage_row(schedule, run, stage, words) for stage in schedule.stages]
    head, *body = table(rows, width)
    return [paint("dim", head), *body]


def stage_row(schedule: Schedule, run: Run, stage: Stage, words: Words) -> list[str]:
    view = run.stages.get(stage.id)
    counts = [view.returned, view.failed, view.skipped] if view else [0, 0, 0]
    done = f"{view.upgraded if view else 0}/{len(stage.hosts)}"
    state = words.term(stage_standing(run, stage))
    soaked = soak_text(schedule, run, stage, words)
    name = wave_name(stage, words)
    component = title_of(schedule, stage.component, words)
    return [component, name, done, *(str(n) if n else "-" for n in counts), f"{state} {soaked}".strip()]


def canary_lines(schedule: Schedule, run: Run, words: Words, width: int) -> list[str]:
    """How upgraded hosts compare with others."""
    found = canary_standings(schedule, run, words)
    lines = [line for name, told in found for line in wrap(f"{name}{words.say('ui.why', text=told)}", width, "  ")]
    return ["", *lines] if lines else []


def in_hand_lines(run: Run, now: datetime, words: Words, width: int, paint: Paint) -> list[str]:
    steps = in_hand(run)
    if not steps:
        return []
    rows = []
    for each in steps[:IN_HAND_MAX]:
        for_s = (now - each.since).total_seconds() if each.since else 0.0
        rows.append([each.host, each.name, words.say("ui.in_hand.step", attempt=each.attempt, for_s=max(0.0, for_s))])
    lines = ["", paint("title", words.say("ui.in_hand")), *table(rows, width, "  ")]
    more = len(steps) - IN_HAND_MAX
    return [*lines, "  " + words.say("ui.more", more=more)] if more > 0 else lines


def hold_lines(run: Run, causes: Mapping[str, Entry], words: Words, width: int, paint: Paint) -> list[str]:
    """Each hold with what came before it and the command that settles it."""
    if not run.holds:
        return []
    lines = ["", paint("bad", words.say("ui.holds"))]
    for subject, why in run.holds.items():
        lines += wrap(f"  {subject}{words.say('ui.why', text=words.reason(why))}", width, "    ")
        if subject in causes:
            lines += wrap(f"    {words.time(causes[subject].at)} {words.event(causes[subject])}", width, "    ")
        lines.append("    " + words.say("ui.settle_with", subject=subject))
        lines += [paint("dim", each) for each in wrap("    " + words.say(answers_for(subject)), width, "    ")]
    return lines


def answers_for(subject: str) -> str:
    """What each answer means: it depends on what is held."""
    if subject.count("/") == 4:
        return "ui.answers.step"
    return "ui.answers.stage" if "/" in subject else "ui.answers.run"


def manual_lines(
    schedule: Schedule, run: Run, asked: Mapping[str, Action], words: Words, width: int, paint: Paint
) -> list[str]:
    """Steps that people do, with who has confirmed and how to."""
    found = manual_steps(schedule, run)
    if not found:
        return []
    lines = ["", paint("warn", words.say("ui.manual"))]
    for step, action in found[:IN_HAND_MAX]:
        by = words.join(run.confirmations.get(step, ()))
        lines += wrap(f"  {step}: {action_text(asked.get(step, action), words)}", width, "    ")
        lines.append("    " + words.say("ui.confirm_with", step=step))
        lines += ["    " + words.say("ui.confirmed_by", by=by)] if by else []
    return lines


def out_lines(run: Run, words: Words, width: int, paint: Paint) -> list[str]:
    """Hosts that are out of service while nothing is done to them."""
    idle = sorted({host for _, host in out_of_service(run) if host not in run.busy})
    if not idle:
        return []
    some = ", ".join(idle[:IN_HAND_MAX]) + (" …" if len(idle) > IN_HAND_MAX else "")
    return ["", *(paint("warn", each) for each in wrap(words.say("ui.out", count=len(idle), hosts=some), width, "  "))]


def status_json(
    schedule: Schedule,
    run: Run,
    now: datetime,
    words: Words,
    *,
    name: str = "",
    outlook: Outlook = NO_OUTLOOK,
    causes: Mapping[str, Entry] = NO_CAUSES,
) -> dict[str, Any]:
    """For programs."""
    built: dict[str, Any] = {
        "run": name,
        "upgrade": schedule.upgrade,
        "title": schedule.title,
        "schedule": run.schedule,
        "standing": standing_of(run).value,
        "result": run.result.value if run.result else None,
        "headline": headline(run, words),
        "opened_by": run.opened_by,
        "opened_at": run.opened_at,
        "closed_at": run.closed_at,
        "elapsed_s": elapsed_s(run, now),
        "controller": run.controller,
        "epoch": run.epoch,
        "entries": run.size,
        "stages": [stage_json(run, stage) for stage in schedule.stages],
        "canaries": {
            component: {**to_builtins(view.look), "standing": standing(view.look, words)}
            for component, view in run.canaries.items()
            if view.look is not None
        },
        "in_hand": to_builtins(in_hand(run)),
        "manual": [
            {"step": step, "confirmed_by": list(run.confirmations.get(step, ()))}
            for step, _ in manual_steps(schedule, run)
        ],
        "holds": [
            {
                "subject": subject,
                "code": why.code,
                "fields": why.fields,
                "why": words.reason(why),
                "cause": words.event(causes[subject]) if subject in causes else "",
            }
            for subject, why in run.holds.items()
        ],
        "out_of_service": [{"component": component, "host": host} for component, host in out_of_service(run)],
        "outlook": to_builtins(outlook),
    }
    plain: dict[str, Any] = to_builtins(built)
    return plain


def stage_json(run: Run, stage: Stage) -> dict[str, Any]:
    view = run.stages.get(stage.id)
    counts = ("begun", "upgraded", "returned", "failed", "skipped", "confirmed", "soaked_s")
    return {
        "id": stage.id,
        "component": name_of(stage.component),
        "hop": hop_of(stage.component),
        "wave": stage.wave,
        "hosts": len(stage.hosts),
        "standing": stage_standing(run, stage).value,
        "needs": list(stage.needs),
        **{name: getattr(view, name) if view else 0 for name in counts},
    }


def is_settled(standing: StageStanding) -> bool:
    """Nothing more happens in a stage that stands so, unless a person wants it."""
    return standing in (StageStanding.PASSED, StageStanding.RETURNED)
