"""What can go wrong in the simulated world, and how often: probabilities for each operation or each host."""

import random
from typing import Literal

from msgspec import Struct

Badness = Literal["", "at-once", "late", "traffic"]


class Faults(Struct, frozen=True):
    """Probabilities from 0 to 1. An operation is one request to a host or a peer.

    `bad`: when the new version shows that it is bad: as soon as it runs, some minutes later, or under traffic only.
    `bad_hosts`: the share of hosts on which it does. `crash`: before and after each commit, the controller dies.
    """

    transient: float = 0.0
    permanent: float = 0.0
    slow: float = 0.0
    lost_answer: float = 0.0
    lost_connection: float = 0.0
    death: float = 0.0  # per operation: the host dies; half of them come back after a while
    reboot: float = 0.0  # per operation: the host reboots in the middle
    killed: float = 0.0  # per script: its process is killed, and leaves no exit status
    clock_jump: float = 0.0  # per operation: the wall clock jumps by up to an hour
    crash: float = 0.0
    rival: float = 0.0  # per controller: it falls asleep while it drives, and wakes when another one has taken over
    failover: float = 0.0  # per operation: a primary and one of its replicas change their roles
    bad: Badness = ""
    bad_hosts: float = 1.0


CALM = Faults()


def drawn(rng: random.Random) -> Faults:
    """A seed's own mixture: calm, rough or wild, with or without a bad version."""
    level = rng.choice((0.0, 0.01, 0.03, 0.1))

    def some(share: float) -> float:
        return level * share if rng.random() < 0.6 else 0.0

    return Faults(
        transient=some(1.0),
        permanent=some(0.2),
        slow=some(1.0),
        lost_answer=some(0.5),
        lost_connection=some(0.5),
        death=some(0.05),
        reboot=some(0.1),
        killed=some(0.3),
        clock_jump=some(0.05),
        crash=rng.choice((0.0, 0.0, 0.01, 0.05)),
        rival=rng.choice((0.0, 0.4)),
        bad=rng.choice(("", "", "", "at-once", "late", "traffic")),
        bad_hosts=rng.choice((1.0, 1.0, 0.3)),
    )
