"""Things that wait for, refine or stand in for each other: the shortest way back to where one began."""

from collections.abc import Callable, Iterable


def circle_from(start: str, leads_to: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The shortest way from `start` back to itself, both ends included; nothing if there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    for way in ways:
        for name in leads_to(way[-1]):
            if name == start:
                return (*way, start)
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()
