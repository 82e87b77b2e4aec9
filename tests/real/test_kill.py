"""kill -9 of the controller at its journal's boundaries, on real hosts over real sshd: nothing lost, nothing twice."""

import asyncio
import signal
import subprocess
import time

import pytest

from liftlock.journal.sqlite import open_store
from liftlock.model.events import RunClosed, StepStarted
from tests.real.controller import STREAM
from tests.real.fleet import STEPS, controller, counts, write_schedule

HOSTS = 3
ONCE = {f"step-{n}": 1 for n in range(STEPS)}


@pytest.fixture
def fleet(tmp_path):
    sshd = write_schedule(tmp_path, HOSTS)
    yield tmp_path
    sshd.stop()


def entries(folder):
    async def read():
        store = await open_store(folder / "journal")
        try:
            return await store.entries(STREAM)
        finally:
            await store.close()

    return asyncio.run(read())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_controller_killed_at_its_commits_loses_and_repeats_nothing(fleet, when):
    """Process after process dies at its third, fourth or fifth commit, until one lives to the end."""
    deaths = 0
    for at in (3 + n % 3 for n in range(60)):
        found = subprocess.run(
            controller(fleet, "--at", str(at), "--when", when), capture_output=True, text=True, timeout=60, check=False
        )
        if found.returncode != -signal.SIGKILL:
            break
        deaths += 1
    assert (found.returncode, found.stdout.strip()) == (0, "upgraded"), found.stderr
    assert deaths > 3
    assert counts(fleet) == dict.fromkeys(counts(fleet), ONCE)
    assert len(counts(fleet)) == HOSTS


def test_a_stopped_controller_that_wakes_after_another_took_over_touches_nothing(fleet):
    sleeper = subprocess.Popen(controller(fleet, "--at", "4", "--signal", "STOP"), stdout=subprocess.PIPE)
    try:
        wait_until_stopped(sleeper.pid)
        other = subprocess.run(controller(fleet), capture_output=True, text=True, timeout=60, check=False)
        assert (other.returncode, other.stdout.strip()) == (0, "upgraded"), other.stderr
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(30) == 7
    finally:
        if sleeper.poll() is None:
            sleeper.kill()
        sleeper.wait()
        sleeper.stdout.close()
    assert counts(fleet) == dict.fromkeys(counts(fleet), ONCE)
    written = entries(fleet)
    assert isinstance(written[-1].event, RunClosed)
    assert len({(e.event.step, e.event.attempt) for e in written if isinstance(e.event, StepStarted)}) == sum(
        isinstance(e.event, StepStarted) for e in written
    )


def wait_until_stopped(pid):
    for _ in range(600):
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.05)
    raise AssertionError("the controller did not stop")
