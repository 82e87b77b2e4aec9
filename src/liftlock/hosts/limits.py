"""Bounds of how hosts are reached. Everything that waits, retries or keeps has one."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Defaults for a fleet of any size; a site changes them in its configuration."""

    logins: int = 50  # logins in flight at once
    starts_per_s: float = 250.0  # logins begun a second
    login_timeout_s: float = 30.0
    carried: int = 200  # hosts that one login at a bastion carries
    attempts: int = 5  # logins tried before a host counts as unreachable
    backoff_s: float = 0.25  # doubled with each attempt, up to `backoff_max_s`, with jitter
    backoff_max_s: float = 8.0
    keepalive_s: float = 15.0
    keepalive_misses: int = 3
    guard_after_s: float = 0.5  # a step that runs longer than this gets a guard on its host
    grace_s: int = 3  # between TERM and KILL
    keep_bytes: int = 65_536  # of a step's output: the first and the last half
    body_bytes: int = 262_144  # of an HTTP answer, or of what a socket said
    reply_s: float = 60.0  # a shell that does not answer a short question within this is lost
    stall_s: float = 60.0  # a transfer without progress for this long is given up
