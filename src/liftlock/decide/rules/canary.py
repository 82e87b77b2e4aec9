"""Canaries: each metric has one source that somebody reads, margins in order, and time for a verdict."""

from collections import Counter
from collections.abc import Iterator

from liftlock.decide.canaries import MEANS, RATES, before_s, grace_s, margins, numeric, readers, warm_up_s
from liftlock.decide.capacities import longest_soak_s
from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.decide.recipes import Laying
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Canary, Metric, Rollout

SOURCES = ("prometheus", "haproxy", "access_log", "command", "sql", "check")
BESIDE = {  # a key, and the sources beside which it has a meaning
    "of": ("prometheus",),
    "backend": ("haproxy", "access_log"),
    "server": ("haproxy", "access_log", "sql"),
    "format": ("access_log",),
    "at": ("access_log", "sql"),
    "database": ("sql",),
}
NEEDS = {"haproxy": "backend", "sql": "at"}
BEFORE_MIN, BEFORE_GOOD = 10, 60  # intervals before the upgrade
AFTER_GOOD = 8  # intervals after it: the fourth of the doubling looks
MARGIN_STRANGE = 5.0  # 500 %: somebody wrote 25 for 25 %

Placed = tuple[Path, Rollout, Canary, tuple[Laying, ...]]


def canaries(case: Case) -> Iterator[Placed]:
    for place, rollout, layings in case.rollouts():
        if rollout.canary is not None:
            yield (*place, "canary"), rollout, rollout.canary, layings


def metrics(case: Case) -> Iterator[tuple[Path, Metric, Placed]]:
    for placed in canaries(case):
        for index, metric in enumerate(placed[2].metrics):
            yield (*placed[0], "metrics", index), metric, placed


def sources_of(metric: Metric) -> list[str]:
    return [name for name in SOURCES if getattr(metric, name)]


# --- names and sources ------------------------------------------------------------------------------------


def names_are_unique(case: Case) -> Iterator[Finding]:
    for path, rollout, canary, _ in canaries(case):
        checks = {check.name for check in rollout.checks}
        for index, metric in enumerate(canary.metrics):
            place = (*path, "metrics", index, "name")
            if metric.name in Counter(one.name for one in canary.metrics[:index]):
                yield error("L360", place, metric=metric.name)
            elif metric.name in checks:
                yield error("L361", place, metric=metric.name)


def a_metric_is_required(case: Case) -> Iterator[Finding]:
    for path, _, canary, _ in canaries(case):
        if not any(metric.required for metric in canary.metrics):
            yield error("L362", (*path, "metrics"))


def metrics_have_one_source(case: Case) -> Iterator[Finding]:
    for path, metric, _ in metrics(case):
        sources = sources_of(metric)
        if not sources:
            yield error("L363", path, metric=metric.name, known=", ".join(SOURCES))
        elif len(sources) > 1:
            yield error("L364", path, metric=metric.name, sources=", ".join(sources))
        else:
            yield from keys_beside(path, metric, sources[0])


def keys_beside(path: Path, metric: Metric, source: str) -> Iterator[Finding]:
    """What a source needs beside it, and what means nothing there."""
    for key, beside in BESIDE.items():
        strange = source not in beside or (key == "of" and metric.kind != "errors")
        if getattr(metric, key) and strange:
            yield error("L365", (*path, key), metric=metric.name, key=key, source=source, kind=metric.kind)
    needed = NEEDS.get(source, "of" if source == "prometheus" and metric.kind == "errors" else "")
    if needed and not getattr(metric, needed):
        yield error("L366", path, metric=metric.name, key=needed, source=source)


def kinds_fit_their_source(case: Case) -> Iterator[Finding]:
    """A health check is one figure; only a load balancer's rate of errors is made of requests that are counted."""
    for path, metric, (_, rollout, _, _) in metrics(case):
        check = next((one for one in rollout.checks if one.name == metric.check), None)
        if metric.kind == "errors" and check and not (check.haproxy and check.metric in ("", "error_rate")):
            yield error("L367", (*path, "kind"), metric=metric.name, check=metric.check)


