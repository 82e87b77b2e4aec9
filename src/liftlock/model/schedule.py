"""What will be done, with nothing left to choose but when. An approval names a schedule's digest.

Held as recipes x hosts and expanded lazily (`decide.expand`): 100,000 hosts are a normal case.

Ids:  stage  orders/1/w2            component / hop / wave: who goes over releases on the way has several hops
      lane   orders/1/w2/app-07     one host's way through a stage
      step   orders/1/w2/app-07/03-install
             c05-verify: repeated after the soak; u03-install: the undo; b02-drain: repeated on the way back

Policies, gates, quorums and canaries are kept by component; of one with several hops, each later hop is as a component
of its own, built on the hop before it: `orders` the first hop, `orders/2` the second. No plan can write such a name.
"""

from datetime import date
from hashlib import sha256
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, json

from liftlock.model.actions import Action
from liftlock.model.inventory import Host
from liftlock.model.plan import Approval, Check, Freeze, Metric, Notify, OnFailure, Window

CONTROLLER = "controller"
FIRST_HOP = "1"


class Template(Struct, frozen=True):
    """One step of a recipe, for whatever host. `at`: empty for the lane's own host, `controller`, or a host's name.

    `confirm`: looked at once more after the soak. `way`: on which way it takes part.
    """

    verb: str
    action: Action
    undo: Action | None = None
    at: str = ""
    timeout_s: float = 300.0
    estimate_s: float = 5.0
    confirm: bool = False
    way: Literal["both", "up", "back"] = "both"


class Recipe(Struct, frozen=True):
    """Templates in order, and their numbered names (`03-install`), equal in number."""

    names: tuple[str, ...]
    templates: tuple[Template, ...]


class Gate(Struct, frozen=True):
    """A check of the plan with the template that reads its figure."""

    check: Check
    template: Template


class Source(Struct, frozen=True):
    """Where a canary's metric is read. The template's evidence has `readings`: by host, `model.canary.Reading`s.

    `whole`: one look answers for all hosts, each by what `key` says; else one look a host, which answers for `""`.
    `history`: a past span can be asked for, so that what was before the upgrade is there at once.
    """

    template: Template
    whole: bool = False
    key: str = "{host}"
    history: bool = False


class Measured(Struct, frozen=True):
    """A metric with all that is frozen before the rollout. `alpha`: its share of the chance of a false rollback.

    Margins are ratios: a regression beyond `rollback` is a FAIL, one beyond `promote` must be excluded for a PASS; a
    latency's tail has its own.
    """

    metric: Metric
    source: Source
    alpha: float
    rollback: float
    promote: float
    tail_rollback: float = 1.25
    tail_promote: float = 2.0
    ignore_below: float = 0.0  # errors: a share of failed requests that is of no concern


class Watching(Struct, frozen=True):
    """How a component's canaries are judged. `sample`: hosts that are read; empty: all."""

    measured: tuple[Measured, ...]
    every_s: float
    before_s: float
    warm_up_s: float
    grace_s: float
    watch_s: float
    looks_max: int  # before a person is asked: between so many looks the chances of the t-tests are shared
    sample: tuple[str, ...] = ()
    alpha_promote: float = 0.05
    alpha_watch: float = 0.05


class Capacity(Struct, frozen=True):
    """What a group of hosts promises: at most `out_max` out of service together (`back_out_max` on the way back)."""

    group: str
    size: int
    out_max: int
    back_out_max: int


class Quorum(Struct, frozen=True):
    """Hosts of which our acts never take two out together. `size`: all that vote, those outside the plan as well."""

    members: tuple[str, ...]
    size: int


class Policy(Struct, frozen=True):
    """A component's rollout, with every share turned into a number."""

    version_from: str
    version_to: str
    after: tuple[str, ...]
    capacity: str
    on_failure: OnFailure
    failures_max: int
    wave_failures_max: int
    attempts_max: int
    host_deadline_s: float
    progress_deadline_s: float
    soak_s: float
    look_every_s: float
    longest_soak_s: float
    no_return_because: str = ""  # not empty: `from` is known bad, there is no way back to it
    outage: bool = False


