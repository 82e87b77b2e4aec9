"""A way up as people read it: its hops and what to know before each, or why there is none."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from liftlock.model.part import Level
from liftlock.model.path import Move, NoWay, Obstacle, ObstacleKind, Standing, Way
from liftlock.model.product import Product, Skew
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import plain, wrap
from liftlock.publish.words import Words

OBSTACLES: dict[ObstacleKind, str] = {
    "stop": "ui.path.obstacle.stop",
    "block": "ui.path.obstacle.block",
    "withdrawn": "ui.path.obstacle.withdrawn",
    "known bad": "ui.path.obstacle.known-bad",
    "dead end": "ui.path.obstacle.dead-end",
    "skew": "ui.path.obstacle.skew",
}
STYLES: dict[Level, Style] = {"low": "dim", "medium": "warn", "high": "bad"}
SHOWN_MAX = 8  # versions, hosts and states that are listed
Ends = Mapping[str, str]  # part -> version


def path_lines(
    found: Way | NoWay, product: Product, start: Ends, end: Ends, words: Words, *, width: int = 100, paint: Paint = bare
) -> list[str]:
    """Everything about the way, or its absence, and where the rules come from."""
    if isinstance(found, Way):
        lines = [
            *way_lines(found, product, start, end, words, width, paint),
            *bound_lines(product, words, width),
        ]
    else:
        lines = list(no_way_lines(found, product, start, end, words, width, paint))
    return [*lines, *about_lines(product, words, width, paint)]


def path_json(found: Way | NoWay, product: Product, start: Ends, end: Ends) -> dict[str, Any]:
    """For programs."""
    answer = {"way": to_builtins(found)} if isinstance(found, Way) else {"no_way": to_builtins(found)}
    ends = {"from": dict(start), "to": dict(end)}
    return {"product": product.product, **ends, **answer, "sources": product.sources, "read_on": product.read_on}


def named(ends: Ends, product: Product) -> str:
    if not product.parts:
        return " ".join(ends.values())
    return ", ".join(f"{part} {version}" for part, version in ends.items())


# --- a way ---------------------------------------------------------------------------------------------------


def way_lines(
    way: Way, product: Product, start: Ends, end: Ends, words: Words, width: int, paint: Paint
) -> Iterator[str]:
    title = product.title or product.product
    if not way.moves:
        yield words.say("ui.path.here", product=title, versions=named(end, product))
        return
    fields = {"product": title, "start": named(start, product), "end": named(end, product), "hops": len(way.moves)}
    yield paint("title", words.say("ui.path.way", **fields))
    for number, move in enumerate(way.moves, 1):
        yield from move_lines(number, move, words, width, paint)
    if product.parts:
        yield ""
        yield paint("title", words.say("ui.path.states"))
        yield from (f"  {standing_text(state, product)}" for state in way.states)
    if not product.parts and len(way.moves) > 1:
        written = ", ".join(f'{{version: "{move.to}"}}' for move in way.moves[:-1])
        yield ""
        yield words.say("ui.path.via", via=f"[{written}]")


def move_lines(number: int, move: Move, words: Words, width: int, paint: Paint) -> Iterator[str]:
    said = [words.say("ui.path.risk", level=words.word("Level", move.risk))]
    said += [words.say("ui.path.downtime", downtime_s=move.downtime_s)] if move.downtime_s else []
    said += [words.say("ui.path.stopped")] if move.stopped else []
    head = " ".join(text for text in (move.part, f"{move.from_} → {move.to}") if text)
    yield f"{number:>3}  {head}   {paint(STYLES[move.risk], words.join(said))}"
    below = [text for stop in move.stops for text in stop_texts(stop, words)]
    below += [move.note] if move.note else []
    below += [words.say("ui.path.irreversible", because=move.irreversible)] if move.irreversible else []
    below += [words.say("ui.path.accepted", names=", ".join(move.accepted))] if move.accepted else []
    below += [move.url] if move.url else []
    for text in dict.fromkeys(below):
        yield from (f"     {line}" for line in wrap(plain(text), width - 5))


def stop_texts(stop: Obstacle, words: Words) -> list[str]:
    """Why it is gone through; of a conditional stop, that nobody knows whether it must be."""
    said = [words.say(OBSTACLES["stop"], name=stop.name)]
    said += [words.say("ui.path.unknown", facts=shortened(stop.unknown, words))] if stop.unknown else []
    said += [words.say("ui.path.hosts", hosts=shortened(stop.hosts, words))] if stop.unknown and stop.hosts else []
    return [words.join(said), *(text for text in (stop.because, stop.url) if text)]


def standing_text(state: Standing, product: Product) -> str:
    """`kube-apiserver 1.29 + 1.30 · kubelet 1.27`."""
    if not product.parts:
        return " + ".join(version for versions in state.versions.values() for version in versions)
    return " · ".join(f"{part} {' + '.join(versions)}" for part, versions in state.versions.items())


# --- no way --------------------------------------------------------------------------------------------------


def no_way_lines(
    none: NoWay, product: Product, start: Ends, end: Ends, words: Words, width: int, paint: Paint
) -> Iterator[str]:
    ends = {"start": named(start, product), "end": named(end, product)}
    if none.downward:
        yield paint("bad", words.say("ui.path.downward", **ends))
        return
    yield paint("bad", words.say("ui.path.none", product=product.title or product.product, **ends))
    if none.given_up:
        yield words.say("ui.path.given_up")
    yield words.say("ui.path.reached", versions=named(none.reached, product))
    if none.leads:
        yield words.say("ui.path.leads", end=ends["end"], versions=shortened(none.leads, words))
    if not none.behind and not none.given_up:
        yield words.say("ui.path.no_edges")
    for number, together in enumerate(none.behind):
        if number == 0:
            yield paint("title", words.say("ui.path.behind" if len(together) == 1 else "ui.path.behind_all"))
        else:
            yield words.say("ui.path.or")
        for obstacle in together:
            yield from obstacle_lines(obstacle, words, width)


def obstacle_lines(obstacle: Obstacle, words: Words, width: int) -> Iterator[str]:
    clash, skew = obstacle.clash, obstacle.skew
    fields = {"name": obstacle.name, "version": obstacle.versions}
    if clash is not None and skew is not None:
        fields |= {"of": f"{clash.of} {clash.of_version}", "beside": f"{clash.with_} {clash.with_version}"}
        fields["rule"] = skew_text(skew, words)
    below = [obstacle.because] if obstacle.because else []
    below += [words.say("ui.path.hosts", hosts=shortened(obstacle.hosts, words))] if obstacle.hosts else []
    below += [words.say("ui.path.unknown", facts=shortened(obstacle.unknown, words))] if obstacle.unknown else []
    below += [obstacle.url] if obstacle.url else []
    yield f"  {words.say(OBSTACLES[obstacle.kind], **fields)}"
    for text in below:
        yield from (f"    {line}" for line in wrap(plain(text), width - 4))


def skew_text(skew: Skew, words: Words) -> str:
    """How far `of` may be behind and ahead of `with`."""
    level = {"major": "ui.path.majors", "minor": "ui.path.minors", "patch": "ui.path.patches"}[skew.level]
    anything = words.say("ui.path.any")
    behind = anything if skew.behind_max is None else str(skew.behind_max)
    ahead = anything if skew.ahead_max is None else str(skew.ahead_max)
    return words.say("ui.path.skew", behind=behind, ahead=ahead, level=words.say(level))


def shortened(names: Sequence[str], words: Words) -> str:
    """The last of many: the nearest to where one wants to be."""
    listed = list(names)
    return words.join([*(["…"] if len(listed) > SHOWN_MAX else []), *listed[-SHOWN_MAX:]])


# --- the product ---------------------------------------------------------------------------------------------


def bound_lines(product: Product, words: Words, width: int) -> Iterator[str]:
    """What binds whoever goes the way: how long releases may be mixed, and from where on there is no way back."""
    if product.longest_mixed_s is not None:
        yield words.say("ui.path.longest_mixed", longest_s=product.longest_mixed_s)
    if product.finalise:
        yield ""
        yield from wrap(plain(words.say("ui.path.finalise", step=product.finalise)), width)


def about_lines(product: Product, words: Words, width: int, paint: Paint) -> Iterator[str]:
    if product.notes:
        yield ""
        yield paint("title", words.say("ui.path.notes"))
        for note in product.notes:
            first, *rest = wrap(plain(note), width - 4)
            yield f"  - {first}"
            yield from (f"    {line}" for line in rest)
    if product.sources:
        yield ""
        yield paint("title", words.say("ui.path.sources", read_on=product.read_on or "?"))
        yield from (f"  {source}" for source in product.sources)
