"""Waves: shares that mean something, canaries that are fewer than all."""

from collections.abc import Iterator

from liftlock.decide.capacities import out_at_most
from liftlock.decide.case import Case, Rule, error, info, warning
from liftlock.decide.waves import targets
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Rollout, Share


def shown(share: Share) -> str:
    """As the plan writes it."""
    if share.count is not None:
        return str(share.count)
    return f"{share.percent or 0:g}%"


def waves_are_shares(case: Case) -> Iterator[Finding]:
    """No wave of nothing, none of more than all, none that an earlier one has reached already."""
    for place, rollout, _ in case.rollouts():
        if not rollout.waves:
            yield error("L131", (*place, "waves"))
        yield from wave_shares(place, rollout)


def wave_shares(place: Path, rollout: Rollout) -> Iterator[Finding]:
    reached = Share(percent=0.0)
    for index, share in enumerate(rollout.waves):
        path, wave = (*place, "waves", index), index + 1
        if (share.count if share.count is not None else share.percent or 0) <= 0:
            yield error("L125", path, wave=wave)
        elif share.percent is not None:
            if share.percent > 100:
                yield error("L126", path, wave=wave, share=shown(share))
            elif share.percent <= (reached.percent or 0):
                yield warning("L127", path, wave=wave, share=shown(share), before=shown(reached))
            reached = share


def percentages_add_hosts(case: Case) -> Iterator[Finding]:
    """A percentage that is less than one host more takes one host all the same: worth knowing, harmless."""
    for place, rollout, laying in case.rolled():
        at, size = 0, len(laying.hosts)
        for index, (share, ends) in enumerate(zip(rollout.waves, targets(rollout.waves, size), strict=False)):
            percent = share.percent or 0
            if 0 < percent < 100 and share.of_up(size) <= at:
                fields = {"share": shown(share), "group": laying.component.hosts}
                yield info("L132", (*place, "waves", index), wave=index + 1, size=size, **fields)
            at = ends


def waves_reach_everything(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        size, at = len(laying.hosts), 0
        for share in rollout.waves:
            at = max(at + 1, at + share.count if share.count is not None else share.of_up(size))
        if rollout.waves and at < size:
            path = (*place, "waves", len(rollout.waves) - 1)
            yield warning("L128", path, reached=at, size=size, group=laying.component.hosts)


def there_is_a_canary(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        size = len(laying.hosts)
        waves = targets(rollout.waves, size)
        if rollout.planned_outage or size < 2 or not rollout.waves:
            continue
        if len(waves) == 1:
            yield warning("L129", (*place, "waves"), group=laying.component.hosts, size=size)
        elif waves[0] > max(1, out_at_most(size, rollout)):
            fields = {"wave_hosts": waves[0], "out_max": out_at_most(size, rollout)}
            yield warning("L130", (*place, "waves", 0), group=laying.component.hosts, **fields)


RULES: tuple[Rule, ...] = (waves_are_shares, percentages_add_hosts, waves_reach_everything, there_is_a_canary)
