"""What the exit status of a command means."""

from enum import IntEnum

from liftlock.model.events import RunResult
from liftlock.model.run import Run


class Exit(IntEnum):
    OK = 0  # done; of a run: upgraded
    FINDINGS = 1  # the plan has errors, the request was refused, or a run left hosts out
    USAGE = 2  # the command line was not understood
    ROLLED_BACK = 3
    HELD = 4  # held or paused: a person is asked, or the run goes on later
    ABORTED = 5
    WORLD = 6  # a host, the network, the disk or the journal did not answer as asked
    BUG = 70  # our own fault; the journal makes it safe to start again


RESULTS = {
    RunResult.UPGRADED: Exit.OK,
    RunResult.UPGRADED_WITH_EXCEPTIONS: Exit.FINDINGS,
    RunResult.ROLLED_BACK: Exit.ROLLED_BACK,
    RunResult.ABORTED: Exit.ABORTED,
}


def of_run(run: Run) -> Exit:
    """A run that is still open, and that nobody drives any more, waits for a person."""
    return Exit.HELD if run.result is None else RESULTS[run.result]
