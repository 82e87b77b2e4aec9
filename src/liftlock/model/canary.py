"""What a canary is judged by: readings of hosts, the state of a judgement, and what one look came to.

Times are seconds since the epoch, durations of requests are seconds. Everything is JSON-able, since every look goes
through the journal: a controller that was killed goes on from the state of the last one, and nothing counts twice.
"""

from enum import Enum
from typing import Literal

from msgspec import Struct

from liftlock.model.reasons import Reason


class Verdict(Enum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NODATA = "no-data"


# --- what a source says --------------------------------------------------------------------------------------


class Reading(Struct, frozen=True, omit_defaults=True):
    """One host's figures at one moment: a `level`, or counts.

    Counts are of requests since the host's reading before, or, with `cumulative`, since its process began (a counter
    that falls was reset). `buckets`: by upper bound in seconds, requests at most so slow; `+Inf` has all of them.
    `total`, `squares`: sums of the requests' durations and of their squares.
    """

    at: float
    level: float | None = None
    events: float | None = None  # requests that failed
    of: float | None = None  # requests
    total: float | None = None
    squares: float | None = None
    buckets: dict[str, float] = {}
    cumulative: bool = False


class Heard(Struct, frozen=True, omit_defaults=True):
    """What a metric's source said in one look. `readings`: by host, in order of time; hosts without data are absent.

    `trouble`: why it could not be read (a driver's failure).
    """

    readings: dict[str, tuple[Reading, ...]] = {}
    cursors: dict[str, str] = {}
    trouble: Reason | None = None


class Span(Struct, frozen=True, omit_defaults=True):
    """The time a source is asked about: `(since, until]`, cut into steps of `step_s`, each with a reading of its own.

    Only a source with a history answers more than one step. `cursor`: where its last answer ended, for those that
    read on (a log's place).
    """

    since: float
    until: float
    step_s: float
    cursor: str = ""


# --- the hosts ------------------------------------------------------------------------------------------------


class Standing(Struct, frozen=True, omit_defaults=True):
    """Where a host stands when it is looked at. `since`: when it was upgraded. `wave`: the stage that it belongs to."""

    side: Literal["untouched", "upgraded", "away"]
    since: float = 0.0
    wave: str = ""


Reference = Literal["untouched", "promoted", "past"]  # with what upgraded hosts are compared
Test = Literal["rate", "tail", "contrast", "watch"]


# --- what was before the upgrade, frozen when the rollout begins -----------------------------------------------

Moments = tuple[float, float, float]  # requests, the sum of their durations, the sum of the squares
Row = dict[str, dict[str, Reading]]  # metric -> host -> what one interval brought; counts are of this interval


class RateBaseline(Struct, frozen=True, omit_defaults=True):
    """Rates before the upgrade. `own`: by host, drawn to the common rate as far as chance explains the difference.

    `variance`: by host, of ln(own / true). `dispersion`: variance over mean of counts, at least 1; `between`: variance
    of ln(rate) between hosts. `events`: all that were seen, divided by the dispersion. `limit`: for tails, the bucket's
    bound that a request counts as slow beyond.
    """

    common: float = 0.0
    own: dict[str, float] = {}
    variance: dict[str, float] = {}
    dispersion: float = 1.0
    between: float = 0.0
    limit: str = ""
    events: float = 0.0


class MetricBaseline(Struct, frozen=True, omit_defaults=True):
    """One metric before the upgrade. `mean`: by host, of so much `weight` (requests, readings).

    `noise`: relative variance of one unit of weight. `floor`: added to every mean, where some were 0. `past`: a small
    tier's means of each interval, in order; `moments`: all its requests together, where the source squares them.
    """

    mean: dict[str, float] = {}
    weight: dict[str, float] = {}
    noise: float = 0.0
    floor: float = 0.0
    past: dict[str, tuple[float, ...]] = {}
    moments: Moments | None = None
    rate: RateBaseline | None = None
    tail: RateBaseline | None = None


class Baseline(Struct, frozen=True, omit_defaults=True):
    """All metrics before the upgrade; `covers_s`: over how long."""

    at: float
    covers_s: float
    metrics: dict[str, MetricBaseline] = {}


# --- the state of a judgement ---------------------------------------------------------------------------------


class Counts(Struct, frozen=True, omit_defaults=True):
    """Requests and those that count against the host, summed."""

    events: float = 0.0
    of: float = 0.0


class RateState(Struct, frozen=True, omit_defaults=True):
    """Evidence on a ratio of rates (`decide.judge.rates`): all that the looks so far leave of themselves.

    `partition`: Σ k·ln(1−ρ+ρ·e^θ) at the Chebyshev nodes of θ, with k the events of an interval and ρ the canary's
    share of those that were expected; `variance`: of the offset between the arms, the largest so far.
    """

    canary: float = 0.0  # events, divided by the dispersion
    control: float = 0.0
    partition: tuple[float, ...] = ()
    variance: float = 0.0
    seen: tuple[Counts, Counts] = (Counts(), Counts())  # canary's and control's, undivided, for people


class Offset(Struct, frozen=True, omit_defaults=True):
    """What is known of ln(canary's rate / controls' rate) beyond what is expected: its mean and its variance."""

    mean: float = 0.0
    variance: float = 0.0


class Band(Struct, frozen=True, omit_defaults=True):
    """A quantile with a band that holds at all looks together; None is beyond what was measured."""

    estimate: float | None = None
    low: float = 0.0
    high: float | None = None


Sum = tuple[float, float]  # (sum, weight): what a mean is made of


class MetricState(Struct, frozen=True, omit_defaults=True):
    """What the looks so far leave of one metric.

    `last`: counters as they stood. `cursors`: by place, where a log was read to. `sums`: by wave, for its hosts and for
    those that they are compared with, since its hosts came. `intervals`: with data for both arms, in this stage.
    `served`: requests of the stage's own hosts in it: what others served before them is no pass of theirs.
    `cleared`: tests that have passed in this stage; `passed`: all of them have, against untouched hosts.
    `decided`: the last t-test that was due.
    `alarm`: ln M of the watch, by alternative. `spec`: what is tested.
    """

    spec: str = ""
    last: dict[str, Reading] = {}
    cursors: dict[str, str] = {}
    sums: dict[str, dict[str, Sum]] = {}
    intervals: int = 0
    served: float = 0.0
    rate: RateState | None = None
    tail: RateState | None = None
    decided: "Comparison | None" = None
    cleared: tuple[Test, ...] = ()
    passed: bool = False
    alarm: tuple[float, ...] = ()
    slow: tuple[dict[str, float], dict[str, float]] = ({}, {})  # the histograms of both arms, summed
    moments: Moments = (0.0, 0.0, 0.0)  # of the upgraded hosts' requests, in this stage
    watched: Counts = Counts()


class JudgeState(Struct, frozen=True, omit_defaults=True):
    """Where the judgement of a component stands after a look: whose hosts are judged, compared with whom, since when.

    `silent`: upgraded hosts that give no figure while others do, since when.
    """

    number: int = 0
    at: float = 0.0
    began: float = 0.0
    stage: str = ""
    reference: Reference = "untouched"
    silent: dict[str, float] = {}
    metrics: dict[str, MetricState] = {}


# --- what one look came to ------------------------------------------------------------------------------------


class Comparison(Struct, frozen=True, omit_defaults=True):
    """One test of one metric. `estimate`, `low`, `high`: upgraded over reference, as a ratio (1: no change).

    `against`, `against_at`: evidence for a regression beyond the rollback margin, and where it fails; `clear`,
    `clear_at`: that none beyond the promotion margin exists, and where it passes. An e-value, for t-tests 1/p.
    """

    test: Test
    verdict: Verdict
    because: Reason
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    against: float | None = None
    against_at: float | None = None
    clear: float | None = None
    clear_at: float | None = None
    canary: Counts = Counts()
    control: Counts = Counts()


class MetricLook(Struct, frozen=True, omit_defaults=True):
    metric: str
    verdict: Verdict
    because: Reason
    required: bool = True
    tests: tuple[Comparison, ...] = ()
    p99: tuple[Band, Band] | None = None  # canary's and control's, seconds, where there are histograms
    silent: tuple[str, ...] = ()  # hosts that gave no figure in this look
    trouble: Reason | None = None  # why its source could not be read: a driver's failure


class CanaryLook(Struct, frozen=True, omit_defaults=True):
    """One look at a component's hosts. `number` counts from 1 within the run; `weaker`: too few hosts to compare with.

    Without `stage` it was taken before the first wave: `complete` says that the baseline is.
    """

    number: int
    at: float
    stage: str
    reference: Reference
    verdict: Verdict
    because: Reason
    weaker: bool = False
    complete: bool = False
    canaries: tuple[str, ...] = ()
    controls: int = 0
    metrics: tuple[MetricLook, ...] = ()
