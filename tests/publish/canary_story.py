"""The story's upgrade with a canary judgement: looks written by hand, before the first wave and in two waves."""

from msgspec.structs import replace

from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.canary import Band, CanaryLook, Comparison, Counts, JudgeState, MetricLook, Reference, Test, Verdict
from liftlock.model.events import Entry, LaneResult, RunResult
from liftlock.model.plan import Metric
from liftlock.model.reasons import Reason, because
from liftlock.model.schedule import Measured, Source, Watching, digest
from tests.publish import story

SOURCE = Source(story.template(Kind.CALL, "prometheus"))
WATCHING = Watching(
    (
        Measured(Metric("errors", "errors"), SOURCE, 0.02, 1.25, 2.0),
        Measured(Metric("latency", "latency"), SOURCE, 0.02, 1.05, 1.1),
        Measured(Metric("memory", "saturation", required=False), SOURCE, 0.01, 1.05, 1.1),
    ),
    every_s=60,
    before_s=3600,
    warm_up_s=120,
    grace_s=300,
    watch_s=0,
    looks_max=60,
)
SCHEDULE = replace(story.SCHEDULE, canaries={"orders": WATCHING})
DIGEST = digest(SCHEDULE)
BEFORE, LOOKS = 3, 16


def evidence(
    test: Test, metric: str, number: int, ratio: float, *, bad: bool = False, seen: tuple[Counts, Counts] | None = None
) -> Comparison:
    """Evidence grows by a factor a look; the interval closes like 1/√n around an estimate that settles."""
    wobble = (0.05, -0.07, 0.03, 0.06, -0.02, -0.04)[number % 6] / number**0.5
    grows, shrinks = 1.35**number, 0.7**number
    width = 1 + (0.9 if test != "contrast" else 0.22) / number**0.5
    against, clear = (grows, shrinks) if bad else (shrinks, grows)
    verdict = Verdict.FAIL if against >= 100 else Verdict.PASS if clear >= 20 else Verdict.INCONCLUSIVE
    why = {
        Verdict.FAIL: because("canary-worse", metric=metric, change=round(100 * (ratio - 1), 1)),
        Verdict.PASS: because("canary-clear", metric=metric),
    }.get(verdict, because("canary-undecided", metric=metric))
    ours, theirs = seen or (Counts(), Counts())
    middle = ratio * (1 + wobble)
    high = None if number == 1 and test != "contrast" else middle * width
    return Comparison(test, verdict, why, middle, middle / width, high, against, 100.0, clear, 20.0, ours, theirs)


def metric_look(
    name: str, *tests: Comparison, required: bool = True, p99: tuple[Band, Band] | None = None
) -> MetricLook:
    ranks = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
    worst = min(tests, key=lambda test: ranks.index(test.verdict))
    return MetricLook(name, worst.verdict, worst.because, required, tests, p99)


def compared(number: int, at: float, stage: str, *, step: int, bad: bool = False) -> CanaryLook:
    """The `step`-th look of a stage."""
    reference: Reference = "untouched" if stage.endswith("w1") else "past"
    counts = Counts(2.0 * step, 2_000.0 * step), Counts(6.0 * step, 6_000.0 * step)
    slow = Counts(21.0 * step, 2_000.0 * step), Counts(60.0 * step, 6_000.0 * step)
    metrics = (
        metric_look("errors", evidence("rate", "errors", step, 1.02, seen=counts)),
        metric_look(
            "latency",
            evidence("tail", "latency", max(1, step - 3), 1.9 if bad else 1.06, bad=bad, seen=slow),
            evidence("contrast", "latency", max(1, step - 2), 1.22 if bad else 1.01, bad=bad),
            p99=(Band(0.412 if bad else 0.208, 0.19, 0.5), Band(0.205, 0.2, 0.22)),
        ),
        MetricLook("memory", Verdict.NODATA, because("canary-source-failed", metric="memory"), False, (), None,
                   ("app-01",), Reason("deadline", {"timeout_s": 5})),
    )  # fmt: skip
    verdict, why = verdict_of(metrics)
    return CanaryLook(
        number, at, stage, reference, verdict, why, weaker=True, complete=True,
        canaries=("app-01",) if reference == "untouched" else story.APPS,
        controls=3 if reference == "untouched" else 0, metrics=metrics,
    )  # fmt: skip


def verdict_of(metrics: tuple[MetricLook, ...]) -> tuple[Verdict, Reason]:
    required = [each for each in metrics if each.required]
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        for each in required:
            if each.verdict is verdict:
                return verdict, each.because
    return Verdict.PASS, because("canary-passed", metrics=len(required))


class Pen(story.Pen):
    def __init__(self) -> None:
        super().__init__()
        self.number = 0

    def look(self, stage: str = "", *, step: int = 0, bad: bool = False) -> None:
        self.number += 1
        at = self.now.timestamp() + 60
        if stage:
            look = compared(self.number, at, stage, step=step, bad=bad)
        else:
            why = because("canary-before", watched_s=60 * self.number, wanted_s=3600)
            look = CanaryLook(self.number, at, "", "untouched", Verdict.INCONCLUSIVE, why, controls=4)
        row = {} if stage else {"errors": {}}
        state = JudgeState(number=self.number, at=at, stage=stage)
        self.write(ev.CanaryLooked("orders", look, state, row), after_s=60)

    def before(self) -> None:
        self.write(ev.RunOpened("orders-1.1", DIGEST, "li.wei", "ctl-a", "0.1.0", story.APPROVED))
        for _ in range(BEFORE):
            self.look()

    def wave(self, stage: str, hosts: tuple[str, ...], looks: int = LOOKS, *, bad: bool = False) -> None:
        self.write(ev.StageOpened(stage))
        for host in hosts:
            self.up(stage, host)
        for step in range(1, looks + 1):
            self.look(stage, step=step, bad=bad)


def watching() -> list[Entry]:
    """Nothing is upgraded yet."""
    pen = Pen()
    pen.before()
    return pen.entries


def soaking() -> list[Entry]:
    """The first wave is being compared."""
    pen = Pen()
    pen.before()
    pen.database()
    pen.wave("orders/1/w1", story.APPS[:1], 8)
    return pen.entries


def upgraded() -> list[Entry]:
    pen = Pen()
    pen.before()
    pen.database()
    for stage, hosts in (("orders/1/w1", story.APPS[:1]), ("orders/1/w2", story.APPS[1:])):
        pen.wave(stage, hosts)
        pen.write(ev.StagePromoted(stage, because("canary-passed", metrics=2)))
    pen.write(ev.RunClosed(RunResult.UPGRADED, because("all-promoted")))
    return pen.entries


def caught() -> list[Entry]:
    """The new version is slower, and the canary shows it."""
    pen = Pen()
    pen.before()
    pen.database()
    pen.wave("orders/1/w1", story.APPS[:1], 19, bad=True)
    why = because("canary-worse", metric="latency", change=22.0)
    pen.write(ev.RollbackBegan("all", why))
    pen.write(ev.LaneTurned("orders/1/w1/app-01", because("rollback", why="canary-worse")))
    pen.write(ev.LaneEnded("orders/1/w1/app-01", LaneResult.RETURNED))
    pen.write(ev.RunClosed(RunResult.ROLLED_BACK, why))
    return pen.entries
