"""Is this plan safe to arrange? Every rule is asked, and everything is said at once.

A rule is a function of the case that yields findings; its home is the file of its subject in `rules/`. Rules that need
the schedule are asked only where nothing else stands in the way of arranging it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import json
from msgspec.structs import replace

from liftlock.decide.arrange import arrange
from liftlock.decide.case import Case, Rule, case_of
from liftlock.decide.readiness import readiness
from liftlock.decide.rules.every import RULES, SCHEDULE_RULES
from liftlock.model.calendars import NO_CALENDARS, Calendars
from liftlock.model.findings import Finding, Severity
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Plan
from liftlock.model.ports import Artifact, Drivers
from liftlock.model.product import Product
from liftlock.model.recipe import Recipes
from liftlock.model.survey import Survey


def check(
    plan: Plan,
    inventory: Inventory,
    recipes: Recipes,
    drivers: Drivers,
    *,
    artifacts: Mapping[str, Artifact],
    texts: Mapping[str, str],
    survey: Survey | None = None,
    now: datetime | None = None,
    products: Mapping[str, Product] = {},
    calendars: Calendars = NO_CALENDARS,
) -> tuple[Finding, ...]:
    """All findings, those that block first. `now`, aware and in the plan's zone, adds what only the calendar tells.

    `products`: release rules by the products' names. `calendars`: what the timetable's files say.
    """
    case = case_of(plan, inventory, recipes, drivers, artifacts, texts, now, survey=survey, products=products)
    case = replace(case, calendars=calendars)
    found = ask(RULES, case)
    if not any(finding.severity is Severity.ERROR for finding in found):
        schedule = arrange(
            plan,
            inventory,
            recipes,
            drivers,
            artifacts=artifacts,
            texts=texts,
            plan_digest="",
            program="",
            workdays=calendars.workdays,
        )
        found += ask(SCHEDULE_RULES, replace(case, schedule=schedule))
    if survey is not None:
        found += readiness(plan, inventory, recipes, survey, artifacts=artifacts, kept=True)
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def ask(rules: Iterable[Rule], case: Case) -> list[Finding]:
    """What the rules find, the same once: hops that follow one recipe share its faults."""
    found: dict[bytes, Finding] = {}
    for finding in (finding for rule in rules for finding in rule(case)):
        found.setdefault(json.encode(finding, order="deterministic"), finding)
    return list(found.values())


def blocks(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
