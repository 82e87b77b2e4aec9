"""A real fleet for whole runs: hosts on loopback addresses behind one real sshd, and a schedule made of plain commands.

Every step writes one line to its host's own record, so that afterwards anybody can count what ran how often.
"""

import sys
from collections import Counter
from pathlib import Path

from msgspec import json

from liftlock.drivers import command as commands
from liftlock.drivers import precheck as prechecks
from liftlock.model.ports import Setting
from liftlock.model.schedule import Capacity, Policy, Recipe, Schedule, Stage, Template
from tests.sshd import Sshd, start_sshd

STEPS = 3


def record(folder: Path, host: str) -> Path:
    return folder / "hosts" / host / "record"


def counted_commands(folder: Path, steps: int = STEPS) -> tuple[Template, ...]:
    """Steps of a real driver: each appends its own name to the host's record, and takes a moment."""
    driver = next(driver for driver in commands.DRIVERS if driver.manifest.name == "command")
    templates: list[Template] = []
    for n in range(steps):
        item = driver.manifest.item(run=f'echo step-{n} >> "{folder}/hosts/$host/record"', undo="true")
        templates += driver.expand(item, Setting("app", "1.0", "1.1", False, {}, {}, {}))
    return tuple(templates)


def precheck() -> Template:
    driver = prechecks.DRIVERS[0]
    return driver.expand(driver.manifest.item(), Setting("app", "1.0", "1.1", False, {}, {}, {}))[0]


def schedule_of(folder: Path, sshd: Sshd, count: int, *, out_max: int = 2, steps: int = STEPS) -> Schedule:
    """One canary, then the rest; state and records in the folder."""
    hosts = {}
    for n in range(count):
        name = f"app-{n:03d}"
        (folder / "hosts" / name).mkdir(parents=True)
        (folder / "state" / name).mkdir(parents=True, mode=0o700)
        address = f"127.{1 + n // 62500}.{n // 250 % 250}.{n % 250 + 1}"
        hosts[name] = sshd.host(name, address, state=str(folder / "state" / name))
    names = tuple(hosts)
    templates = (precheck(), *counted_commands(folder, steps))
    recipe = Recipe(tuple(f"{n:02d}-{t.verb}" for n, t in enumerate(templates)), templates)
    policy = Policy("1.0", "1.1", (), "app", "roll back", 0, 0, 2, 600.0, 600.0, 0.0, 1.0, 60.0)
    stages = [Stage("app/1/w1", "app", "w1", names[:1], "app")]
    if names[1:]:
        stages.append(Stage("app/1/w2", "app", "w2", names[1:], "app", ("app/1/w1",)))
    return Schedule(
        upgrade="counted",
        title="counted",
        plan="0" * 64,
        zone="UTC",
        program="0",
        drivers={},
        policies={"app": policy},
        capacities={"app": Capacity("app", count, out_max, out_max)},
        recipes={"app": recipe},
        gates={},
        stages=tuple(stages),
        hosts=hosts,
        assumes={},
        artifacts={},
    )


def write_schedule(folder: Path, count: int, **how: int) -> Sshd:
    sshd = start_sshd(folder / "sshd", listen="0.0.0.0")
    schedule = schedule_of(folder, sshd, count, **how)
    (folder / "schedule.json").write_bytes(json.encode(schedule, order="deterministic"))
    return sshd


def read_schedule(folder: Path) -> Schedule:
    return json.decode((folder / "schedule.json").read_bytes(), type=Schedule)


def counts(folder: Path) -> dict[str, Counter[str]]:
    """How often each step ran on each host, by the hosts' own records."""
    found = {}
    for host in sorted((folder / "hosts").iterdir()):
        path = host / "record"
        found[host.name] = Counter(path.read_text().split()) if path.exists() else Counter()
    return found


def controller(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.real.controller", str(folder), *arguments]
