"""The report on a run, in Markdown: what was planned, what happened, what was out of the ordinary, and the evidence.

Everything in it follows from the record; whatever a host or a person wrote is escaped, so that it reads as written.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from liftlock.model import events as ev
from liftlock.model.actions import Action, Kind
from liftlock.model.appraisal import Appraisal
from liftlock.model.events import Approved, Entry, LaneResult
from liftlock.model.plan import Plan
from liftlock.model.ports import Head
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule, Stage, digest
from liftlock.publish.happenings import Weight, fact, weight
from liftlock.publish.history import (
    Anomaly,
    History,
    LaneHistory,
    Proof,
    by_stage,
    evidence_digest,
    gather,
    host_of_lane,
    lane_or,
)
from liftlock.publish.hops import title_of
from liftlock.publish.intent import labelled, planned, purposes
from liftlock.publish.outline import actions_of, key_of
from liftlock.publish.plain import code, cut, fenced, markdown
from liftlock.publish.report_canary import canaries
from liftlock.publish.standing import headline, out_of_service, stage_standing
from liftlock.publish.words import Words

ROWS_MAX = 500
OUTPUT_LINES_MAX = 20
FACTS_MAX = 200
WORTH_KEEPING = (
    Kind.FETCH,
    Kind.BACKUP,
    Kind.PROVE,
    Kind.INSTALL,
    Kind.MIGRATE,
    Kind.VERIFY,
    Kind.RESTORE,
    Kind.MANUAL,
)


class Record(Struct, frozen=True):
    """All that a report is made from."""

    schedule: Schedule
    entries: Sequence[Entry]
    run: Run
    upgrade_entries: Sequence[Entry] = ()
    name: str = ""
    plan: Plan | None = None
    head: Head | None = None
    appraisal: Appraisal | None = None  # of the plan


def report(record: Record, words: Words) -> str:
    """The whole document. `plan` adds what the schedule does not hold (goals, risks …), `head` the journal's root."""
    words = words.within(record.schedule.zone)
    history = gather(record.entries, words)
    lines = [f"# {words.say('ui.report.title', title=markdown(record.schedule.title))}", ""]
    lines += header(record, words)
    lines += section("approvals", approvals(record, words), words)
    if record.plan is not None:
        lines += purposes(record.plan, words, record.appraisal)
    lines += planned(record.schedule, words)
    lines += section("summary", summary(record, history, words), words)
    lines += section("timeline", timeline(record.entries, words), words)
    lines += section("waves", waves(record, history, words), words)
    lines += section("hosts", hosts(record, history, words), words)
    lines += section("gates", gates(history, words), words)
    if judged := canaries(record.schedule, record.entries, words):
        lines += section("canary", judged, words)
    lines += section("anomalies", anomalies(history, words), words)
    lines += section("failures", outputs(record.entries, words), words)
    lines += section("evidence", evidence(record, history, words), words)
    lines += section("unresolved", unresolved(record, history, words), words)
    lines += section("verifying", verifying(record, words), words)
    return "\n".join(lines).rstrip() + "\n"


def section(name: str, body: list[str], words: Words) -> list[str]:
    return ["", f"## {words.say(f'ui.report.{name}')}", "", *(body or [words.say("ui.none")])]


def grid(keys: Sequence[str], rows: Iterable[Sequence[str]], words: Words) -> list[str]:
    """A table. Cells come in escaped."""
    lines = [" | ".join(row) for row in rows]
    if not lines:
        return []
    head = " | ".join(words.say(f"ui.column.{key}") for key in keys)
    return [f"| {head} |", "|" + " --- |" * len(keys), *(f"| {line} |" for line in lines)]


def header(record: Record, words: Words) -> list[str]:
    run, schedule = record.run, record.schedule
    rows = [
        ("upgrade", code(schedule.upgrade)),
        ("run", code(record.name)),
        ("result", f"**{markdown(headline(run, words))}**"),
        ("opened", opened(run, words)),
        ("closed", words.moment(run.closed_at) or "-"),
        ("took", took(run, words)),
        ("digest", code(run.schedule)),
        ("plan_digest", code(schedule.plan)),
        ("zone", markdown(schedule.zone)),
        ("program", markdown(f"liftlock {schedule.program}")),
    ]
    lines = ["| | |", "| --- | --- |", *(f"| {words.say(f'ui.{key}')} | {value} |" for key, value in rows)]
    if run.schedule and digest(schedule) != run.schedule:
        lines += ["", f"**{words.say('ui.report.other_schedule')}** {code(digest(schedule))}"]
    return lines


def opened(run: Run, words: Words) -> str:
    return f"{words.moment(run.opened_at)} {markdown(run.opened_by)}".strip()


def took(run: Run, words: Words) -> str:
    if run.opened_at is None or run.closed_at is None:
        return "-"
    return words.duration((run.closed_at - run.opened_at).total_seconds())


