"""What happens in the scenarios: an upgrade that nobody notices, a bad version, kills, hosts that go, a full disk.

Each act begins an upgrade while customers order, lets something go wrong, and answers with the figures of that time.
"""

import json
import random
import subprocess
import time
from collections.abc import Callable

from tests.lab import LabHost
from tests.real.scenarios.figures import Figures
from tests.real.scenarios.load import Account
from tests.real.scenarios.plans import CONTRACT, THEN_FAILS
from tests.real.scenarios.tiers import Tiers

ENDED = (0, 1, 3, 4, 5)  # what the command line's status says of a run that nobody killed
PATIENCE_S = 240.0


def upgrade(tiers: Tiers, to: str = "1.1", before: str = "1.0", *, kills: int = 0, seed: int = 1) -> Figures:
    """All tiers go up, and the controller is killed so many times meanwhile."""
    tiers.write_plan(to, before)
    tiers.liftlock("survey", "plan.yaml")
    seen = during(tiers, lambda: drive(tiers, kills=kills, seed=seed))
    assert set(tiers.versions()) == {to}
    for app in tiers.apps:
        assert app.root(f"grep -c ' status installed orders:all {to}$' /var/log/dpkg.log") == "1\n"
    return tiers.figures(seen)


def bad_version(tiers: Tiers) -> Figures:
    """1.2 fails where customers are; what it wrote stays, with the column that it wrote into."""
    tiers.write_plan("1.2", "1.1")
    seen = during(tiers, lambda: tiers.liftlock("run", "plan.yaml", "--yes", expect=3))
    assert set(tiers.versions()) == {"1.1"}
    assert "channel" in tiers.columns()
    assert {each.version for each in seen.failed} == {"1.2"}
    return tiers.figures(seen)


def outage(tiers: Tiers) -> Figures:
    """Announced: customers are not served while the tiers stop, are upgraded and start, in order."""
    tiers.write_plan("1.1", outage=True)
    tiers.liftlock("survey", "plan.yaml")
    seen = during(tiers, lambda: tiers.liftlock("run", "plan.yaml", "--yes"))
    assert set(tiers.versions()) == {"1.1"}
    log = tiers.liftlock("log", "plan.yaml", "--json")
    order = [line["stage"] for line in map(json.loads, log.splitlines()) if line["kind"] == "StageOpened"]
    assert order[:2] == ["orders/1/stop", "orders-db/1/w1"], order
    return tiers.figures(seen)


def no_return(tiers: Tiers) -> Figures:
    """The contract is behind; what fails then freezes the run: a person is asked, and nothing goes back."""
    tiers.write_plan("1.3", "1.1", after=CONTRACT + THEN_FAILS)
    said = []
    seen = during(tiers, lambda: said.append(tiers.liftlock("run", "plan.yaml", "--yes", expect=4)))
    assert set(tiers.versions()) == {"1.3"}
    assert "qty" not in tiers.columns()
    assert "brought back" not in said[0]
    return tiers.figures(seen)


def host_goes(tiers: Tiers, harm: Callable[[LabHost], None], mend: Callable[[LabHost], None], step: str) -> Figures:
    """A host is lost in the middle of one of its steps, and comes back while the run waits or is held for it."""
    tiers.write_plan("1.1")
    first = tiers.start("run", "plan.yaml", "--yes")
    seen = during(tiers, lambda: lose(tiers, first, harm, mend, step))
    assert len(set(tiers.versions())) == 1, tiers.versions()
    return tiers.figures(seen)


def lose(
    tiers: Tiers,
    first: "subprocess.Popen[str]",
    harm: Callable[[LabHost], None],
    mend: Callable[[LabHost], None],
    step: str,
) -> None:
    host = tiers.host_of(wait_for(tiers, "StepStarted", step)["host"])
    harm(host)
    time.sleep(2)
    mend(host)
    first.communicate(timeout=PATIENCE_S)
    finish(tiers)


def full_disk(tiers: Tiers) -> Figures:
    """There is no room for the backup: nothing is written, and the database is as it was."""
    tiers.primary.root("mkdir -p /var/backup && mount -t tmpfs -o size=200k,uid=0,mode=0777 none /var/backup")
    before = tiers.columns()
    tiers.write_plan("1.1", more=", to: /var/backup")
    seen = during(tiers, lambda: tiers.liftlock("run", "plan.yaml", "--yes", expect=None))
    assert tiers.columns() == before
    assert set(tiers.versions()) == {"1.0"}
    return tiers.figures(seen)


# --- within --------------------------------------------------------------------------------------------------


def during(tiers: Tiers, what: Callable[[], object]) -> Account:
    """What the clients saw from a second before until a second after."""
    tiers.begin_load()
    time.sleep(1)
    try:
        what()
        time.sleep(1)
    finally:
        seen = tiers.end_load()
    assert seen.acknowledged
    return seen


def drive(tiers: Tiers, *, kills: int, seed: int) -> None:
    """Run to the end, through kills of the controller at moments that nobody chose."""
    dice = random.Random(seed)
    for number in range(kills):
        process = tiers.start("run", "plan.yaml", "--yes")
        try:
            said, _ = process.communicate(timeout=dice.uniform(0.6, 3.0))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            continue
        assert process.returncode == 0, said
        assert number, "the run ended before anything was killed"
        return
    tiers.liftlock("run", "plan.yaml", "--yes")


def wait_for(tiers: Tiers, kind: str, step: str) -> dict[str, str]:
    """The first such entry of the run's log."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        said = tiers.liftlock("log", "plan.yaml", "--json", expect=None)
        for line in said.splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("kind") == kind and entry["subject"].endswith(f"-{step}"):
                return dict(entry)
        time.sleep(0.1)
    raise AssertionError(f"no {kind} of {step}: {said}")


def finish(tiers: Tiers) -> None:
    """Answer what the run asks, as a person would who has looked at the host: try it again."""
    for _ in range(10):
        status = json.loads(tiers.liftlock("status", "plan.yaml", "--json", expect=None))
        if status["standing"] == "closed":
            return
        for hold in status["holds"]:
            tiers.liftlock("settle", hold["subject"], "retry", "-m", "the host is back", expect=None)
        tiers.liftlock("run", "plan.yaml", "--yes", expect=None)
    raise AssertionError(tiers.liftlock("status", "plan.yaml", expect=None))
