"""How grave a risk is: likelihood x impact on a matrix of three by three (1-2 low, 3-4 medium, 6-9 high)."""

from liftlock.model.appraisal import Graded
from liftlock.model.chapters import Risk
from liftlock.model.part import Level
from liftlock.model.plan import Plan

LEVELS: tuple[Level, ...] = ("low", "medium", "high")


def graded(plan: Plan) -> tuple[Graded, ...]:
    """Every risk with its level, gravest first."""
    found = [
        Graded(
            risk=risk.risk,
            area=risk.area,
            likelihood=risk.likelihood,
            impact=risk.impact,
            level=level_of(risk),
            residual=risk.residual,
            prevention=risk.prevention,
            response=risk.response,
            due=risk.due,
            owner=risk.owner,
            accepted_by=risk.accepted_by,
        )
        for risk in plan.risks
    ]
    return tuple(sorted(found, key=lambda risk: (-rank(risk.level), -rank(risk.residual))))


def level_of(risk: Risk) -> Level:
    """Before anything is done about it."""
    product = (rank(risk.likelihood) + 1) * (rank(risk.impact) + 1)
    return "low" if product <= 2 else "medium" if product <= 4 else "high"


def rank(level: Level) -> int:
    return LEVELS.index(level)
