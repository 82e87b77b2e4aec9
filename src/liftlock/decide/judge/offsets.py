"""Rates before the upgrade, and how much of them is expected of the canary."""

from collections.abc import Collection, Mapping, Sequence

from liftlock.model.canary import Offset, RateBaseline


def rate_baseline(events: Mapping[str, Sequence[float]], of: Mapping[str, Sequence[float]]) -> RateBaseline:
    """By host, an entry an interval."""
    whole = sum(map(sum, of.values()))
    common = sum(map(sum, events.values())) / whole if whole else 0.0
    return RateBaseline(common, dict.fromkeys(events, common), dict.fromkeys(events, 0.0))


def expected_share(base: RateBaseline, canary: Mapping[str, float], control: Mapping[str, float]) -> float:
    ours = sum(base.own.get(host, base.common) * of for host, of in canary.items())
    theirs = sum(base.own.get(host, base.common) * of for host, of in control.items())
    return (
        ours / (ours + theirs)
        if ours + theirs > 0
        else sum(canary.values()) / sum((*canary.values(), *control.values()))
    )


def offset_of(
    base: RateBaseline, canary: Collection[str], control: Collection[str], exposure: Mapping[str, float]
) -> Offset:
    whole = sum(exposure[host] for host in canary) or 1.0
    return Offset(variance=sum((exposure[host] / whole) ** 2 * base.variance.get(host, 0.0) for host in canary))
