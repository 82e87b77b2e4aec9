"""A simulated upgrade of 1,000, 10,000 and 100,000 hosts: wall time, memory, and the cost of one host.

python -m bench.simulated_fleet [--hosts 1000 10000 100000]
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.simulate.scenarios import gauge, usual_recipe

from liftlock.execute.loop import collect_rarely
from liftlock.model.inventory import Host
from liftlock.model.plan import Check
from liftlock.model.schedule import Capacity, Gate, Policy, Schedule, Stage
from liftlock.simulate.clock import EPOCH, run_virtually
from liftlock.simulate.faults import CALM
from liftlock.simulate.story import People, Teller

SHARES = (0.001, 0.01, 0.1, 0.5, 1.0)


def schedule_of(count: int) -> Schedule:
    """One component in five waves; a quarter of the fleet may be out."""
    hosts = [f"app-{n:06d}" for n in range(count)]
    cuts = [0, *(max(1, int(count * share)) for share in SHARES)]
    stages, before = [], ()
    for n, (begins, ends) in enumerate(pairwise(cuts), 1):
        stages.append(Stage(f"app/1/w{n}", "app", f"w{n}", tuple(hosts[begins:ends]), "app", before))
        before = (stages[-1].id,)
    policy = Policy("1.0", "1.1", (), "app", "roll back", 0, 0, 2, 3600.0, 7200.0, 60.0, 30.0, 3600.0)
    return Schedule(
        upgrade="bench",
        title="bench",
        plan="0" * 64,
        zone="UTC",
        program="0",
        drivers={},
        policies={"app": policy},
        capacities={"app": Capacity("app", count, count // 4, count // 3)},
        recipes={"app": usual_recipe()},
        gates={"app": (Gate(Check("errors", above=0.05), gauge()),)},
        stages=tuple(stages),
        hosts={name: Host(name) for name in hosts},
        assumes={},
        artifacts={},
    )


def measure(count: int) -> None:
    teller = Teller(schedule_of(count), 1, CALM, ZoneInfo("UTC"), EPOCH, spool=True)
    teller.fleet.keeps_trace = False
    collect_rarely()
    began = time.perf_counter()
    run_virtually(teller.play(People()))
    wall_s = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    run = teller.driven
    result = run.result.value if run and run.result else "open"
    events = run.size if run else 0
    print(
        f"{count:>7} hosts: {wall_s:7.1f} s wall, {peak:6.0f} MiB peak, {wall_s / count * 1e6:6.0f} µs a host, "
        f"{events} events, {result}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--here", action="store_true", help="measure in this process")
    options = parser.parse_args()
    random.seed(1)
    for count in options.hosts:
        if options.here:
            measure(count)
        else:  # a process each, so that the peaks are their own
            subprocess.run([sys.executable, "-m", "bench.simulated_fleet", "--here", "--hosts", str(count)], check=True)


if __name__ == "__main__":
    main()
