"""How grave each risk is, by likelihood and impact."""

from liftlock.decide.levels import grade, rank
from liftlock.model.appraisal import Graded
from liftlock.model.chapters import Risk
from liftlock.model.part import Level
from liftlock.model.plan import Plan


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
    return grade(risk.likelihood, risk.impact)