class Stage(Struct, frozen=True):
    """One wave of one component (or a `once` lane). `needs`: stages that must be passed before."""

    id: str
    component: str
    wave: str
    hosts: tuple[str, ...]
    recipe: str
    needs: tuple[str, ...] = ()
    soaks: bool = True


class LeadRule(Struct, frozen=True):
    """So many full working days lie between the last approval, or the plan's submission, and the first of `before`."""

    days: int
    of: Literal["approval", "plan"]
    before: str  # waves (all of them), a component, or a stage


class Closure(Struct, frozen=True):
    """Somebody else's change, as the plan writes its times, and the hosts of ours that it touches."""

    change: str
    from_: str
    to: str
    hosts: tuple[str, ...]


class Bounds(Struct, frozen=True):
    """What binds the run in time besides windows and freezes. The start times that a timetable found are not among it.

    `closed`, `opened`: the days that differ from a plain week, as far as leads may need them. `not_before`: a moment,
    in the plan's zone. `observe_s`: between two waves of a component.
    """

    leads: tuple[LeadRule, ...] = ()
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    weekend: tuple[int, ...] = (5, 6)
    not_before: str = ""
    closures: tuple[Closure, ...] = ()
    observe_s: float = 0.0


class Schedule(Struct, frozen=True):
    upgrade: str
    title: str
    plan: str  # SHA-256 of the plan file
    zone: str
    program: str
    drivers: dict[str, str]
    policies: dict[str, Policy]
    capacities: dict[str, Capacity]
    recipes: dict[str, Recipe]
    gates: dict[str, tuple[Gate, ...]]  # by component
    stages: tuple[Stage, ...]
    hosts: dict[str, Host]
    assumes: dict[str, dict[str, str]]
    artifacts: dict[str, str]  # path -> SHA-256
    windows: tuple[Window, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    reserve_s: float = 0.0
    deadline: str = ""
    approvals: tuple[Approval, ...] = ()
    unsigned_approvals: bool = False
    notify: tuple[Notify, ...] = ()
    language: str = ""
    quorums: dict[str, Quorum] | UnsetType = UNSET  # by component; a schedule without one is written as it always was
    canaries: dict[str, Watching] | UnsetType = UNSET  # by component
    bounds: Bounds | UnsetType = UNSET


class Step(Struct, frozen=True):
    """A template made concrete. `subject` is the host that it is about, `at` where it runs."""

    id: str
    lane: str
    name: str
    subject: str
    at: str
    action: Action
    timeout_s: float
    undoes: str = ""  # the step whose evidence it reads


def digest(schedule: Schedule) -> str:
    """SHA-256, in hex, of the schedule's canonical JSON: equal for equal inputs, whoever arranged it."""
    return sha256(json.encode(schedule, order="deterministic")).hexdigest()


def stage_of(lane: str) -> str:
    return lane.rpartition("/")[0]


def component_of(name: str) -> str:
    """The component of a stage, a lane or a step, as schedules keep it: `orders`, or `orders/2` in its second hop."""
    component, _, rest = name.partition("/")
    hop = rest.partition("/")[0]
    return f"{component}/{hop}" if hop and hop != FIRST_HOP else component


def name_of(component: str) -> str:
    """The name in the plan of a component, whichever hop; of a stage, a lane or a step too."""
    return component.partition("/")[0]


def hop_of(component: str) -> int:
    """Which hop of its component this is, from 1."""
    return int(component.partition("/")[2] or FIRST_HOP)


def path_of(component: str) -> str:
    """Of what its stages' ids begin with: `orders/1`, `orders/2`."""
    return component if "/" in component else f"{component}/{FIRST_HOP}"


def host_of(lane: str) -> str:
    return lane.rpartition("/")[2]


def lane_of(step: str) -> str:
    return step.rpartition("/")[0]
