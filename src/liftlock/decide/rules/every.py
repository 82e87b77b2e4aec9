"""All rules, in the order in which they are asked: those of the plan, and those that want the schedule."""

from liftlock.decide.case import Rule
from liftlock.decide.rules import (
    approvals,
    budget,
    canary,
    chapters,
    documents,
    gates,
    hops,
    names,
    order,
    power,
    products,
    readiness,
    recipe,
    roles,
    safety,
    text,
    time,
    timetable,
    waves,
    windows,
)

RULES: tuple[Rule, ...] = (
    *names.RULES,
    *order.RULES,
    *waves.RULES,
    *roles.RULES,
    *budget.RULES,
    *recipe.RULES,
    *safety.RULES,
    *text.RULES,
    *time.RULES,
    *gates.RULES,
    *canary.RULES,
    *power.RULES,
    *approvals.RULES,
    *documents.RULES,
    *chapters.RULES,
    *products.RULES,
    *readiness.RULES,
    *hops.RULES,
    *timetable.RULES,
)
SCHEDULE_RULES: tuple[Rule, ...] = (*windows.RULES, *products.SCHEDULE_RULES)
