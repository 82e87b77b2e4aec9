"""The promises of a run, checked against what happened: one function for each, which yields what broke it.

What a person answered for is excused, for that host and that step only: `excuses`.
"""

from collections.abc import Callable, Iterator

from liftlock.simulate import (
    promises_back,
    promises_bounds,
    promises_canary,
    promises_hops,
    promises_hosts,
    promises_record,
    promises_roles,
)
from liftlock.simulate.story import Story

PROMISES: tuple[Callable[[Story], Iterator[str]], ...] = (
    promises_hosts.capacity_is_kept,
    promises_hosts.no_step_runs_twice,
    promises_hosts.not_started_is_true,
    promises_hosts.no_write_before_a_proved_backup,
    promises_hosts.no_write_while_serving,
    promises_hosts.no_readmission_unverified,
    promises_hosts.nothing_stays_drained_without_a_reason,
    promises_hosts.upgraded_means_the_new_version_verified,
    promises_record.waves_keep_their_order_and_soak,
    promises_record.nothing_begins_outside_a_window,
    promises_record.paused_means_that_nothing_new_begins,
    promises_record.at_once_means_that_no_step_begins,
    promises_record.the_budget_is_kept,
    promises_record.one_lane_at_a_time_on_a_host,
    promises_record.two_runs_never_share_a_host,
    promises_record.the_record_is_legal_and_is_the_state,
    promises_record.the_run_ends_or_holds_with_a_reason,
    promises_back.undo_follows_dependents,
    promises_back.an_outage_is_complete,
    promises_back.rolled_back_means_the_old_version_verified,
    promises_roles.the_primary_goes_last,
    promises_roles.a_quorum_is_kept,
    promises_bounds.nothing_begins_before_its_lead,
    promises_bounds.nothing_begins_while_others_change_a_host,
    promises_bounds.a_wave_is_observed_before_the_next,
    promises_hops.a_hop_begins_where_the_one_before_arrived,
    promises_canary.nothing_is_touched_without_a_baseline,
    promises_canary.a_wave_is_promoted_on_a_pass,
    promises_canary.every_request_counts_at_most_once,
    promises_canary.nothing_begins_after_canaries_failed,
)


def broken(story: Story) -> list[str]:
    """Every promise that this story breaks, named; empty is as it should be."""
    return [f"{promise.__name__}: {what}" for promise in PROMISES for what in promise(story)]
