"""What follows from the plan's chapters: who answers to what, how options weigh, what money was planned and spent.

Computed in `decide`, shown in `publish`. Shares are 0..1.
"""

from msgspec import Struct

from liftlock.model.part import Level
from liftlock.model.plan import Plan


class Traced(Struct, frozen=True):
    """A requirement with all that answers it, also through the requirements that it refines or that refine it."""

    requirement: str
    statement: str
    level: str
    revision: int
    priority: Level = "medium"
    refines: tuple[str, ...] = ()
    refined_by: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


class Trace(Struct, frozen=True):
    """追溯表. `rows` leads from requirements on; the mappings lead back, and hold every goal, component and test."""

    rows: tuple[Traced, ...] = ()
    goals: dict[str, tuple[str, ...]] = {}
    components: dict[str, tuple[str, ...]] = {}
    tests: dict[str, tuple[str, ...]] = {}

    @property
    def orphans(self) -> dict[str, tuple[str, ...]]:
        """What leads nowhere: requirements without a component or test; components, tests, goals without a
        requirement."""
        return {
            "changes": tuple(row.requirement for row in self.rows if not row.components),
            "tests": tuple(row.requirement for row in self.rows if not row.tests),
            "of_components": tuple(name for name, found in self.components.items() if not found),
            "of_tests": tuple(name for name, found in self.tests.items() if not found),
            "of_goals": tuple(name for name, found in self.goals.items() if not found),
        }


class Sensitivity(Struct, frozen=True):
    """The decision is among the best exactly while the criterion's share of all weight is within [low, high].

    The other criteria keep their proportions. `low` is None: it is at no share.
    """

    criterion: str
    share: float
    low: float | None = None
    high: float | None = None

    @property
    def is_free(self) -> bool:
        """The decision is the best whatever this criterion weighs."""
        return self.low == 0 and self.high == 1

    @property
    def percents(self) -> tuple[float, float] | None:
        """The range in percent, to a tenth, rounded inwards: what is shown is within what holds."""
        if self.low is None or self.high is None:
            return None
        low, high = (round(share * 1000, 6) for share in (self.low, self.high))
        return -(-low // 1) / 10, (high // 1) / 10


class Weighing(Struct, frozen=True):
    """A choice with the weighted scores of its options (0..10), best first, and how firm the decision is."""

    question: str
    decision: str
    shares: dict[str, float]
    scores: dict[str, float]
    best: tuple[str, ...]  # several: a tie
    sensitivity: tuple[Sensitivity, ...] = ()

    @property
    def is_best(self) -> bool:
        return self.decision in self.best


class Graded(Struct, frozen=True):
    """A risk with its level before anything is done about it."""

    risk: str
    area: str
    likelihood: Level
    impact: Level
    level: Level
    residual: Level
    prevention: str = ""
    response: str = ""
    due: str = ""
    owner: str = ""
    accepted_by: str = ""


class Spent(Struct, frozen=True):
    """Money under one head. `forecast`: what was spent, and what is planned where nothing was spent yet."""

    head: str
    planned: float = 0.0
    actual: float = 0.0
    forecast: float = 0.0
    limit: float | None = None
    until: str = ""  # of a period, whose head is its first day


class BudgetSums(Struct, frozen=True):
    """The budget in sums. `allowed`: what was planned, with the reserve."""

    currency: str
    total: Spent
    allowed: float
    kinds: tuple[Spent, ...] = ()
    periods: tuple[Spent, ...] = ()
    undated: float = 0.0  # planned amounts that no day is known of

    @property
    def is_over(self) -> bool:
        return self.total.forecast > self.allowed


class Appraisal(Struct, frozen=True):
    """A plan with all that follows from its chapters. `weighings`: one a choice; None while it cannot be weighed."""

    plan: Plan
    trace: Trace
    weighings: tuple[Weighing | None, ...] = ()
    risks: tuple[Graded, ...] = ()
    spending: BudgetSums | None = None
