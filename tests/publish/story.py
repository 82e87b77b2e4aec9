"""A small upgrade to tell documents about: a schedule, and streams of events written by hand and folded."""

from datetime import UTC, datetime, timedelta

from liftlock.model import events as ev
from liftlock.model.actions import Action, Evidence, Failure, FailureKind, Irreversible, Kind, Restorable, Traits
from liftlock.model.events import Approved, Entry, LaneResult, RunResult, Sample
from liftlock.model.fold import fold
from liftlock.model.inventory import Host
from liftlock.model.plan import Approval, Check, Freeze, Window
from liftlock.model.reasons import Reason, because
from liftlock.model.run import Run
from liftlock.model.schedule import Capacity, Gate, Policy, Recipe, Schedule, Stage, Template, digest

START = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai
HOSTILE = "boom \x1b[31mred\x1b[0m\nnext | line `code` <b>"
APPS = ("app-01", "app-02", "app-03", "app-04")


def template(kind: Kind, driver: str, undo: Kind | None = None, **traits: object) -> Template:
    action = Action(kind, driver, {"into": "/srv/orders"}, Traits(**traits))  # type: ignore[arg-type]
    return Template(kind.value, action, Action(undo, driver) if undo else None, confirm=kind is Kind.VERIFY)


APP_RECIPE = Recipe(
    ("01-backup", "02-drain", "03-install", "04-verify", "05-readmit"),
    (
        template(Kind.BACKUP, "backup"),
        template(Kind.DRAIN, "haproxy", Kind.READMIT, lowers_capacity=True),
        template(Kind.INSTALL, "release", Kind.INSTALL, writes=True),
        template(Kind.VERIFY, "http"),
        template(Kind.READMIT, "haproxy"),
    ),
)
DB_RECIPE = Recipe(
    ("01-migrate", "02-contract"),
    (
        template(Kind.MIGRATE, "command", Kind.RESTORE, writes=True, stateful=True, reversal=Restorable()),
        template(Kind.COMMAND, "command", writes=True, reversal=Irreversible("the old columns are dropped")),
    ),
)


def policy(after: tuple[str, ...] = (), capacity: str = "app") -> Policy:
    return Policy("1.0", "1.1", after, capacity, "roll back", 1, 1, 2, 1800, 3600, 600, 5, 1800)


SCHEDULE = Schedule(
    upgrade="orders-1.1",
    title="Orders 1.0 → 1.1",
    plan="ab" * 32,
    zone="Asia/Shanghai",
    program="0.1.0",
    drivers={"release": "1", "http": "1"},
    policies={"orders-db": policy(capacity="db"), "orders": policy(("orders-db",))},
    capacities={"app": Capacity("app", 4, 1, 2), "db": Capacity("db", 1, 1, 1)},
    recipes={"orders-db": DB_RECIPE, "orders": APP_RECIPE},
    gates={"orders": (Gate(Check("error_rate", above=1.0, allow=1), template(Kind.CALL, "http")),)},
    stages=(
        Stage("orders-db/1/w1", "orders-db", "w1", ("db-01",), "orders-db", soaks=False),
        Stage("orders/1/w1", "orders", "w1", APPS[:1], "orders", ("orders-db/1/w1",)),
        Stage("orders/1/w2", "orders", "w2", APPS[1:], "orders", ("orders/1/w1",)),
    ),
    hosts={name: Host(name) for name in (*APPS, "db-01")},
    assumes={},
    artifacts={"dist/orders-1.1.tar.gz": "cd" * 32},
    windows=(Window("22:00", "04:00", ("tue", "wed")),),
    freezes=(Freeze("2026-12-31", "2027-01-03", "year end"),),
    reserve_s=1800,
    approvals=(
        Approval("business", {"any of": ("zhang.min", "wang.fang")}),
        Approval("risk", "chen.jie", signed=False),
    ),
)
DIGEST = digest(SCHEDULE)
APPROVED = (
    Approved(DIGEST, "wang.fang", "business", START - timedelta(hours=5), "…", "-----BEGIN SSH SIGNATURE-----"),
    Approved(DIGEST, "chen.jie", "risk", START - timedelta(hours=4)),
)


