"""A whole run over real sshd, journal and exactly-once marks included, beside asyncssh bare, pyinfra and ansible-core.

    python -m bench.fleet --hosts 500 --rounds 3 [--peers FOLDER] [--ansible-hosts 50]

N hosts x six changing steps; one sshd on loopback plays all hosts. The ways are measured in turns; medians and ratios.
What hosts keep lies in memory where there is /dev/shm: one disk is not to stand for N. The journal is on the disk.
`--peers`: a virtual environment F in which pyinfra and ansible-core are installed (`F/bin/pip install …`).
"""

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
from tests.real.controller import Silent, SystemClock
from tests.real.fleet import precheck as precheck_template

from bench.fleet_transport import STEPS, WAYS, Field, laid, report
from liftlock.drivers import command, precheck
from liftlock.execute.loop import drive
from liftlock.execute.opening import open_run
from liftlock.execute.world import World
from liftlock.hosts.limits import Limits
from liftlock.hosts.reach import Reach
from liftlock.journal.sqlite import open_store
from liftlock.model.ports import Setting
from liftlock.model.schedule import Capacity, Policy, Recipe, Schedule, Stage, Template

STEP = 'mkdir -p "{folder}/$host/{step}" && echo done >"{folder}/$host/{step}/state"'
BARE = ("connect only", "one shell, six commands", "six exec requests")

PYINFRA = """\
from pyinfra.operations import server
for step in range({steps}):
    server.shell(
        name=f"step {{step}}",
        commands=[
            'mkdir -p "{folder}/{{{{ host.name }}}}/' + str(step) + '" && '
            'echo done >"{folder}/{{{{ host.name }}}}/' + str(step) + '/state"'
        ],
    )
"""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
"""
TASK = """\
    - shell: |
        mkdir -p "{folder}/{{{{ inventory_hostname }}}}/{step}" &&
        echo done >"{folder}/{{{{ inventory_hostname }}}}/{step}/state"
