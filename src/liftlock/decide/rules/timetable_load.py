"""Windows and the traffic: a window outside the quiet time says how much traffic is expected in it."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.quiet import Profile, limit_of, profile_of, quiet_windows, quietest, traffic_in
from liftlock.decide.rules.time import is_date, is_time
from liftlock.model.findings import Finding
from liftlock.model.load import QuietWindow
from liftlock.model.plan import Window
from liftlock.model.tasks import Load

LOAD = ("timetable", "load")


def traffic_has_one_source(case: Case) -> Iterator[Finding]:
    load = load_of(case)
    if load is None:
        return
    given = [key for key in ("file", "prometheus", "query") if getattr(load, key)]
    if given not in (["file"], ["prometheus", "query"]):
        yield error("L660", LOAD, given=", ".join(given) or "-")
    if not is_limit(load.below):
        yield error("L661", (*LOAD, "below"), given=load.below)


def load_of(case: Case) -> Load | None:
    return case.plan.timetable.load if case.plan.timetable else None


def is_limit(below: str) -> bool:
    try:
        return not below or float(below.removesuffix("%")) >= 0
    except ValueError:
        return False


def windows_are_quiet(case: Case) -> Iterator[Finding]:
    load = load_of(case)
    if load is None or not case.calendars.traffic or not is_limit(load.below):
        return
    profile = profile_of(case.calendars.traffic)
    limit = limit_of(profile, load.below)
    found = quiet_windows(case.calendars.traffic, below=load.below, longer_than_s=load.longer_than_s)
    best = found[0] if found else quietest(profile, load.longer_than_s)
    if not found and best is not None and profile.peak:
        wanted, percent = round(limit / profile.peak * 100), round(best.share_of_peak * 100)
        fields = {"limit_percent": wanted, "longer_than_s": load.longer_than_s, "percent": percent}
        yield warning("L663", LOAD, quiet=said(best.window), **fields)
    for index, window in enumerate(case.plan.windows):
        if is_time(window.from_) and is_time(window.to) and (not window.date or is_date(window.date)):
            yield from window_is_quiet(profile, limit, best, index, window)


def window_is_quiet(
    profile: Profile, limit: float, best: QuietWindow | None, index: int, window: Window
) -> Iterator[Finding]:
    path = ("windows", index)
    expected = traffic_in(profile, window)
    if expected is None:
        yield warning("L664", path, window=said(window))
    elif expected > limit and profile.peak:
        percent, wanted = round(expected / profile.peak * 100), round(limit / profile.peak * 100)
        quiet = said(best.window) if best is not None else "-"
        yield warning("L662", path, window=said(window), percent=percent, limit_percent=wanted, quiet=quiet)


def said(window: Window) -> str:
    """As a plan writes it."""
    return " ".join([", ".join([window.date] if window.date else window.days), f"{window.from_}-{window.to}"]).strip()


RULES: tuple[Rule, ...] = (traffic_has_one_source, windows_are_quiet)
