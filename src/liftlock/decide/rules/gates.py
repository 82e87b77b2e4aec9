"""Health checks: each has one source, one threshold, one driver that reads it; and there is one."""

from collections import Counter
from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, some, warning
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Check

SOURCES = ("http", "haproxy", "command")


def checks(case: Case) -> Iterator[tuple[Path, Check]]:
    for place, rollout, _ in case.rollouts():
        for index, check in enumerate(rollout.checks):
            yield (*place, "checks", index), check


def there_is_a_check(case: Case) -> Iterator[Finding]:
    for place, rollout, _ in case.rollouts():
        if not rollout.checks:
            yield warning("L280", (*place, "checks"))


def check_names_are_unique(case: Case) -> Iterator[Finding]:
    for place, rollout, _ in case.rollouts():
        counts = Counter(check.name for check in rollout.checks)
        for index, check in enumerate(rollout.checks):
            if counts[check.name] > 1 and check.name in {one.name for one in rollout.checks[:index]}:
                yield error("L281", (*place, "checks", index, "name"), check=check.name)


def checks_have_one_source(case: Case) -> Iterator[Finding]:
    for path, check in checks(case):
        sources = [name for name in SOURCES if getattr(check, name)]
        if not sources:
            yield error("L285", path, check=check.name)
        elif len(sources) > 1:
            yield error("L286", path, check=check.name, sources=", ".join(sources))


def checks_have_a_threshold(case: Case) -> Iterator[Finding]:
    """An HTTP look without `value` counts failures and needs none: any is too many."""
    for path, check in checks(case):
        given = [bound for bound in (check.above, check.below) if bound is not None]
        if len(given) > 1:
            yield error("L283", path, check=check.name)
        elif not given and (check.haproxy or check.value):
            yield error("L282", path, check=check.name)
        for bound in given:
            if isinstance(bound, str):
                key = "above" if bound == check.above else "below"
                yield error("L284", (*path, key), check=check.name, given=bound)


def load_balancers_exist(case: Case) -> Iterator[Finding]:
    """A gate's load balancer is a host of the inventory, or written as an address or a socket's path."""
    for path, check in checks(case):
        if not check.haproxy:
            continue
        if check.haproxy not in case.inventory.hosts and not any(sign in check.haproxy for sign in "/:{"):
            known = some(case.inventory.hosts)
            yield error("L287", (*path, "haproxy"), check=check.name, given=check.haproxy, known=known)
        if not check.backend:
            yield error("L289", path, check=check.name)


def checks_are_read(case: Case) -> Iterator[Finding]:
    for place, rollout, layings in case.rollouts():
        for index, check in enumerate(rollout.checks):
            if sum(bool(getattr(check, name)) for name in SOURCES) != 1 or not layings:
                continue
            setting = layings[0].setting
            readers = [name for name, driver in sorted(case.drivers.items()) if driver.gauge(check, setting)]
            path = (*place, "checks", index)
            if not readers:
                yield error("L288", path, check=check.name)
            elif len(readers) > 1:
                yield error("L290", path, check=check.name, drivers=", ".join(readers))


RULES: tuple[Rule, ...] = (
    there_is_a_check,
    check_names_are_unique,
    checks_have_one_source,
    checks_have_a_threshold,
    load_balancers_exist,
    checks_are_read,
)