class Pen:
    """Writes a stream: every event a few seconds after the one before it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.now = START

    def write(self, *events: ev.Event, after_s: float = 5.0) -> None:
        for event in events:
            self.now += timedelta(seconds=after_s)
            self.entries.append(Entry(len(self.entries), self.now, 1, event))

    def open(self) -> None:
        self.write(ev.RunOpened("orders-1.1", DIGEST, "li.wei", "ctl-a", "0.1.0", APPROVED))

    def step(self, step: str, attempt: int = 1, **facts: object) -> None:
        self.write(ev.StepStarted(step, attempt, "boot-1"), ev.StepSucceeded(step, attempt, Evidence(dict(facts))))

    def fail(self, step: str, attempt: int = 1, *, kind: FailureKind = FailureKind.UNHEALTHY, output: str = "") -> None:
        failure = Failure(kind, "deadline", {"timeout_s": 300}, output)
        self.write(ev.StepStarted(step, attempt, "boot-1"), ev.StepFailed(step, attempt, failure))

    def up(self, stage: str, host: str, names: tuple[str, ...] = APP_RECIPE.names) -> None:
        for name in names:
            facts = {"version": "1.1"} if "verify" in name else {}
            self.step(f"{stage}/{host}/{name}", **facts)
        self.write(ev.LaneEnded(f"{stage}/{host}", LaneResult.UPGRADED))

    def soak(self, stage: str, hosts: tuple[str, ...], value: float | None = 0.2) -> None:
        for covers_s in (0.0, 300.0, 300.0):
            self.write(ev.StageObserved(stage, covers_s, (Sample("error_rate", value),)), after_s=300)
        self.write(ev.StageConfirming(stage))
        for host in hosts:
            self.step(f"{stage}/{host}/c04-verify", version="1.1")
            self.write(ev.LaneConfirmed(f"{stage}/{host}"))

    def database(self) -> None:
        self.write(ev.StageOpened("orders-db/1/w1"))
        self.up("orders-db/1/w1", "db-01", DB_RECIPE.names)
        self.write(ev.StagePromoted("orders-db/1/w1", because("all-promoted")))

    def canary(self) -> None:
        self.write(ev.StageOpened("orders/1/w1"))
        self.up("orders/1/w1", "app-01")
        self.soak("orders/1/w1", APPS[:1])
        self.write(ev.StagePromoted("orders/1/w1", because("soaked-healthy", checks=1)))


UPGRADE_ENTRIES = (
    Entry(0, START - timedelta(hours=6), 1, ev.PlanFrozen(DIGEST, "ab" * 32, "ef" * 32, "li.wei")),
    Entry(1, START - timedelta(hours=5), 1, ev.ApprovalGiven(APPROVED[0])),
    Entry(2, START - timedelta(hours=4), 1, ev.ApprovalGiven(APPROVED[1])),
    Entry(3, START, 1, ev.RunBegan("orders-1.1/run-1", DIGEST, "li.wei")),
)


def upgraded() -> list[Entry]:
    """All goes well but for one retry and a new controller."""
    pen = Pen()
    pen.open()
    pen.database()
    pen.canary()
    pen.write(ev.StageOpened("orders/1/w2"))
    pen.up("orders/1/w2", "app-02")
    pen.fail("orders/1/w2/app-03/01-backup", output=HOSTILE, kind=FailureKind.TRANSIENT)
    pen.write(ev.ControllerTookOver("ctl-b"))
    pen.step("orders/1/w2/app-03/01-backup", 2)
    pen.up("orders/1/w2", "app-03", APP_RECIPE.names[1:])
    pen.up("orders/1/w2", "app-04")
    pen.soak("orders/1/w2", APPS[1:])
    pen.write(ev.StagePromoted("orders/1/w2", because("soaked-healthy", checks=1)))
    pen.write(ev.RunClosed(RunResult.UPGRADED, because("all-promoted")))
    return pen.entries


def rolled_back() -> list[Entry]:
    """The canary's traffic shows that the version is bad."""
    pen = Pen()
    pen.open()
    pen.write(ev.StageOpened("orders/1/w1"))
    pen.up("orders/1/w1", "app-01")
    for _ in range(2):
        pen.write(
            ev.StageObserved("orders/1/w1", 0.0, (Sample("error_rate", 12.5, bad_hosts=("app-01",), fails=True),))
        )
    why = because("check-failed", check="error_rate", fails=2, allow=1, last=12.5)
    pen.write(ev.RollbackBegan("all", why))
    pen.write(ev.LaneTurned("orders/1/w1/app-01", because("rollback", why="check-failed")))
    for name in ("b02-drain", "u03-install", "b04-verify", "b05-readmit"):
        pen.step(f"orders/1/w1/app-01/{name}", **({"version": "1.0"} if "verify" in name else {}))
    pen.write(ev.LaneEnded("orders/1/w1/app-01", LaneResult.RETURNED))
    pen.write(ev.RunClosed(RunResult.ROLLED_BACK, why))
    return pen.entries


def held() -> list[Entry]:
    """A step whose outcome is unknown, a pause, a host left out; nothing is settled yet."""
    pen = Pen()
    pen.open()
    pen.database()
    pen.canary()
    pen.write(ev.StageOpened("orders/1/w2"))
    pen.write(ev.LaneSkipped("orders/1/w2/app-04", "li.wei", "disk is being replaced"))
    pen.write(ev.StepStarted("orders/1/w2/app-02/01-backup", 1, "boot-1"))
    pen.write(ev.StepLost("orders/1/w2/app-02/01-backup", 1, because("no-probe")))
    pen.write(ev.HoldRaised("orders/1/w2/app-02/01-backup", because("outcome-unknown"), {"mark": "r1"}))
    pen.write(ev.StepStarted("orders/1/w2/app-03/01-backup", 1, "boot-1"))
    pen.write(ev.RunPaused("chen.jie", HOSTILE))
    return pen.entries


def run_of(entries: list[Entry]) -> Run:
    return fold(entries)


WAITING = Reason("soaking", {"stage": "orders/1/w1", "left_s": 240})
