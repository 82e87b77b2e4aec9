"""What becomes of a step when its host loses power, or the network, in the middle of it."""

import threading
import time
from collections.abc import Callable

from liftlock.drivers import command
from liftlock.execute.perform import Performer
from liftlock.model import events as ev
from tests.contract.way import Way
from tests.lab import Lab, LabHost

ITEM = {"run": "echo began >>~/trace; sleep 2; echo ended >>~/trace", "undo": "true"}


def trace(host: LabHost) -> list[str]:
    return host.root("cat /home/ops/trace 2>/dev/null || true").split()


def disturbed(way: Way, disturb: Callable[[], None]) -> ev.RunEvents:
    """How the step ends that is disturbed as soon as it has begun."""

    def watch() -> None:
        until = time.monotonic() + 20
        while not trace(way.host) and time.monotonic() < until:
            time.sleep(0.05)
        disturb()

    (template,) = way.expand(ITEM)
    job = way.job("01-command", template.action, template, {}, False)

    async def work(performer: Performer) -> ev.RunEvents:
        return await performer.perform(job, way.drivers[template.action.driver])

    watcher = threading.Thread(target=watch)
    watcher.start()
    ended: ev.RunEvents = way.asked(work)
    watcher.join()
    return ended


def test_a_step_whose_host_lost_its_power_has_an_unknown_outcome_and_a_person_is_asked(lab: Lab) -> None:
    """It is not taken for a failure, which would begin the way back beside what nobody knows."""
    host = lab.host()

    def power_cut() -> None:
        host.kill()
        host.start()

    ended = disturbed(Way(lab, host, command.DRIVERS), power_cut)
    assert isinstance(ended, ev.StepLost), ended
    assert ended.because.code == "no-probe"
    assert trace(host) == ["began"]


def test_a_step_goes_on_through_a_cut_network_and_runs_once(lab: Lab) -> None:
    host = lab.host()

    def cut() -> None:
        host.cut()
        time.sleep(2.5)
        host.heal()

    ended = disturbed(Way(lab, host, command.DRIVERS), cut)
    assert isinstance(ended, ev.StepSucceeded), ended
    assert trace(host) == ["began", "ended"]