def approvals(record: Record, words: Words) -> list[str]:
    given: dict[Approved, None] = {}
    for entry in (*record.upgrade_entries, *record.entries):
        match entry.event:
            case ev.ApprovalGiven(approved=approved):
                given[approved] = None
            case ev.RunOpened(approvals=several) | ev.RunAmended(approvals=several):
                given |= dict.fromkeys(several)
    rows = [approval_row(each, record.run.schedule, words) for each in given]
    return grid(("role", "person", "time", "signature", "binds"), rows, words)


def approval_row(approved: Approved, current: str, words: Words) -> list[str]:
    signed = words.say("ui.signed" if approved.signature else "ui.unsigned")
    binds = words.say("ui.binds.this" if approved.digest == current else "ui.binds.other")
    bound = f"{binds} {code(approved.digest[:12])}"
    return [markdown(approved.role), markdown(approved.by), words.moment(approved.at), signed, bound]


def summary(record: Record, history: History, words: Words) -> list[str]:
    lanes = history.lanes.values()
    results = {result: sum(lane.result is result for lane in lanes) for result in LaneResult}
    total = sum(len(stage.hosts) for stage in record.schedule.stages)
    lines = [labelled(words.term(result), f"{number}/{total}", words) for result, number in results.items() if number]
    kinds = [type(entry.event).__name__ for entry in record.entries]
    for key, number in (
        ("steps_done", sum(lane.done for lane in lanes)),
        ("retries", sum(lane.retries for lane in lanes)),
        ("step_failures", sum(lane.failures for lane in lanes)),
        ("lost", kinds.count("StepLost")),
        ("holds_raised", kinds.count("HoldRaised")),
        ("rollbacks", kinds.count("RollbackBegan")),
        ("amendments", kinds.count("RunAmended")),
        ("takeovers", history.takeovers),
    ):
        lines.append(labelled(words.say(f"ui.count.{key}"), words.number(number), words))
    return lines


def timeline(entries: Sequence[Entry], words: Words) -> list[str]:
    """Milestones and problems; each step is in the work log. Of a large fleet, hosts are left to their own table."""
    told = [entry for entry in entries if weight(entry.event) is not Weight.DETAIL]
    if len(told) > ROWS_MAX:
        told = [entry for entry in told if not isinstance(entry.event, ev.LaneEnded)]
    rows = [[words.moment(entry.at), str(entry.seq), markdown(words.event(entry))] for entry in told]
    kept, more = capped(rows, words)
    return grid(("time", "entry", "event"), kept, words) + more


def capped(rows: list[list[str]], words: Words) -> tuple[list[list[str]], list[str]]:
    """At most ROWS_MAX, and a line that says how many are in the journal only."""
    hidden = len(rows) - ROWS_MAX
    return (rows[:ROWS_MAX], ["", words.say("ui.report.more", more=hidden)]) if hidden > 0 else (rows, [])


def waves(record: Record, history: History, words: Words) -> list[str]:
    keys = (
        "component",
        "wave",
        "hosts",
        "done",
        "returned",
        "failed",
        "skipped",
        "opened",
        "promoted",
        "soaked",
        "state",
    )
    return grid(keys, (wave_row(record, stage, history, words) for stage in record.schedule.stages), words)


def wave_row(record: Record, stage: Stage, history: History, words: Words) -> list[str]:
    run = record.run
    view = run.stages.get(stage.id)
    begun, promoted = history.stages.get(stage.id, (None, None))
    counts = [view.upgraded, view.returned, view.failed, view.skipped] if view else [0, 0, 0, 0]
    return [
        markdown(title_of(record.schedule, stage.component, words)),
        markdown(stage.wave),
        str(len(stage.hosts)),
        *map(str, counts),
        words.moment(begun) or "-",
        words.moment(promoted) or "-",
        words.duration(view.soaked_s) if view and view.soaked_s else "-",
        words.term(stage_standing(run, stage)),
    ]


def hosts(record: Record, history: History, words: Words) -> list[str]:
    """Each host's way; where they are too many, those that went otherwise than planned first."""
    lanes = by_stage(history)
    rows = [
        (lane.result is LaneResult.UPGRADED and not lane.failures, host_row(record, stage, lane, words))
        for stage in record.schedule.stages
        for lane in lanes.get(stage.id, [])
    ]
    if len(rows) > ROWS_MAX:
        rows.sort(key=lambda row: row[0])
    kept, more = capped([row for _, row in rows], words)
    keys = ("host", "component", "wave", "begun", "ended", "took", "result", "retries", "failures", "version")
    return grid(keys, kept, words) + more


