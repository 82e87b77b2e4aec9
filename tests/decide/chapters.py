"""A plan with every chapter, of which nothing is to be said beyond how firm its decision is."""

from typing import Any

from msgspec.structs import replace

from liftlock.model.chapters import (
    AcceptanceCriterion,
    Amount,
    BackupStrategy,
    Case,
    Choice,
    Contact,
    Criterion,
    Drill,
    Duty,
    Emergency,
    Goal,
    Measure,
    Money,
    Notice,
    Option,
    Period,
    Person,
    PlannedTest,
    Requirement,
    Resource,
    Risk,
    RollbackPlan,
    Scenario,
    Talk,
    Team,
    Training,
)
from liftlock.model.plan import Approval, Plan, Window
from liftlock.model.tasks import Task, Timetable
from tests.decide.asking import Given, good_plan

CALLED = Contact(phone="555-0100")
PEOPLE = (
    Person("li.wei", "Li Wei", ("project manager",), contact=CALLED, deputy="sun.li"),
    Person("sun.li", "Sun Li", ("system operations", "network"), ("dba",), contact=CALLED, deputy="li.wei"),
    Person("wu.jun", "Wu Jun", ("duty officer",), contact=CALLED),
    Person("qian.yi", "Qian Yi", ("requirements", "test lead", "quality assurance"), contact=CALLED),
    Person("zhang.min", "Zhang Min", ("business",), contact=CALLED),
    Person("chen.jie", "Chen Jie", ("risk control",), contact=CALLED),
)
RACI = (
    Duty("tests", ("qian.yi",), "qian.yi", ("dba",), ("customers",)),
    Duty("waves", ("sun.li", "dba"), "li.wei", informed=("zhang.min",)),
)
REQUIREMENTS = (
    Requirement(
        "R1", "checkout within 200 ms", source="client", owner="qian.yi", goals=("G1",), confirmed_by=("zhang.min",)
    ),
    Requirement(
        "S1",
        "orders 1.1 caches prices",
        level="software",
        source="department",
        owner="qian.yi",
        refines=("R1",),
        changes=("orders",),
        tests=("T1",),
    ),
)
CHOICE = Choice(
    "how to upgrade",
    (Criterion("cost", 1), Criterion("risk", 3)),
    (Option("waves", {"cost": 4, "risk": 9}), Option("outage", {"cost": 8, "risk": 3})),
    "waves",
    "customers are served meanwhile",
    ("li.wei",),
    "2026-11-20",
)
KINDS = ("functional", "performance", "security", "acceptance")
CASES = (Case("C1", "buy", "bought"), Case("C2", "buy nothing", "refused", abnormal=True))


def planned(number: int, kind: Any) -> PlannedTest:
    return PlannedTest(
        f"T{number}",
        kind=kind,
        environment="staging",
        cases=CASES,
        entry=("deployed",),
        exit=("all pass",),
        owner="qian.yi",
        requirements=("S1",),
    )


RISK = Risk(
    "figures differ",
    "data",
    "medium",
    "high",
    "compare totals",
    "go back",
    "sun.li",
    "2026-12-10",
    "medium",
    "zhang.min",
)
MONEY = Money(
    amounts=(Amount("overtime", "people", 8000, on="2026-12-19"), Amount("disks", "equipment", 12000, task="make")),
    periods=(Period("2026-12-01", "2026-12-31", 30000),),
    reserve=10,
)
EMERGENCY = Emergency(
    (Scenario("the database is lost", "restore", "sun.li", 3600, ("li.wei", "dba")),),
    (CALLED,),
    Drill("2026-12-05", "restored in 40 min", passed=True),
)
CHAPTERS: dict[str, Any] = {
    "model": "normal",
    "owner": "li.wei",
    "background": "checkout is slow",
    "benefit": "customers stay",
    "goals": (Goal("G1", "checkout within 200 ms", Measure("latency_p99", "200ms", by="2026-12-31")),),
    "requirements": REQUIREMENTS,
    "choices": (CHOICE,),
    "team": Team("as mandated", PEOPLE, raci=RACI),
    "communication": (Talk("how it stands", ("zhang.min",), "daily", "chat", "li.wei"),),
    "risks": (RISK,),
    "tests": tuple(planned(number, kind) for number, kind in enumerate(KINDS, 1)),
    "training": (Training("tellers", "new search", materials=("handout",), trainer="qian.yi", by="2026-12-15"),),
    "notices": (Notice(("customers",), "before", "website", "slower tonight", "zhang.min"),),
    "backup": (BackupStrategy("/etc/orders"),),
    "windows": (Window("22:00", "24:00", date="2026-12-19"), Window("22:00", "24:00", date="2026-12-20")),
    "timetable": Timetable(
        "2026-12-01", tasks=(Task("make", stage="build", days=3, owner="qian.yi", earliest="2026-12-01"),)
    ),
    "resources": (Resource("disks", owner="sun.li"),),
    "budget": MONEY,
    "approvals": (Approval("business", "zhang.min"), Approval("risk", "chen.jie")),
    "rollback": RollbackPlan("errors over 1 %", 3600),
    "emergency": EMERGENCY,
    "acceptance": (
        AcceptanceCriterion("totals agree", "business", "G1", "zhang.min"),
        AcceptanceCriterion("no host on 1.0", "technical", by="sun.li"),
    ),
}


def whole(**fields: Any) -> Given:
    """The complete plan, with these of its keys changed."""
    plan, inventory, recipes = good_plan()
    core = replace(plan.components[0], class_="core")
    return replace(plan, **(CHAPTERS | {"components": (core,)} | fields)), inventory, recipes


def without(*keys: str) -> Given:
    """The complete plan without these chapters."""
    empty = {key: getattr(Plan("", ()), key) for key in keys}
    return whole(**empty)
