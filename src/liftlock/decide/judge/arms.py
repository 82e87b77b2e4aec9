"""Who is compared with whom, and how the chance of a false rollback is spread over a component's waves.

Upgraded hosts are compared with hosts that no wave has reached yet; when too few are left, the new wave's with those
that were promoted before; in a tier of one to three hosts each with its own past. The first wave has half of the
chance, the next half of the rest, the last what is left: the first is the one that must see most with fewest hosts.
"""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from liftlock.model.canary import Reference, Standing

CONTROLS_MIN = 3  # fewer have no variance worth the name
CONTROLS_FULL = 10  # with fewer than these the judgement is the weaker one

Waves = Sequence[tuple[str, Sequence[str]]]  # a component's waves in order, with the hosts that are read


class Course(Struct, frozen=True):
    """How one wave is judged. `share`: of the chance of a false rollback, for its t-tests; `rate_share`: for evidence
    that is carried from wave to wave."""

    stage: str
    reference: Reference
    share: float
    rate_share: float
    is_last: bool


def course_of(waves: Waves, stage: str) -> Course:
    references = [reference_of(waves, index) for index in range(len(waves))]
    index = next(index for index, (name, _) in enumerate(waves) if name == stage)
    reference, share = references[index], share_of(index, len(waves))
    carried = sum(share_of(at, len(waves)) for at, other in enumerate(references) if other == "untouched")
    return Course(stage, reference, share, carried if reference == "untouched" else share, index == len(waves) - 1)


def reference_of(waves: Waves, index: int) -> Reference:
    if sum(len(hosts) for _, hosts in waves[index + 1 :]) >= CONTROLS_MIN:
        return "untouched"
    if sum(len(hosts) for _, hosts in waves[:index]) >= CONTROLS_MIN:
        return "promoted"
    return "past"


def share_of(index: int, waves: int) -> float:
    return float(0.5 ** min(index + 1, waves - 1)) if waves > 1 else 1.0


class Arms(Struct, frozen=True):
    """Hosts whose figures count in an interval. `canary`: upgraded ones, by wave."""

    canary: dict[str, tuple[str, ...]]
    control: tuple[str, ...]
    expected: tuple[str, ...]  # upgraded hosts of this wave: they should be heard

    def without(self, hosts: Collection[str]) -> "Arms":
        """The same with these not counted in this interval, though they are heard."""
        canary = {wave: tuple(host for host in each if host not in hosts) for wave, each in self.canary.items()}
        return Arms(canary, self.control, self.expected)

    @property
    def canaries(self) -> tuple[str, ...]:
        return tuple(host for hosts in self.canary.values() for host in hosts)


def arms_of(course: Course, standings: Mapping[str, Standing], since: float, warm_up_s: float) -> Arms:
    """The arms of the interval that began at `since`: a host counts from its first whole interval on, warmed up."""
    canary: dict[str, list[str]] = {}
    control, expected = [], []
    for host, standing in standings.items():
        if standing.side == "away":
            continue
        if standing.side == "untouched":
            if course.reference == "untouched" and standing.wave != course.stage:
                control.append(host)
        elif course.reference != "untouched" and standing.wave != course.stage:
            if course.reference == "promoted":
                control.append(host)
        else:
            if standing.wave == course.stage:
                expected.append(host)
            if standing.since + warm_up_s <= since:
                canary.setdefault(standing.wave, []).append(host)
    return Arms({wave: tuple(hosts) for wave, hosts in canary.items()}, tuple(control), tuple(expected))