def places_exist(case: Case) -> Iterator[Finding]:
    """A load balancer is a host of the inventory, or written as an address or a socket's path."""
    for path, metric, _ in metrics(case):
        balancer = "" if any(sign in metric.haproxy for sign in "/:{") else metric.haproxy
        for key, given in (("haproxy", balancer), ("at", "" if "{" in metric.at else metric.at)):
            if given and given not in case.inventory.hosts:
                known = some(case.inventory.hosts)
                yield error("L368", (*path, key), metric=metric.name, given=given, known=known)


def checks_exist(case: Case) -> Iterator[Finding]:
    for path, metric, (_, rollout, _, _) in metrics(case):
        known = [check.name for check in rollout.checks]
        if metric.check and metric.check not in known:
            yield error("L369", (*path, "check"), metric=metric.name, given=metric.check, known=some(known) or "-")


def prometheus_is_known(case: Case) -> Iterator[Finding]:
    """The first metric that wants a server tells of all."""
    for path, _, canary, _ in canaries(case):
        wants = [metric.name for metric in canary.metrics if metric.prometheus]
        if wants and not canary.prometheus:
            yield error("L370", path, metric=wants[0])


def metrics_are_read(case: Case) -> Iterator[Finding]:
    """What other rules complain of is not complained of again."""
    for path, metric, (_, rollout, canary, layings) in metrics(case):
        sources = sources_of(metric)
        lost = metric.check and metric.check not in {check.name for check in rollout.checks}
        unserved = metric.prometheus and not canary.prometheus
        needed = NEEDS.get(sources[0], "") if len(sources) == 1 else ""
        if len(sources) != 1 or lost or unserved or (needed and not getattr(metric, needed)) or not layings:
            continue
        found = readers(metric, rollout, canary, layings[0], case.drivers)
        if not found:
            yield error("L371", path, metric=metric.name, source=sources[0], kind=metric.kind)
        elif len(found) > 1:
            yield error("L372", path, metric=metric.name, drivers=", ".join(found))


# --- margins ----------------------------------------------------------------------------------------------


def margins_are_numbers(case: Case) -> Iterator[Finding]:
    for path, metric, _ in metrics(case):
        for key in ("rollback_beyond", "promote_within", "ignore_below"):
            given = getattr(metric, key)
            if isinstance(given, str):
                yield error("L373", (*path, key), metric=metric.name, given=given)
            elif given is not None and (given < 0 if key == "ignore_below" else given <= 0):
                yield error("L374", (*path, key), metric=metric.name, given=given)
            elif given is not None and key != "ignore_below" and given >= MARGIN_STRANGE:
                yield warning("L375", (*path, key), metric=metric.name, percent=round(given * 100))
        if numeric(metric.ignore_below, 0.0) >= 1:
            yield error("L374", (*path, "ignore_below"), metric=metric.name, given=str(metric.ignore_below))
        if metric.ignore_below is not None and metric.kind != "errors":
            beside = {"key": "ignore_below", "source": (sources_of(metric) or ["-"])[0], "kind": metric.kind}
            yield error("L365", (*path, "ignore_below"), metric=metric.name, **beside)


def margins_are_in_order(case: Case) -> Iterator[Finding]:
    """What must be excluded before a wave is promoted lies beyond what is rolled back: between them one may wait."""
    for path, metric, _ in metrics(case):
        rollback, promote = margins(metric, RATES if metric.kind == "errors" else MEANS)
        if rollback > promote:
            percent = {"rollback": round((rollback - 1) * 100, 3), "promote": round((promote - 1) * 100, 3)}
            key = "rollback_beyond" if metric.rollback_beyond is not None else "promote_within"
            yield error("L376", (*path, key), metric=metric.name, **percent)


# --- time -------------------------------------------------------------------------------------------------


