"""Is a wave healthy? One verdict for each check, from the looks that were recorded through its soak.

A check and its recorded looks in, a verdict with its reason out. No data is never a pass.
"""

from collections.abc import Sequence

from liftlock.model.canary import Verdict
from liftlock.model.plan import Check
from liftlock.model.reasons import Reason, because
from liftlock.model.run import Tally
from liftlock.model.schedule import Gate


def breaches(check: Check, value: float) -> bool:
    """Is one figure beyond the check's threshold? Without a threshold, anything above 0 is (a share of failures)."""
    if isinstance(check.above, float | int):
        return value > check.above
    if isinstance(check.below, float | int):
        return value < check.below
    return value > 0


def judge(check: Check, tally: Tally | None) -> tuple[Verdict, Reason]:
    """Failing looks above `allow` fail; fewer samples than asked for are no verdict."""
    if tally is None or tally.samples == 0:
        return Verdict.NODATA, because("check-no-data", check=check.name)
    if tally.fails > check.allow:
        last = "" if tally.last is None else tally.last
        return Verdict.FAIL, because("check-failed", check=check.name, fails=tally.fails, allow=check.allow, last=last)
    if tally.samples < check.samples:
        return Verdict.INCONCLUSIVE, because(
            "check-too-few", check=check.name, samples=tally.samples, wanted=check.samples
        )
    return Verdict.PASS, because("check-passed", check=check.name, samples=tally.samples)


def judge_stage(
    gates: Sequence[Gate], tallies: dict[str, Tally], canary: tuple[Verdict, Reason] | None
) -> tuple[Verdict, Reason]:
    """One failure fails the stage; else what is missing keeps it; else it passes. `canary`: what its look says."""
    if "settled" in tallies:
        return Verdict.FAIL, because("settled-as-failed")
    verdicts = [judge(gate.check, tallies.get(gate.check.name)) for gate in gates]
    verdicts += [canary] if canary is not None else []
    for wanted in (Verdict.FAIL, Verdict.NODATA, Verdict.INCONCLUSIVE):
        for verdict, reason in verdicts:
            if verdict is wanted:
                return verdict, reason
    return Verdict.PASS, because("soaked-healthy", checks=len(gates))
