"""All that follows from a plan's chapters: traces, weighed options, graded risks, money in sums."""

from liftlock.decide.money import budget_sums
from liftlock.decide.options import weigh
from liftlock.decide.risks import graded
from liftlock.decide.trace import trace
from liftlock.model.appraisal import Appraisal
from liftlock.model.plan import Plan


def appraise(plan: Plan) -> Appraisal:
    return Appraisal(
        plan=plan,
        trace=trace(plan),
        weighings=tuple(weigh(choice) for choice in plan.choices),
        risks=graded(plan),
        spending=budget_sums(plan),
    )