def looks_fit_in(case: Case) -> Iterator[Finding]:
    for path, rollout, canary, _ in canaries(case):
        every_s, soak_s = canary.every_s, rollout.soak_s
        if every_s <= 0:
            yield error("L377", (*path, "every"))
            continue
        if every_s > soak_s:
            yield error("L378", (*path, "every"), every_s=every_s, soak_s=soak_s)
        if 0 < canary.watch_s < every_s:
            yield error("L379", (*path, "watch"), watch_s=canary.watch_s, every_s=every_s)
        if grace_s(canary) < every_s:
            yield error("L380", (*path, "grace"), grace_s=grace_s(canary), every_s=every_s)
        yield from time_before(path, canary)
        if every_s <= soak_s:
            yield from time_after(path, rollout, canary)


def looks_fit_into_hops(case: Case) -> Iterator[Finding]:
    """Where a release on the way has a soak of its own."""
    for place, rollout, _ in case.own_soaks():
        path, canary = (*place, "soak"), rollout.canary
        if canary is not None and 0 < canary.every_s <= rollout.soak_s:
            yield from time_after(path, rollout, canary)
        elif canary is not None and canary.every_s > rollout.soak_s:
            yield error("L378", path, every_s=canary.every_s, soak_s=rollout.soak_s)


def time_before(path: Path, canary: Canary) -> Iterator[Finding]:
    looks = int(before_s(canary) / canary.every_s + 1e-9)
    fields = {"looks": looks, "before_s": before_s(canary), "every_s": canary.every_s}
    if looks < BEFORE_MIN:
        yield error("L381", (*path, "before"), needed=BEFORE_MIN, **fields)
    elif looks < BEFORE_GOOD:
        yield warning("L382", (*path, "before"), needed=BEFORE_GOOD, **fields)


def time_after(path: Path, rollout: Rollout, canary: Canary) -> Iterator[Finding]:
    """The means of a host that warms up do not count: what is left of the soak does."""
    warm_s, soak_s, longest_s = warm_up_s(rollout, canary), rollout.soak_s, longest_soak_s(rollout)
    if warm_s >= soak_s:
        yield error("L383", (*path, "warm_up"), warm_up_s=warm_s, soak_s=soak_s)
        return
    looks = int((longest_s - warm_s) / canary.every_s + 1e-9)
    fields = {"longest_soak_s": longest_s, "warm_up_s": warm_s}
    place = (*path[:-1], "longest_soak")
    if looks < 1:
        yield error("L384", place, **fields)
    elif looks < AFTER_GOOD:
        yield warning("L385", place, looks=looks, needed=AFTER_GOOD, **fields)


# --- with whom one compares -------------------------------------------------------------------------------


def somebody_is_left_to_compare_with(case: Case) -> Iterator[Finding]:
    for path, rollout, _, layings in canaries(case):
        for laying in layings:
            name, size = laying.component.name, len(laying.hosts)
            if rollout.planned_outage:
                yield warning("L386", path, component=name, size=size)
            elif len(rollout.waves) == 1 and laying.hosts:
                yield warning("L387", (*path[:-1], "waves"), component=name, size=size)


def strata_are_variables(case: Case) -> Iterator[Finding]:
    for path, rollout, canary, layings in canaries(case):
        if canary.strata and rollout.canaries == "listed":
            yield warning("L390", (*path, "strata"))
        hosts = [host for laying in layings for host in laying.hosts]
        for index, name in enumerate(canary.strata):
            lacking = [host for host in hosts if name not in case.inventory.hosts[host].variables]
            if hosts and len(lacking) == len(hosts):
                yield error("L388", (*path, "strata", index), name=name)
            elif lacking:
                yield warning("L389", (*path, "strata", index), name=name, hosts=some(lacking), count=len(lacking))


RULES: tuple[Rule, ...] = (
    names_are_unique,
    a_metric_is_required,
    metrics_have_one_source,
    kinds_fit_their_source,
    places_exist,
    checks_exist,
    prometheus_is_known,
    metrics_are_read,
    margins_are_numbers,
    margins_are_in_order,
    looks_fit_in,
    looks_fit_into_hops,
    somebody_is_left_to_compare_with,
    strata_are_variables,
)
