"""What people ask for: the upgrade plan, as written in the plan file.

Field names follow the file (`name=`); durations are seconds here and `10m` there, shares `25%` or a count.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from liftlock.model.chapters import (
    AcceptanceCriterion,
    BackupStrategy,
    Choice,
    Emergency,
    Goal,
    Model,
    Money,
    Notice,
    Omission,
    PlannedTest,
    Requirement,
    Resource,
    Risk,
    RollbackPlan,
    Talk,
    Team,
    Training,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.product import Override
from liftlock.model.readiness import Readiness
from liftlock.model.secret import SecretRef
from liftlock.model.tasks import Timetable

ComponentClass = Literal["core", "supporting", "database", "middleware", "service", "client"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OnFailure = Literal["roll back", "roll back wave", "roll back host", "restore", "freeze"]


class Share(Struct, frozen=True):
    """So many, or so much of a whole: `3` or `25%`."""

    count: int | None = None
    percent: float | None = None

    def of(self, whole: int) -> int:
        """How many of `whole`: percentages round down, as maxUnavailable does in Kubernetes."""
        if self.count is not None:
            return self.count
        return int(whole * (self.percent or 0.0) / 100 + 1e-9)

    def of_up(self, whole: int) -> int:
        """The same, rounded up: for wave sizes and minima."""
        if self.count is not None:
            return min(self.count, whole)
        return -int(-(whole * (self.percent or 0.0) / 100 - 1e-9) // 1)


class Versions(Part, frozen=True):
    """From where to where. `scheme` compares versions; `known_bad` are no target, neither up nor back."""

    from_: Text = field(name="from")
    to: Text
    known_bad: tuple[str, ...] = ()


class Check(Part, frozen=True):
    """A health gate: a probe that is looked at through the soak, with a threshold.

    One of `http`, `haproxy`, `command` says where the figure is read; `above`/`below` say when it fails.
    """

    name: Text
    http: str = ""
    json: dict[str, Any] = {}
    value: str = ""  # dotted path of the number in the JSON answer
    haproxy: str = ""
    backend: str = ""
    metric: str = ""  # haproxy: error_rate | sessions | queue
    command: str = ""
    above: Annotated[float | str, Meta(extra={"form": "number"})] | None = None
    below: Annotated[float | str, Meta(extra={"form": "number"})] | None = None
    allow: int = 0  # failing looks that are tolerated; more than that fails the wave
    samples: int = 1  # fewer looks with data than this: no verdict


class Metric(Part, frozen=True):
    """A figure by which upgraded hosts are compared with untouched ones. Exactly one source.

    errors: failed requests `of` all requests. latency: durations of requests, or a gauge of them. saturation: a gauge
    (memory, CPU, queue, temperature). Margins are regressions: 25% is a ratio of 1.25.
    """

    name: Text
    kind: Literal["errors", "latency", "saturation"]
    prometheus: str = ""  # a selector, or a whole expression with $interval
    of: str = ""  # errors: the selector (or expression) of all requests
    haproxy: str = ""  # the load balancer's statistics of each server
    backend: str = ""
    server: str = ""  # how a host is called there; empty: by its name
    access_log: str = ""  # a log on each host, or at the load balancer
    format: Literal["nginx", "haproxy", ""] = ""
    command: str = ""  # run on each host
    sql: str = ""  # run at `at`, a row for each host
    database: str = ""  # of `sql`; empty: postgres
    at: str = ""  # the host at which the load balancer's log, or the database, is
    check: str = ""  # a health check of this rollout, as a gauge
    worse: Literal["higher", "lower"] = "higher"
    required: bool = True
    ignore_below: Annotated[float | str, Meta(extra={"form": "number"})] | None = None  # errors: a share of no concern
    weight: Annotated[float, Meta(gt=0, le=1000)] = 1.0
    rollback_beyond: Annotated[float | str, Meta(extra={"form": "number"})] | None = None
    promote_within: Annotated[float | str, Meta(extra={"form": "number"})] | None = None


class Prometheus(Part, frozen=True):
    """A Prometheus server that wants more than its address."""

    url: Text
    authorization: SecretRef | None = None  # the header's whole value: Bearer …
    ca: str = ""  # certificates (PEM) that are trusted instead of the usual ones


class Canary(Part, frozen=True):
    """Upgraded hosts are judged against untouched hosts at the same time, look by look, by the metrics."""

    metrics: tuple[Metric, ...]
    every_s: Duration = field(default=60.0, name="every")
    before_s: Duration | None = field(default=None, name="before")  # none: 60 looks
    warm_up_s: Duration | None = field(default=None, name="warm_up")  # none: a quarter of the soak, at most 10m
    grace_s: Duration | None = field(default=None, name="grace")  # none: 5 looks
    watch_s: Duration = field(default=0.0, name="watch")  # how long the last wave is watched
    prometheus: str | Prometheus = ""
    host_label: str = "instance"
    host_value: str = "{address}"  # what the label says of a host; a port after it does not matter
    strata: tuple[str, ...] = ()  # host variables within which canaries are drawn, beside the failure domain
    hosts_max: Annotated[int, Meta(ge=4, le=10000)] = 200  # of more untouched hosts a sample is read
    traffic: Annotated[float, Meta(ge=0)] = 0.0  # requests a second of the whole tier: what can be seen is said by it


class Budget(Part, frozen=True):
    """Failed hosts that are tolerated; more than that is over the budget. The whole run, and one wave."""

    hosts: int | None = None
    percent: float | None = None
    wave_hosts: int | None = None
    attempts: Annotated[int, Meta(ge=1, le=10)] = 2


class Rollout(Part, frozen=True):
    waves: tuple[Share, ...] = (Share(count=1), Share(percent=25), Share(percent=100))
    soak_s: Duration = field(default=60.0, name="soak")
    look_every_s: Duration = field(default=5.0, name="look_every")
    longest_soak_s: Duration | None = field(default=None, name="longest_soak")
    max_unavailable: Share = Share(percent=25)
    min_healthy: Share | None = None
    rollback_max_unavailable: Share = Share(percent=33)
    failure_budget: Budget = Budget()
    on_failure: OnFailure = "roll back"
    host_deadline_s: Duration = field(default=3600.0, name="host_deadline")
    progress_deadline_s: Duration = field(default=7200.0, name="progress_deadline")
    planned_outage: bool = False  # 停机升级: the whole tier may be out together
    canaries: Literal["random", "listed"] = "random"
    checks: tuple[Check, ...] = ()
    canary: Canary | None = None


class Hop(Part, frozen=True):
    """A release on the way, with waves, a backup and a way back of its own. What is not said is the component's."""

    version: Text
    recipe: tuple[dict[str, Any], ...] = ()
    once_before: tuple[dict[str, Any], ...] = ()
    once_after: tuple[dict[str, Any], ...] = ()
    soak_s: Duration | None = field(default=None, name="soak")


