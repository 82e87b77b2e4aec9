"""Which host is upgraded in which wave, and in which order.

Canaries are a sample of all failure domains, drawn by digest: the same plan draws the same hosts, and hosts bought
together do not stand for all others. Where the plan names strata (variables of hosts: hardware, role), each kind of
host has its share first, and within a kind each domain. Within a wave one domain is finished before the next begins. A
host that was placed once keeps its place.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from liftlock.model.inventory import Inventory
from liftlock.model.plan import Share

DIGITS = re.compile(r"(\d+)")


def targets(waves: Sequence[Share], size: int) -> tuple[int, ...]:
    """How many hosts are upgraded after each wave: percentages are cumulative, counts add, the last wave takes all."""
    done: list[int] = []
    at = 0
    for share in waves:
        if at >= size:
            break
        wanted = at + share.count if share.count is not None else share.of_up(size)
        at = min(size, max(at + 1, wanted))
        done.append(at)
    if size and not done:
        done.append(size)
    if done:
        done[-1] = size
    return tuple(done)


def place(
    hosts: Sequence[str],
    inventory: Inventory,
    waves: Sequence[Share],
    *,
    listed: bool,
    seed: str,
    strata: Sequence[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Waves by name (`w1` …) with their hosts in order."""
    sequence = tuple(hosts) if listed else draw(hosts, inventory, seed, strata)
    found, begins = {}, 0
    for index, ends in enumerate(targets(waves, len(sequence)), start=1):
        found[f"w{index}"] = by_domain(sequence[begins:ends], inventory, listed=listed)
        begins = ends
    return found


def draw(hosts: Sequence[str], inventory: Inventory, seed: str, strata: Sequence[str] = ()) -> tuple[str, ...]:
    """All hosts in an order of which every beginning is a random sample with the fair share of each kind (hosts that
    are alike in all `strata`), and of each kind's hosts with each failure domain's fair share."""
    lots = {host: sha256(f"{seed}\0{host}".encode()).digest() for host in hosts}
    drawn = sorted(hosts, key=lots.__getitem__)
    kinds = {host: kind_of(inventory, host, strata) for host in hosts}
    spread = interleaved(drawn, lots, {host: (kinds[host], domain_of(inventory, host)) for host in hosts})
    return tuple(interleaved(spread, lots, kinds))


def interleaved(drawn: Sequence[str], lots: Mapping[str, bytes], groups: Mapping[str, object]) -> list[str]:
    """Hosts of all groups side by side, those of one group in the order given: each group is spread evenly."""
    members: dict[object, list[str]] = {}
    for host in drawn:
        members.setdefault(groups[host], []).append(host)
    ranks = {
        host: ((2 * index + 1) / (2 * len(group)), lots[host])
        for group in members.values()
        for index, host in enumerate(group)
    }
    return sorted(drawn, key=ranks.__getitem__)


def kind_of(inventory: Inventory, host: str, strata: Sequence[str]) -> tuple[str, ...]:
    entry = inventory.hosts.get(host)
    return tuple(entry.variables.get(name, "") if entry is not None else "" for name in strata)


def by_domain(hosts: Sequence[str], inventory: Inventory, *, listed: bool) -> tuple[str, ...]:
    """One failure domain after the other; inside, in the given order or by natural names."""
    if listed:
        order = {domain: index for index, domain in enumerate(dict.fromkeys(domain_of(inventory, h) for h in hosts))}
        return tuple(sorted(hosts, key=lambda host: order[domain_of(inventory, host)]))
    return tuple(sorted(hosts, key=lambda host: (natural(domain_of(inventory, host)), natural(host), host)))


def keep_places(
    hosts: Sequence[str], inventory: Inventory, before: dict[str, tuple[str, ...]], *, listed: bool
) -> dict[str, tuple[str, ...]]:
    """The waves of an earlier schedule without the hosts that left; new hosts come at the end of the last wave.

    Domains are compared with the order of before only among the new hosts: a lane that has begun never moves.
    """
    still = set(hosts)
    found = {wave: tuple(host for host in members if host in still) for wave, members in before.items()}
    placed = {host for members in found.values() for host in members}
    new = by_domain([host for host in hosts if host not in placed], inventory, listed=listed)
    if new:
        last = list(before)[-1]
        tail = domain_of(inventory, found[last][-1]) if found[last] else ""
        found[last] += tuple(sorted(new, key=lambda host: domain_of(inventory, host) != tail))
    return {wave: members for wave, members in found.items() if members}


def domain_of(inventory: Inventory, host: str) -> str:
    entry = inventory.hosts.get(host)
    return entry.domain if entry is not None else ""


def natural(name: str) -> tuple[tuple[int, str, int], ...]:
    """`app-2` before `app-10`."""
    return tuple((1, "", int(part)) if part.isdecimal() else (0, part, 0) for part in DIGITS.split(name) if part)