"""


def schedule_of(field: Field, at_once: int) -> Schedule:
    """One stage with every host, `at_once` side by side: it is about the transport, the marks and the journal."""
    folder = field.folder / f"turn{field.turn}"
    driver: Any = command.DRIVERS[0]
    templates: list[Template] = [precheck_template()]
    for step in range(STEPS):
        item = driver.manifest.item(run=STEP.format(folder=folder, step=step), undo="true")
        templates += driver.expand(item, Setting("app", "1.0", "1.1", False, {}, {}, {}))
    names, count = tuple(field.hosts), len(field.hosts)
    return Schedule(
        upgrade="bench",
        title="bench",
        plan="0" * 64,
        zone="UTC",
        program="0",
        drivers={},
        policies={"app": Policy("1.0", "1.1", (), "app", "roll back", 0, 0, 2, 3600.0, 3600.0, 0.0, 1.0, 60.0)},
        capacities={"app": Capacity("app", count, at_once, at_once)},
        recipes={"app": Recipe(tuple(f"{n:02d}-{t.verb}" for n, t in enumerate(templates)), tuple(templates))},
        gates={},
        stages=(Stage("app/1/w1", "app", "w1", names, "app", soaks=False),),
        hosts=field.hosts,
        assumes={},
        artifacts={},
    )


async def whole_run(journals: Path, at_once: int, field: Field) -> None:
    store: Any = await open_store(journals / f"journal{field.turn}")
    clock, nobody = SystemClock(), Silent()
    hosts = Reach(field.hosts, clock, limits=Limits(logins=50))
    drivers = {driver.manifest.name: driver for driver in (*command.DRIVERS, *precheck.DRIVERS)}
    quiet: Any = nobody
    world = World(store, hosts, clock, drivers, quiet, quiet)
    try:
        stream = f"u-bench/r{field.turn}"  # a run that ended is closed on its hosts, and so is its name
        await open_run(world, stream, "u-bench", schedule_of(field, at_once), by="bench", controller="bench")
        run = await drive(world, stream, controller="bench-1", watch=lambda *_: None, until=asyncio.Event())
        assert run.result is not None, f"{len(run.holds)} held: {next(iter(run.holds.items()), None)}"
        assert run.result.value == "upgraded", run.closed_because
    finally:
        await hosts.close()
        await store.close()


def in_process(way: Any, field: Field) -> None:
    uvloop.run(way(field))


def pyinfra(peers: Path, field: Field) -> None:
    folder = field.folder / f"turn{field.turn}"
    rows = [
        (
            name,
            {
                "ssh_hostname": host.address,
                "ssh_port": host.port,
                "ssh_user": host.user,
                "ssh_key": host.key,
                "ssh_strict_host_key_checking": "no",
                "ssh_known_hosts_file": host.known_hosts,
            },
        )
        for name, host in field.hosts.items()
    ]
    (folder / "inventory.py").write_text(f"hosts = {rows!r}\n")
    (folder / "deploy.py").write_text(PYINFRA.format(steps=STEPS, folder=folder))
    quiet(folder, [peers / "bin/pyinfra", "-y", "--parallel", "50", folder / "inventory.py", folder / "deploy.py"])


def ansible(peers: Path, count: int, field: Field) -> None:
    folder = field.folder / f"turn{field.turn}"
    lines = [
        f"{name} ansible_host={host.address} ansible_port={host.port} ansible_user={host.user} "
        f"ansible_ssh_private_key_file={host.key} ansible_python_interpreter={sys.executable} "
        f"ansible_ssh_common_args='-o UserKnownHostsFile={host.known_hosts}'"
        for name, host in list(field.hosts.items())[:count]
    ]
    (folder / "inventory").write_text("\n".join(lines) + "\n")
    tasks = "".join(TASK.format(folder=folder, step=step) for step in range(STEPS))
    (folder / "play.yml").write_text(PLAYBOOK + tasks)
    (folder / "ansible.cfg").write_text("[ssh_connection]\npipelining=True\n")
    quiet(folder, [peers / "bin/ansible-playbook", "-f", "50", "-i", folder / "inventory", folder / "play.yml"])


def quiet(folder: Path, words: list[Any]) -> None:
    with (folder / "output").open("wb") as output:
        done = subprocess.run([str(w) for w in words], cwd=folder, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise SystemExit((folder / "output").read_text()[-2000:])


def cpu_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def ways_of(asked: argparse.Namespace, journals: Path) -> dict[str, tuple[Any, int]]:
    """Each way, and how many hosts it is given."""
    ways: dict[str, tuple[Any, int]] = {name: (partial(in_process, WAYS[name]), asked.hosts) for name in BARE}
    ways["Liftlock, whole run"] = (partial(in_process, partial(whole_run, journals, asked.at_once)), asked.hosts)
    if asked.peers:
        ways["pyinfra"] = (partial(pyinfra, asked.peers), asked.hosts)
        few = min(asked.ansible_hosts, asked.hosts)
        ways[f"ansible-core, {few} hosts"] = (partial(ansible, asked.peers, few), few)
    wanted = tuple(part for part in asked.ways.split(",") if part)
    return {name: way for name, way in ways.items() if not wanted or name.startswith(wanted)}


def measure(field: Field, ways: dict[str, tuple[Any, int]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Per way and round: wall seconds, and the controller's CPU in ms a host."""
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (way, count) in ways.items():
            field.turn += 1
            (field.folder / f"turn{field.turn}").mkdir()
            wall, cpu = time.perf_counter(), cpu_s()
            way(field)
            wall, cpu = time.perf_counter() - wall, cpu_s() - cpu
            figures[name].append((wall, cpu * 1000 / count))
            print(f"  {name:26} {wall:7.2f} s  {cpu * 1000 / count:7.2f} ms a host", file=sys.stderr, flush=True)
    return figures


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hosts", type=int, default=100)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peers", type=Path)
    options.add_argument("--ansible-hosts", type=int, default=50)
    options.add_argument("--at-once", type=int, default=50, help="hosts under way at once, as of the other tools")
    options.add_argument("--ways", default="", help="comma-separated beginnings of names; all if not given")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-journals-") as journals, laid(asked.hosts) as field:
        figures = measure(field, ways_of(asked, Path(journals)), asked.rounds)
    report(figures, asked.hosts)


if __name__ == "__main__":
    main()