class Component(Part, frozen=True):
    """A thing with a version on hosts. `recipe` items are mappings with one driver's name each."""

    name: Text
    version: Versions
    hosts: Text
    recipe: tuple[dict[str, Any], ...]
    class_: ComponentClass = field(default="service", name="class")
    kind: Literal["kernel", "module", "interface", "data", "configuration", ""] = ""
    after: tuple[str, ...] = ()
    per: Literal["component", "wave"] = "component"
    product: str = ""  # whose release rules hold: a shipped product, or one of the plan's own files
    part: str = ""  # of a product of several parts
    via: tuple[Hop, ...] = ()  # releases that are gone through on the way, in order
    stateful: bool = False
    quorum: bool | Annotated[int, Meta(ge=1)] = False
    once_before: tuple[dict[str, Any], ...] = ()
    once_after: tuple[dict[str, Any], ...] = ()
    once_at: str = ""  # where the once lanes run; empty: the first host
    rollout: Rollout | None = None
    departments: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()


class Window(Part, frozen=True):
    """When forward lanes may begin, in the plan's time zone. `to` before `from` runs past midnight."""

    from_: str = field(name="from")
    to: str
    days: tuple[Day, ...] = ()  # none: every day; the day on which the window begins
    date: str = ""  # or exactly one date, 2026-12-20


class Freeze(Part, frozen=True):
    from_: str = field(name="from")  # 2026-12-31 or 2026-12-31T18:00
    to: str
    because: str = ""


class Approval(Part, frozen=True):
    """Who approves in a role: a name, or `any of [a, b]`."""

    role: Text
    by: Text | dict[str, tuple[str, ...]]
    signed: bool = True
    keys: tuple[str, ...] = ()  # allowed_signers lines, OpenSSH's format


class Notify(Part, frozen=True):
    """Tell somebody: a command (the message on its standard input), a webhook, or an Apprise address."""

    command: str = ""
    webhook: str | SecretRef = ""
    apprise: str | SecretRef = ""
    on: tuple[Literal["hold", "failure", "rollback", "end", "start"], ...] = ("hold", "failure", "rollback", "end")


class Plan(Part, frozen=True):
    upgrade: Text
    components: tuple[Component, ...]
    inventory: str = "hosts.yaml"
    timezone: str = "UTC"
    language: Literal["en", "zh", ""] = ""
    owner: str = ""
    background: str = ""
    benefit: str = ""
    model: Model | None = None  # which chapters are wanted
    template: str = ""  # the approved template that a standard change was made from
    omitted: tuple[Omission, ...] = ()
    goals: tuple[Goal, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    choices: tuple[Choice, ...] = ()
    rollout: Rollout = Rollout()
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    reserve_s: Duration = field(default=0.0, name="reserve")  # kept free at the end of a window
    deadline: str = ""
    approvals: tuple[Approval, ...] = ()
    unsigned_approvals: bool = False
    risks: tuple[Risk, ...] = ()
    backup: tuple[BackupStrategy, ...] = ()
    rollback: RollbackPlan | None = None
    emergency: Emergency | None = None
    acceptance: tuple[str | AcceptanceCriterion, ...] = ()
    team: Team | None = None
    communication: tuple[Talk, ...] = ()
    tests: tuple[PlannedTest, ...] = ()
    training: tuple[Training, ...] = ()
    notices: tuple[Notice, ...] = ()
    resources: tuple[Resource, ...] = ()
    budget: Money | None = None
    products: tuple[str, ...] = ()  # files of release rules, relative to the plan
    overrides: tuple[Override, ...] = ()
    readiness: Readiness | None = None
    timetable: Timetable | None = None
    notify: tuple[Notify, ...] = ()
