"""What `liftlock canary replay` is given: options become the terms of a judgement."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal

from msgspec import Struct

from liftlock.cli.trouble import refuse
from liftlock.decide.canaries import BEFORE_LOOKS, GRACE_LOOKS, IGNORE_BELOW, MEANS, RATES
from liftlock.model.actions import Action, Kind
from liftlock.model.canary import Reading
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.plan import Metric
from liftlock.model.schedule import Measured, Source, Template, Watching
from liftlock.planfile import forms
from liftlock.planfile.recorded import Recorded, Wrong, moment

FILE_MAX_BYTES = 256 * 1024 * 1024
LOOKS_MAX = 20_000
Kinds = Literal["errors", "latency", "saturation"]
SOURCE = Source(Template("replay", Action(Kind.CALL, "replay")), whole=True, history=True)


class Terms(Struct, frozen=True):
    """The command's options, as they were written."""

    upgraded: Sequence[str]
    every: str
    before: str
    warm_up: str
    alpha: float
    beyond: Sequence[str]
    within: Sequence[str]
    lower: Sequence[str]


def read_series(path: Path) -> bytes:
    """Raises WorldError; a file that is too large is refused, never cut."""
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise refuse("replay-too-large", file=str(path), limit_bytes=FILE_MAX_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise WorldError(WorldKind.MISSING, f"{path}: {error.strerror}", what=str(path)) from error


def upgraded_since(recorded: Recorded, terms: Terms, every_s: float, zone: tzinfo) -> dict[str, float]:
    """When each canary was upgraded: as `--upgraded` says of it, or of all; else after the time that was before."""
    canaries = [host for host, arm in recorded.arms.items() if arm == "canary" and host in recorded.hosts]
    common, own = None, dict[str, float]()
    for given in terms.upgraded:
        host, _, time = given.rpartition("=")
        if host and host not in recorded.hosts:
            raise refuse("replay-no-such-host", host=host)
        try:
            at = moment(time, zone)
        except Wrong as wrong:
            raise refuse("replay-option", option="--upgraded", given=given) from wrong
        own, common = ({**own, host: at}, common) if host else (own, at)
    if not canaries and not own:
        raise refuse("replay-no-canary")
    if common is None:
        common = recorded.times[0] - every_s + (duration(terms.before, "--before") or BEFORE_LOOKS * every_s)
    return {**dict.fromkeys(canaries, common), **own}


def interval_s(recorded: Recorded, terms: Terms) -> float:
    """As asked for, else what most times lie apart."""
    if terms.every:
        return duration(terms.every, "--every") or 1.0
    apart = [later - one for one, later in pairwise(recorded.times)]
    return max(1.0, median(apart)) if apart else 60.0


def watching_for(recorded: Recorded, terms: Terms, every_s: float, begins: float) -> Watching:
    """Before the upgrade there is as much as was asked for, or as the record has."""
    there_s = begins - recorded.times[0] + every_s
    wanted_s = duration(terms.before, "--before") or BEFORE_LOOKS * every_s
    looks = max(1, int((recorded.times[-1] - begins) / every_s + 1e-6))
    if looks > LOOKS_MAX:
        raise refuse("replay-too-long", looks=looks, limit=LOOKS_MAX)
    return Watching(
        measured_of(recorded, terms),
        every_s,
        max(every_s, min(wanted_s, there_s)),
        duration(terms.warm_up, "--warm-up"),
        GRACE_LOOKS * every_s,
        0.0,
        looks,
    )


def measured_of(recorded: Recorded, terms: Terms) -> tuple[Measured, ...]:
    beyond = by_metric(terms.beyond, recorded, "--rollback-beyond")
    within = by_metric(terms.within, recorded, "--promote-within")
    for name in terms.lower:
        if name not in recorded.series:
            raise refuse("no-such-metric", given=name, known=", ".join(recorded.series))
    found = []
    for name, hosts in recorded.series.items():
        kind = kind_of(next(iter(hosts.values()))[0])
        roll, promote = RATES if kind == "errors" else MEANS
        metric = Metric(name=name, kind=kind, worse="lower" if name in terms.lower else "higher")
        margins = beyond.get(name, beyond.get("", roll)), within.get(name, within.get("", promote))
        ignored = IGNORE_BELOW if kind == "errors" else 0.0
        found.append(Measured(metric, SOURCE, terms.alpha / len(recorded.series), *margins, ignore_below=ignored))
    return tuple(found)


def kind_of(reading: Reading) -> Kinds:
    if reading.events is not None:
        return "errors"
    return "saturation" if reading.level is not None else "latency"


def by_metric(given: Sequence[str], recorded: Recorded, option: str) -> Mapping[str, float]:
    """`25%` for all metrics, `errors=25%` for one: as a ratio."""
    found = {}
    for each in given:
        name, _, text = each.rpartition("=")
        if name and name not in recorded.series:
            raise refuse("no-such-metric", given=name, known=", ".join(recorded.series))
        value = forms.number(text)
        if value is None or value <= 0:
            raise refuse("replay-option", option=option, given=each)
        found[name] = 1 + value
    return found


def duration(text: str, option: str) -> float:
    """Seconds; 0 if nothing was asked for."""
    if not text:
        return 0.0
    found = forms.duration_s(text)
    if found is None:
        raise refuse("replay-option", option=option, given=text)
    return found
