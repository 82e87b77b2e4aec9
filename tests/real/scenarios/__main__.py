"""The full set: `python -m tests.real.scenarios [NAME…]` as root. Each scenario begins on fresh hosts; its figures are
printed, and what a person saw is kept in the folder that is named at the end. About half an hour."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

from tests.lab import Lab, LabHost, own_fleet
from tests.real.scenarios import acts
from tests.real.scenarios.figures import Figures
from tests.real.scenarios.tiers import Tiers

APPS, ROWS, KILLS = 4, 200_000, 20
Scenario = Callable[[Tiers], Iterator[tuple[str, Figures]]]


def plain(tiers: Tiers) -> Iterator[tuple[str, Figures]]:
    yield "1.0 to 1.1 under load", acts.upgrade(tiers)
    yield "1.1 to 1.2, which is bad", acts.bad_version(tiers)
    yield "1.1 to 1.3, a failure after the point of no return", acts.no_return(tiers)


def killed(tiers: Tiers) -> Iterator[tuple[str, Figures]]:
    yield f"the controller is killed {KILLS} times", acts.upgrade(tiers, kills=KILLS, seed=int(time.time()))


def outage(tiers: Tiers) -> Iterator[tuple[str, Figures]]:
    planned = acts.outage(tiers)
    said = tiers.liftlock("plan", "plan.yaml")
    yield "a planned outage", planned
    print(*(line for line in said.splitlines() if "about" in line.lower()), sep="\n")


def full(tiers: Tiers) -> Iterator[tuple[str, Figures]]:
    yield "the disk of the backup is full", acts.full_disk(tiers)


def lost(
    name: str, harm: Callable[[LabHost], None], mend: Callable[[LabHost], None], step: str
) -> tuple[str, Scenario]:
    def play(tiers: Tiers) -> Iterator[tuple[str, Figures]]:
        yield name, acts.host_goes(tiers, harm, mend, step)

    return name.replace(" ", "-"), play


SCENARIOS: dict[str, Scenario] = {"plain": plain, "killed": killed, "outage": outage, "full-disk": full} | dict(
    (
        lost("a host is cut off while it installs", LabHost.cut, LabHost.heal, "install"),
        lost("a host dies while it installs", LabHost.kill, LabHost.start, "install"),
        lost("a host reboots while its service restarts", LabHost.reboot, lambda _: None, "restart"),
        lost("the database is cut off while it is backed up", LabHost.cut, LabHost.heal, "backup"),
    )
)


def play(lab: Lab, name: str, kept: Path) -> bool:
    folder = kept / name
    folder.mkdir()
    tiers = Tiers(lab, folder, apps=APPS, rows=ROWS)
    try:
        for what, found in SCENARIOS[name](tiers):
            print(f"{what}: {found}", flush=True)
    except AssertionError as error:
        print(f"{name}: BROKEN: {error}", flush=True)
        return False
    finally:
        (folder / "seen.txt").write_text(tiers.liftlock("report", "plan.yaml", expect=None))
    return True


def main(names: list[str]) -> int:
    kept = Path(mkdtemp(prefix="liftlock-scenarios-"))
    with own_fleet() as lab:
        good = [play(lab, name, kept) for name in names or SCENARIOS]
    print(f"what a person saw: {kept}")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
