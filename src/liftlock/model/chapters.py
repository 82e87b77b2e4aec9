"""The plan's chapters for people: goals, requirements, options, risks, team, tests, training, money, emergencies.

All of them are optional, and every one that is there is typed and checked. People are named by their `id` in the team;
a chapter refers to another's entry by that entry's `id`.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from liftlock.model.part import Duration, Level, Part, Text

Model = Literal["standard", "normal", "emergency"]
Day = Annotated[str, Meta(pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}")]
Area = Literal[
    "technical",
    "architecture",
    "hardware",
    "version",
    "network",
    "data",
    "security",
    "people",
    "resource",
    "schedule",
    "continuity",
]
Post = Literal[
    "project manager",
    "system operations",
    "network",
    "desktop",
    "duty officer",
    "requirements",
    "test lead",
    "quality assurance",
    "business",
    "risk control",
    "vendor",
    "executive",
]
TestKind = Literal["functional", "performance", "security", "compatibility", "acceptance", "experience", "rehearsal"]


class Measure(Part, frozen=True):
    metric: Text
    below: str = ""
    above: str = ""
    by: str = ""


class Goal(Part, frozen=True):
    id: Text
    statement: Text
    measure: Measure | None = None


class Requirement(Part, frozen=True):
    """What somebody needs. A software requirement `refines` the system requirement that the client accepted.

    A changed requirement gets the next `revision`, with its reason in `because`.
    """

    id: Text
    statement: Text
    kind: Literal[
        "function", "performance", "security", "stability", "usability", "data", "interface", "environment"
    ] = "function"
    level: Literal["system", "software"] = "system"
    source: Literal["department", "client", "survey", "feedback", ""] = ""
    from_: str = field(default="", name="from")  # who asked
    importance: Level = "medium"
    urgency: Level = "medium"
    refines: tuple[str, ...] = ()  # requirements
    goals: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()  # components
    tests: tuple[str, ...] = ()
    owner: str = ""
    revision: Annotated[int, Meta(ge=1)] = 1
    because: str = ""
    confirmed_by: tuple[str, ...] = ()


class Criterion(Part, frozen=True):
    """What options are scored on. Scores are 0 (worst) to 10 (best)."""

    name: Text
    weight: Annotated[float, Meta(gt=0)] = 1.0


class Option(Part, frozen=True):
    name: Text
    scores: dict[str, float] = {}  # criterion -> 0..10
    notes: str = ""


class Choice(Part, frozen=True):
    """选型决策: candidates on weighted criteria, the decision and its reason."""

    question: Text
    criteria: tuple[Criterion, ...]
    options: tuple[Option, ...]
    decision: Text
    because: str = ""
    by: tuple[str, ...] = ()
    on: str = ""


class Risk(Part, frozen=True):
    risk: Text
    area: Area | Literal[""] = ""
    likelihood: Level = "medium"
    impact: Level = "medium"
    prevention: str = ""
    response: str = ""
    owner: str = ""
    due: str = ""  # by when the prevention is in place
    residual: Level = "low"
    accepted_by: str = ""  # who takes a residual risk that is not low


class Contact(Part, frozen=True):
    name: str = ""
    phone: str = ""
    mail: str = ""
    organisation: str = ""


class Absence(Part, frozen=True):
    from_: Day = field(name="from")
    to: Day  # its day included
    because: str = ""


class Person(Part, frozen=True):
    """Somebody of the team. `load`: how much of a working day the upgrade may have of them, in percent."""

    id: Text
    name: str = ""
    posts: tuple[Post, ...] = ()
    teams: tuple[str, ...] = ()
    contact: Contact = Contact()
    deputy: str = ""
    outsourced: bool = False
    load: Annotated[float, Meta(gt=0, le=100)] = 100.0
    absences: tuple[Absence, ...] = ()
    cost_per_day: Annotated[float, Meta(ge=0)] = 0.0


class Duty(Part, frozen=True):
    """One line of the RACI matrix. `task`: a task of the timetable, or any piece of work."""

    task: Text
    responsible: tuple[str, ...] = ()
    accountable: str = ""
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()


class Responsibility(Part, frozen=True):
    """What a post does and may do, where that differs from the field's custom."""

    post: Post
    duties: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()


class Team(Part, frozen=True):
    charter: str = ""
    people: tuple[Person, ...] = ()
    posts: tuple[Responsibility, ...] = ()
    raci: tuple[Duty, ...] = ()


