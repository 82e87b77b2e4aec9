"""The three acts, and what each of them promises."""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo import fleet, traffic
from demo.liftlock import Liftlock
from demo.stage import Stage
from demo.teller import Teller

UPGRADED, ROLLED_BACK = 0, 3


@dataclass(frozen=True)
class Act:
    """What an act came to."""

    name: str
    result: str
    wanted: str  # the version that every host must answer with
    answering: Counter[str]
    orders: traffic.Tally
    took_s: float
    kills: int = 0

    @property
    def lost_nothing(self) -> bool:
        return self.orders.sent > 0 and self.orders.failed == 0

    @property
    def every_host_right(self) -> bool:
        return set(self.answering) == {self.wanted}


class Play:
    """Plays the acts on a stage, with Liftlock's command line."""

    def __init__(self, stage: Stage, liftlock: Liftlock, teller: Teller) -> None:
        self.stage = stage
        self.liftlock = liftlock
        self.teller = teller

    def first(self) -> Act:
        """1.0 → 1.1, every command on show."""
        self.teller.headline("act-1")
        begun = time.time()
        self.liftlock.keep("schema", to="liftlock.schema.json", tail=0)
        plan = self.stage.plan("1.0", "1.1").name
        self.liftlock.show("check", plan)
        self.liftlock.show("survey", plan)
        self.liftlock.show("plan", plan)
        self.approve(plan)
        self.liftlock.show("run", plan, "--yes")
        return self.seen("1.0 → 1.1", "upgraded", "1.1", begun)

    def second(self) -> Act:
        """1.1 → 1.2, which is bad in a way that only its traffic shows."""
        self.teller.headline("act-2")
        self.teller.say("act-2-why")
        begun = time.time()
        plan = self.prepare("1.1", "1.2")
        self.liftlock.show("run", plan, "--yes", expect=(ROLLED_BACK,))
        self.liftlock.show("canary", plan, expect=(ROLLED_BACK,))
        return self.seen("1.1 → 1.2", "rolled-back", "1.1", begun)

    def third(self) -> Act:
        """1.1 → 1.3 under a controller that is killed twice."""
        self.teller.headline("act-3")
        self.teller.say("act-3-why")
        begun = time.time()
        plan = self.prepare("1.1", "1.3")
        self.kill(self.installing, "kill-install", plan)
        self.kill(self.restarting, "kill-restart", plan)
        self.liftlock.show("run", plan, "--yes")
        return self.seen("1.1 → 1.3", "resumed", "1.3", begun, kills=2)

    def prepare(self, old: str, new: str) -> str:
        plan = self.stage.plan(old, new).name
        self.liftlock.keep("plan", plan, tail=1)
        self.approve(plan)
        return plan

    def approve(self, plan: str) -> None:
        for approver in self.stage.approvers:
            key = ("--key", f"keys/{approver.key.name}") if approver.key else ()
            self.liftlock.keep("approve", plan, "--as", approver.name, "--role", approver.role, *key)

    def kill(self, moment: Callable[[], str], key: str, plan: str) -> None:
        pid, host = self.liftlock.kill_when(moment, "run", plan, "--yes")
        self.teller.say(key, style="bold red", pid=pid, host=host)
        self.teller.say("again")

    def installing(self) -> str:
        """The host of the second wave on which the installer is under way, or nothing."""
        done = sum(fleet.records(self.stage.hosts, "install 1.3 done").values())
        return next((h.name for h in self.stage.hosts if done and h.last_record().startswith("install 1.3 begun")), "")

    def restarting(self) -> str:
        """The host of the last wave that is stopped and not yet started again, or nothing."""
        started = sum(fleet.records(self.stage.hosts, "start 1.3 ").values())
        return next((h.name for h in self.stage.hosts if started >= 4 and h.last_record().startswith("stop")), "")

    def seen(self, name: str, result: str, wanted: str, begun: float, kills: int = 0) -> Act:
        """Ask every host who it is, add up what the clients counted, and say so."""
        ended = time.time()
        answering = Counter(version_of(host) for host in self.stage.hosts)
        orders = self.stage.tally(begun, ended)
        versions = ", ".join(f"{version}: {number}" for version, number in sorted(orders.versions.items()))
        self.teller.console.print()
        self.teller.say(
            "seen",
            style="green" if not orders.failed else "yellow",
            sent=orders.sent,
            failed=orders.failed,
            slowest_ms=orders.slowest_ms,
            versions=versions,
        )
        return Act(name, result, wanted, answering, orders, ended - begun, kills)


def version_of(host: fleet.SandboxHost) -> str:
    """As the running process says, asked past the load balancer."""
    try:
        with urllib.request.urlopen(f"http://{host.address}:{host.port}/healthz", timeout=5) as answer:
            return str(json.load(answer)["version"])
    except OSError as error:
        return str(error)


# --- the record -----------------------------------------------------------------------------------------


def keep_record(liftlock: Liftlock, teller: Teller) -> bool:
    """Report and archive every run, verify the archives, and one that was tampered with. True if all is proved."""
    teller.headline("record")
    bundles = liftlock.folder / "bundles"
    bundles.mkdir()
    for version in ("1.1", "1.2", "1.3"):
        plan = f"orders-{version}.yaml"
        liftlock.keep("report", plan, to=f"reports/orders-{version}.md", tail=0)
        liftlock.keep("archive", plan, "--output", f"bundles/orders-{version}.liftlock")
    liftlock.show("log", "orders-1.3.yaml", "--kind", "ControllerTookOver")
    key = liftlock.keep("journal", "key", to="bundles/public-key.txt").strip()
    liftlock.show("verify", "bundles/orders-1.3.liftlock", "--key", key)
    tamper(bundles / "orders-1.3.liftlock", bundles / "tampered.liftlock")
    teller.say("tampered")
    liftlock.show("verify", "bundles/tampered.liftlock", "--key", key, expect=(1,))
    return True


def tamper(bundle: Path, copy: Path) -> None:
    """Change one byte in the middle."""
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
