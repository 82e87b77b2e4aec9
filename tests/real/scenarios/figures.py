"""What a scenario is judged by: what customers saw, for how long a host was out, how long the way back took."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.real.scenarios.load import Account

Line = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """`reduced_s`: seconds in which at least one host was out of the balancer; `back_s`: of the way back, 0 if none."""

    sent: int
    failed: int
    lost: int
    slowest_s: float
    reduced_s: float
    back_s: float
    twice: tuple[str, ...]  # steps that succeeded more than once on the way up, or ran again without a failure
    end: str
    silent_s: float  # the longest time in which no customer was served

    def __str__(self) -> str:
        return (
            f"{self.sent} requests, {self.failed} failed, {self.lost} acknowledged writes lost, "
            f"slowest {self.slowest_s:.2f} s; a host out for {self.reduced_s:.1f} s; way back {self.back_s:.1f} s; "
            f"nobody served for {self.silent_s:.1f} s; "
            f"twice: {len(self.twice)}; {self.end}"
        )


def figures(log: str, seen: Account, present: Iterable[str]) -> Figures:
    """Of one run's log (`liftlock log --json`), and of the clients' account of the same time."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return Figures(
        sent=seen.sent,
        failed=len(seen.failed),
        lost=len(seen.lost(present)),
        slowest_s=seen.slowest_s,
        reduced_s=reduced_s(lines),
        back_s=back_s(lines),
        twice=tuple(step for step, count in successes(lines).items() if count > 1),
        end=str(lines[-1]["what"]),
        silent_s=silent_s(seen),
    )


def silent_s(seen: Account) -> float:
    served = sorted(each.at + each.took_s for each in seen.requests if each.good)
    return max((later - earlier for earlier, later in pairwise(served)), default=0.0)


def at(line: Line) -> float:
    return datetime.fromisoformat(line["at"]).timestamp()


def reduced_s(lines: list[Line]) -> float:
    """From a drain's beginning to the readmission of the last host that is out."""
    out: set[str] = set()
    since = total = 0.0
    for line in lines:
        step = line["subject"].rpartition("/")[2]
        if line["kind"] == "StepStarted" and step.endswith("-drain"):
            since = at(line) if not out else since
            out.add(line["host"])
        elif line["kind"] == "StepSucceeded" and step.endswith("-readmit") and line["host"] in out:
            out.discard(line["host"])
            total += 0.0 if out else at(line) - since
    return total


def back_s(lines: list[Line]) -> float:
    begun = [at(line) for line in lines if line["kind"] == "RollbackBegan"]
    return at(lines[-1]) - begun[0] if begun else 0.0


def successes(lines: list[Line]) -> Counter[str]:
    return Counter(line["subject"] for line in lines if line["kind"] == "StepSucceeded")