class Talk(Part, frozen=True):
    """沟通机制: who is told what, when and by which channel; meetings with minutes."""

    what: Text
    to: tuple[str, ...] = ()
    when: str = ""
    channel: str = ""
    owner: str = ""
    side: Literal["internal", "external"] = "internal"
    minutes: bool = False


class Case(Part, frozen=True):
    id: Text
    does: Text
    expects: str = ""
    abnormal: bool = False


class PlannedTest(Part, frozen=True):
    """`requirements` are traced from both sides: here, or in a requirement's `tests`."""

    id: Text
    name: str = ""
    kind: TestKind = "functional"
    scope: str = ""
    method: str = ""
    environment: str = ""
    cases: tuple[Case, ...] = ()
    entry: tuple[str, ...] = ()
    exit: tuple[str, ...] = ()
    owner: str = ""
    requirements: tuple[str, ...] = ()


class Training(Part, frozen=True):
    audience: Text
    topic: Text
    kind: Literal["use", "deployment", "maintenance"] = "use"
    materials: tuple[str, ...] = ()
    trainer: str = ""
    by: str = ""
    gate: bool = True  # without it no switch-over


class Notice(Part, frozen=True):
    """通知计划: people that are told before, during or after. `lead`: working days before the first wave."""

    to: tuple[str, ...]
    when: Literal["before", "during", "after"] = "before"
    channel: str = ""
    message: str = ""
    owner: str = ""
    lead: Annotated[int, Meta(ge=0, le=365)] = 0


class AcceptanceCriterion(Part, frozen=True):
    """One acceptance criterion, with the side that decides it."""

    criterion: Text
    side: Literal["business", "technical"] = "technical"
    goal: str = ""
    by: str = ""


class Resource(Part, frozen=True):
    """Equipment, tools, teams: `amount` units at a time; a person's capacity is in the team."""

    id: Text
    name: str = ""
    kind: Literal["team", "outsourced", "equipment", "tool", "procurement", "support"] = "equipment"
    amount: Annotated[int, Meta(ge=1)] = 1
    absences: tuple[Absence, ...] = ()  # it is not there at all
    cost_per_day: Annotated[float, Meta(ge=0)] = 0.0
    owner: str = ""


class Amount(Part, frozen=True):
    """One line of the budget. `task`: with whose begin it is spent; else `on`."""

    what: Text
    kind: Literal["people", "outsourced", "equipment", "tools", "procurement", "maintenance", "support", "other"] = (
        "other"
    )
    planned: Annotated[float, Meta(ge=0)] = 0.0
    actual: float | None = None
    task: str = ""
    on: str = ""
    because: str = ""  # of an actual amount that differs


class Period(Part, frozen=True):
    from_: Day = field(name="from")
    to: Day
    limit: Annotated[float, Meta(ge=0)]


class Money(Part, frozen=True):
    """预算. `over`: what happens when more was spent than planned."""

    currency: str = "CNY"
    amounts: tuple[Amount, ...] = ()
    periods: tuple[Period, ...] = ()
    reserve: Annotated[float, Meta(ge=0, le=100)] = 0.0  # percent
    over: Literal["stop", "approve"] = "approve"
    approved_by: str = ""


class Scenario(Part, frozen=True):
    situation: Text
    response: str = ""
    owner: str = ""
    within_s: Duration | None = field(default=None, name="within")
    escalate: tuple[str, ...] = ()


class Drill(Part, frozen=True):
    """`passed`: not said, it was not held yet."""

    on: str = ""
    result: str = ""
    passed: bool | None = None


class Emergency(Part, frozen=True):
    """应急预案 with its contacts, its escalation and its drill."""

    scenarios: tuple[Scenario, ...] = ()
    contacts: tuple[Contact, ...] = ()
    drill: Drill | None = None


class BackupStrategy(Part, frozen=True):
    what: Text
    where: str = ""
    keep_s: Duration | None = field(default=None, name="keep")
    proof: str = ""


class RollbackPlan(Part, frozen=True):
    trigger: str = ""
    limit_s: Duration | None = field(default=None, name="limit")
    point_of_no_return: str = ""


class Omission(Part, frozen=True):
    """A chapter that the change model wants and this plan leaves out: with a reason, and who agreed."""

    chapter: Text
    because: str = ""
    by: str = ""