def host_row(record: Record, stage: Stage, lane: LaneHistory, words: Words) -> list[str]:
    spent = words.duration((lane.ended_at - lane.begun_at).total_seconds()) if lane.ended_at else "-"
    view = record.run.lanes.get(lane.lane)
    because = words.say("ui.why", text=words.reason(view.because)) if view and view.because else ""
    result = words.term(lane.result) if lane.result else words.say("ui.open")
    return [
        markdown(host_of_lane(lane)),
        markdown(title_of(record.schedule, stage.component, words)),
        markdown(stage.wave),
        words.time(lane.begun_at),
        words.time(lane.ended_at) or "-",
        spent,
        markdown(result + because),
        str(lane.retries),
        str(lane.failures),
        markdown(lane.seen.get("version", "")) or "-",
    ]


def gates(history: History, words: Words) -> list[str]:
    rows = [
        [
            markdown(gate.stage),
            markdown(gate.check),
            str(gate.looks),
            str(gate.with_data),
            str(gate.fails),
            words.number(gate.lowest),
            words.number(gate.highest),
            words.number(gate.last),
        ]
        for gate in history.gates.values()
    ]
    return grid(("stage", "check", "looks", "with_data", "fails", "lowest", "highest", "last"), rows, words)


def anomalies(history: History, words: Words) -> list[str]:
    rows = [[words.moment(a.at), str(a.seq), markdown(a.what), markdown(a.settled) or "-"] for a in history.anomalies]
    kept, more = capped(rows, words)
    return grid(("time", "entry", "event", "settled"), kept, words) + more


def outputs(entries: Sequence[Entry], words: Words) -> list[str]:
    """What the host said when a step failed."""
    lines: list[str] = []
    told = [e for e in entries if isinstance(e.event, ev.StepFailed) and e.event.failure.output.strip()]
    for entry in told[:ROWS_MAX]:
        assert isinstance(entry.event, ev.StepFailed)
        said = entry.event.failure.output.rstrip().splitlines()[-OUTPUT_LINES_MAX:]
        lines += [f"{words.moment(entry.at)} {markdown(words.event(entry))}", "", *fenced("\n".join(said)), ""]
    return lines[:-1]


def evidence(record: Record, history: History, words: Words) -> list[str]:
    """Digests of artifacts, and of the evidence of steps that prove something."""
    lines = [f"- {code(path)} {code(sha256)}" for path, sha256 in sorted(record.schedule.artifacts.items())]
    actions = actions_of(record.schedule)
    kept = [each for each in history.proofs if worth_keeping(actions, each)]
    body = grid(("entry", "time", "step", "facts", "evidence"), (proof_row(p, words) for p in kept[:ROWS_MAX]), words)
    if len(kept) > ROWS_MAX:
        body += ["", words.say("ui.report.more", more=len(kept) - ROWS_MAX)]
    return lines + ([""] if lines and body else []) + body


def worth_keeping(actions: Mapping[tuple[str, str], Action], proof: Proof) -> bool:
    action = actions.get(key_of(proof.step))
    return action is not None and action.kind in WORTH_KEEPING


def proof_row(proof: Proof, words: Words) -> list[str]:
    """Facts as they were read; the whole evidence is behind its digest."""
    facts = words.join(f"{name}={fact(value)}" for name, value in proof.evidence.facts.items() if value != "")
    shown = markdown(cut(facts, FACTS_MAX)) or "-"
    return [str(proof.seq), words.moment(proof.at), code(proof.step), shown, code(evidence_digest(proof.evidence))]


def unresolved(record: Record, history: History, words: Words) -> list[str]:
    """What a person still has to see to."""
    run = record.run
    lines = [f"- {code(s)}{markdown(words.say('ui.why', text=words.reason(r)))}" for s, r in run.holds.items()]
    out = [f"{host} ({component})" for component, host in out_of_service(run)]
    if out:
        lines.append(f"- {markdown(words.say('ui.out', count=len(out), hosts=words.join(out[:ROWS_MAX])))}")
    left = [lane for lane in history.lanes.values() if lane.result in (LaneResult.FAILED, LaneResult.SKIPPED)]
    lines += [f"- {code(lane.lane)} {words.term(lane.result)}" for lane in left[:ROWS_MAX] if lane.result]
    lines += [open_text(each, words) for each in history.anomalies if is_open(history, each)][:ROWS_MAX]
    if run.result is None:
        lines.append(f"- {words.say('ui.report.not_closed')}")
    return lines


def is_open(history: History, anomaly: Anomaly) -> bool:
    """A hold that is open is told as a hold."""
    still = history.open.get(lane_or(anomaly.subject), ())
    return anomaly.kind != "HoldRaised" and any(each is anomaly for each in still)


def open_text(anomaly: Anomaly, words: Words) -> str:
    return f"- {words.moment(anomaly.at)} {markdown(anomaly.what)}"


def verifying(record: Record, words: Words) -> list[str]:
    lines = [words.say("ui.report.verify_how"), "", "```sh", "liftlock verify BUNDLE", "```"]
    if record.head is not None:
        root = {"size": record.head.size, "epoch": record.head.epoch}
        lines += ["", f"{words.say('ui.report.root', **root)} {code(record.head.root)}"]
    return lines
