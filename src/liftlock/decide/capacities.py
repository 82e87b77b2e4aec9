"""Shares become numbers: what a group of hosts promises, and how many failures a rollout tolerates.

What is allowed to go wrong rounds down, what must be kept rounds up.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from liftlock.decide.outage import rollout_of
from liftlock.decide.recipes import Laying
from liftlock.decide.roles import quorum_of
from liftlock.model.plan import Budget, Plan, Rollout
from liftlock.model.schedule import Capacity, Policy, Quorum

LONGEST_SOAK_FACTOR = 4
LONGEST_SOAK_EXTRA_S = 600.0


def capacities_of(plan: Plan, components: Mapping[str, Laying]) -> dict[str, Capacity]:
    """By group name. Components that share a group share its promise: the strictest one."""
    found: dict[str, Capacity] = {}
    for laying in components.values():
        group = laying.component.hosts
        new = capacity_of(group, len(laying.hosts), rollout_of(plan, laying))
        if (old := found.get(group)) is not None:
            new = replace(
                new,
                out_max=min(old.out_max, new.out_max),
                back_out_max=min(old.back_out_max, new.back_out_max),
            )
        found[group] = new
    return found


def capacity_of(group: str, size: int, rollout: Rollout) -> Capacity:
    if rollout.planned_outage:
        return Capacity(group, size, size, size)
    out_max = out_at_most(size, rollout)
    return Capacity(group, size, out_max, max(1, out_max, min(size, rollout.rollback_max_unavailable.of(size))))


def out_at_most(size: int, rollout: Rollout) -> int:
    """How many hosts may be out together; 0 if the shares leave none, which is a finding."""
    out_max = min(size, rollout.max_unavailable.of(size))
    if rollout.min_healthy is not None:
        out_max = min(out_max, size - rollout.min_healthy.of_up(size))
    return max(0, out_max)


def quorums_of(
    plan: Plan, components: Mapping[str, Laying], roles: Mapping[str, Mapping[str, str]]
) -> dict[str, Quorum]:
    """The quorums that are kept, by component: a planned outage takes its whole tier out, and promises none."""
    found = {}
    for name, laying in components.items():
        quorum = quorum_of(laying.component, laying.hosts, roles[name])
        if quorum is not None and not rollout_of(plan, laying).planned_outage:
            found[name] = quorum
    return found


def policy_of(plan: Plan, laying: Laying) -> Policy:
    component, rollout = laying.component, rollout_of(plan, laying)
    versions, failures_max = component.version, failures_at_most(rollout.failure_budget, len(laying.hosts))
    wave_hosts = rollout.failure_budget.wave_hosts
    return Policy(
        version_from=versions.from_,
        version_to=versions.to,
        after=component.after,
        capacity=component.hosts,
        on_failure=rollout.on_failure,
        failures_max=failures_max,
        wave_failures_max=failures_max if wave_hosts is None else min(wave_hosts, failures_max),
        attempts_max=rollout.failure_budget.attempts,
        host_deadline_s=rollout.host_deadline_s,
        progress_deadline_s=rollout.progress_deadline_s,
        soak_s=rollout.soak_s,
        look_every_s=rollout.look_every_s,
        longest_soak_s=longest_soak_s(rollout),
        no_return_because=f"{versions.from_} ∈ known_bad" if versions.from_ in versions.known_bad else "",
        outage=rollout.planned_outage,
    )


def failures_at_most(budget: Budget, size: int) -> int:
    """Failed hosts that a whole run tolerates: of a number and a percentage, the smaller."""
    limits = [] if budget.hosts is None else [budget.hosts]
    if budget.percent is not None:
        limits.append(int(size * budget.percent / 100 + 1e-9))
    return min(limits, default=0)


def longest_soak_s(rollout: Rollout) -> float:
    """When a soak without a verdict becomes a person's matter, if the plan does not say."""
    if rollout.longest_soak_s is not None:
        return rollout.longest_soak_s
    return rollout.soak_s * LONGEST_SOAK_FACTOR + LONGEST_SOAK_EXTRA_S
