"""How a component's hops are called: by its name, and by their number where there are several."""

import re
from collections.abc import Iterable

from liftlock.model.schedule import Policy, Schedule, hop_of, name_of
from liftlock.publish.words import Words

HOP = re.compile(r"^[^/\s]+/\d+(?=[./]|$)")


def title_of(schedule: Schedule, component: str, words: Words) -> str:
    """`orders`, or `orders (hop 2 of 3)`."""
    hops = hops_in(schedule.policies, component)
    fields = {"name": name_of(component), "number": hop_of(component), "hops": len(hops)}
    return words.say("ui.hop_of", **fields) if len(hops) > 1 else component


def titled(component: str, words: Words) -> str:
    """Where no schedule is at hand: `orders`, or `orders (hop 2)`."""
    name, number = name_of(component), hop_of(component)
    return words.say("ui.hop", name=name, number=number) if number > 1 else name


def spelt_out(name: str, words: Words) -> str:
    """A name that begins with a hop's, such as `orders/2/before`: the hop in words."""
    return HOP.sub(lambda found: titled(found.group(0), words), name)


def is_of(component: str, wanted: str) -> bool:
    """Is it what was asked for: the hop, or a component with all its hops? Nothing asked for is everything."""
    return not wanted or wanted in (component, name_of(component))


def after_text(schedule: Schedule, policy: Policy, words: Words) -> str:
    """What a component or a hop comes after: others as a whole, or one hop of its own."""
    return words.join(dict.fromkeys(whole_or_hop(schedule, policy, each, words) for each in policy.after))


def whole_or_hop(schedule: Schedule, policy: Policy, component: str, words: Words) -> str:
    is_whole = hops_in(policy.after, component) == hops_in(schedule.policies, component)
    return name_of(component) if is_whole else title_of(schedule, component, words)


def hops_in(names: Iterable[str], component: str) -> list[str]:
    return [name for name in names if name_of(name) == name_of(component)]
