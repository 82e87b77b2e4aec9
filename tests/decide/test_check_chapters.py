"""The chapters' rules as a table: one change to a plan that has every chapter, and what is said because of it."""

from collections import Counter
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.decide.models import WANTS
from liftlock.decide.rules.codes_chapters import CODES
from liftlock.model.chapters import (
    Absence,
    AcceptanceCriterion,
    Amount,
    Contact,
    Criterion,
    Drill,
    Duty,
    Money,
    Notice,
    Omission,
    Option,
    Period,
    Person,
    Requirement,
    Resource,
    Risk,
    Scenario,
    Talk,
    Team,
)
from liftlock.model.findings import Severity
from liftlock.model.plan import Approval
from liftlock.model.tasks import Task, Timetable
from tests.decide.asking import Given, ask, codes, errors, good_plan, only, with_plan
from tests.decide.chapters import (
    CASES,
    CHAPTERS,
    CHOICE,
    EMERGENCY,
    MONEY,
    PEOPLE,
    RACI,
    REQUIREMENTS,
    planned,
    whole,
    without,
)

R1, S1 = REQUIREMENTS
LI, SUN, *OTHERS = PEOPLE
TESTS = CHAPTERS["tests"]


def said(given: Given) -> Counter[str]:
    """The chapters' codes."""
    return Counter(code for code in codes(given) if code in CODES)


BEFORE = said(whole())


def test_of_a_complete_plan_only_the_firmness_of_its_decision_is_said() -> None:
    assert Counter({"L530": 1}) == BEFORE
    assert errors(whole()) == []


def test_a_plan_without_chapters_is_left_in_peace() -> None:
    assert said(good_plan()) == Counter()


def team(*people: Person, raci: tuple[Duty, ...] = RACI) -> dict[str, Any]:
    return {"team": Team("as mandated", people, raci=raci)}


def one(key: str, index: int, **fields: Any) -> dict[str, Any]:
    """The chapter with one entry changed."""
    entries = list(CHAPTERS[key])
    entries[index] = replace(entries[index], **fields)
    return {key: tuple(entries)}


def money(**fields: Any) -> dict[str, Any]:
    return {"budget": replace(MONEY, **fields)}


def emergency(**fields: Any) -> dict[str, Any]:
    return {"emergency": replace(EMERGENCY, **fields)}


def choice(**fields: Any) -> dict[str, Any]:
    return {"choices": (replace(CHOICE, **fields),)}


def tasks(*given: Task) -> dict[str, Any]:
    """Beside the build that is there already."""
    return {"timetable": Timetable("2026-12-01", tasks=(*CHAPTERS["timetable"].tasks, *given))}


AWAY = (Absence("2026-12-19", "2026-12-21"),)
LATER = (Absence("2026-12-21", "2026-12-24"),)
BACKWARDS = (Absence("2027-01-05", "2027-01-02"),)
SPENT = Amount("overtime", "people", 8000, 9000, on="2026-12-19")
TWINS = (CHOICE.options[0], replace(CHOICE.options[0], name="b"))
TWO = {"any of": ("sun.li", "wu.jun")}


def spent(actual: float, **fields: Any) -> dict[str, Any]:
    """Of 20,000 planned, 8,000 for overtime; with the reserve 22,000 are allowed."""
    return money(amounts=(replace(SPENT, actual=actual, because="x"), MONEY.amounts[1]), **fields)


CHANGES: list[tuple[str, dict[str, Any], dict[str, int]]] = [
    # names
    ("two of one id", {"requirements": (R1, S1, S1)}, {"L500": 1}),
    ("two cases of one id", one("tests", 0, cases=(*CASES, CASES[0])), {"L500": 1}),
    ("two people of one id", team(*PEOPLE, LI), {"L500": 1}),
    ("a goal that is not there", one("requirements", 0, goals=("G1", "X9")), {"L502": 1}),
    ("a test that is almost there", one("requirements", 1, tests=("T1", "T11")), {"L501": 1}),
    ("a component that is almost there", one("requirements", 1, changes=("orders", "order")), {"L501": 1}),
    ("a test of an unknown requirement", one("tests", 0, requirements=("S1", "Q77")), {"L502": 1}),
    ("acceptance of an unknown goal", one("acceptance", 1, goal="Q77"), {"L502": 1}),
    ("a task that is not there", money(amounts=(Amount("x", task="nowhere"),)), {"L502": 1}),
    ("a wave of a component", money(amounts=(Amount("x", task="orders/w1"),)), {}),
    ("all waves", money(amounts=(Amount("x", task="waves"),)), {}),
    ("a stranger decides", choice(by=("nobody",)), {"L502": 1}),
    ("a full name instead of an id", one("risks", 0, owner="Sun Li"), {"L501": 1}),
    ("an owner whose name is misspelt", one("risks", 0, owner="sun.il"), {"L501": 1}),
    ("a team owns nothing", one("risks", 0, owner="dba"), {"L502": 1}),
    ("a team may accept", one("risks", 0, accepted_by="dba"), {}),
    ("a stranger approves", {"approvals": (Approval("x", {"any of": ("zhang.min", "xu.fei")}),)}, {"L502": 1}),
    ("a stranger escalates", emergency(scenarios=(Scenario("x", "y", "sun.li", escalate=("xu",)),)), {"L502": 1}),
    ("free text that is almost a person", one("notices", 0, to=("zhang.mln", "all customers")), {"L503": 1}),
    ("free text that is a person's full name", one("notices", 0, to=("Zhang Min",)), {}),
    ("away until before", team(replace(LI, absences=BACKWARDS), SUN, *OTHERS), {"L504": 1}),
    ("a period that ends before", money(periods=(Period("2026-12-31", "2026-12-01", 1),)), {"L504": 1}),
    # change models
    ("no benefit", {"benefit": ""}, {"L505": 1}),
    ("left out, with a reason", {"benefit": "", "omitted": (Omission("benefit", "obvious", "chen.jie"),)}, {}),
    ("left out without consent", {"benefit": "", "omitted": (Omission("benefit", "obvious"),)}, {"L506": 1}),
    ("left out what nobody wants", {"omitted": (Omission("benefits", "x", "chen.jie"),)}, {"L507": 1}),
    ("left out and there", {"omitted": (Omission("tests", "x", "chen.jie"),)}, {"L508": 1}),
    ("nobody approves", {"approvals": ()}, {"L509": 1}),
    ("a standard change without a template", {"model": "standard"}, {"L510": 1}),
    ("a standard change from a template", {"model": "standard", "template": "patch v3"}, {}),
    ("an emergency", {"model": "emergency"}, {"L511": len(WANTS["emergency"].afterwards)}),
    ("nobody is on duty", team(*(p for p in PEOPLE if "duty officer" not in p.posts)), {"L512": 1}),
    # requirements
    ("nobody asked", one("requirements", 0, source=""), {"L513": 1}),
    ("a department asked", one("requirements", 0, source="", from_="sales"), {}),
    ("nothing is changed for it", one("requirements", 1, changes=()), {"L514": 2, "L517": 1}),
    (
        "nothing tests it",
        {**one("requirements", 1, tests=()), "tests": tuple(replace(each, requirements=()) for each in TESTS)},
        {"L515": 2, "L518": 4},
    ),
    ("it serves no goal", one("requirements", 0, goals=()), {"L516": 2, "L519": 1}),
    ("a test of nothing", {"tests": (*TESTS, replace(planned(9, "security"), requirements=()))}, {"L518": 1}),
    ("a rehearsal needs no requirement", {"tests": (*TESTS, replace(planned(9, "rehearsal"), requirements=()))}, {}),
    ("it refines nothing", one("requirements", 1, refines=(), goals=("G1",)), {"L514": 1, "L515": 1, "L520": 1}),
    ("a system requirement refines", one("requirements", 0, refines=("S1",)), {"L521": 1, "L522": 1}),
    ("it refines itself", one("requirements", 1, refines=("R1", "S1")), {"L522": 1}),
    ("changed without a reason", one("requirements", 0, revision=2), {"L523": 1}),
    ("changed with a reason", one("requirements", 0, revision=2, because="measured anew"), {}),
    ("nobody confirmed it", one("requirements", 0, confirmed_by=()), {"L524": 1}),
    # options
    ("a score is missing", choice(options=(Option("waves", {"cost": 1}), CHOICE.options[1])), {"L525": 1, "L530": -1}),
    (
        "a score out of bounds",
        choice(options=(Option("waves", {"cost": 1, "risk": 11}), CHOICE.options[1])),
        {"L526": 1, "L530": -1},
    ),
    (
        "a score on what is no criterion",
        choice(options=(Option("waves", {"cost": 4, "risk": 9, "rsik": 1}), CHOICE.options[1])),
        {"L501": 1},
    ),
    ("a decision for nothing", choice(decision="wait"), {"L502": 1, "L530": -1}),
    ("no reason", choice(because=""), {"L527": 1}),
    ("nobody decided", choice(by=()), {"L527": 1}),
    ("not the best, without a reason", choice(decision="outage", because=""), {"L528": 1, "L530": -1, "L532": 1}),
    ("not the best, with a reason", choice(decision="outage"), {"L530": -1, "L532": 1}),
    ("a tie", choice(options=TWINS), {"L529": 1, "L530": -1, "L531": 1}),
    ("one option", choice(options=CHOICE.options[:1]), {"L533": 1, "L530": -1}),
    ("no criteria", choice(criteria=(), options=(Option("waves"), Option("b"))), {"L533": 1, "L530": -1}),
    # risks
    ("high remains unanswered", one("risks", 0, residual="high", response=""), {"L534": 1}),
    ("high remains accepted", one("risks", 0, residual="high"), {}),
    ("high remains, accepted by nobody", one("risks", 0, residual="high", accepted_by=""), {"L535": 1}),
    ("medium remains, accepted by nobody", one("risks", 0, accepted_by=""), {"L536": 1}),
    ("more remains than there was", one("risks", 0, likelihood="low", impact="low"), {"L537": 1}),
    ("prevented on the day", one("risks", 0, due="2026-12-19"), {}),
    ("prevented too late", one("risks", 0, due="2026-12-20"), {"L538": 1}),
    ("neither area nor date", one("risks", 0, area="", due=""), {"L539": 1}),
    # team
    ("nobody answers", team(*PEOPLE, raci=(*RACI, Duty("report", ("li.wei",)))), {"L540": 1}),
    ("nobody does it", team(*PEOPLE, raci=(*RACI, Duty("report", (), "li.wei"))), {"L541": 1}),
    ("a task of nobody", tasks(Task("review", days=1)), {"L540": 1, "L541": 1}),
    ("a task answered for in the matrix", {**tasks(Task("tests", days=1))}, {}),
    ("both away", team(replace(LI, absences=AWAY), replace(SUN, absences=AWAY), *OTHERS), {"L542": 1}),
    ("away with a deputy", team(replace(LI, absences=AWAY), SUN, *OTHERS), {}),
    ("away without a deputy", team(replace(LI, absences=AWAY, deputy=""), SUN, *OTHERS), {"L542": 1}),
    ("away on other days", team(replace(LI, absences=LATER, deputy=""), *PEOPLE[1:]), {}),
    ("builder approves", {"approvals": (Approval("x", "qian.yi"), Approval("risk", "chen.jie"))}, {"L543": 1}),
    ("one of those who carry out may approve", {"approvals": (Approval("x", TWO),)}, {"L543": 1}),
    ("own deputy", team(replace(LI, deputy="li.wei"), *PEOPLE[1:]), {"L544": 1}),
    (
        "a circle of deputies",
        team(LI, replace(SUN, deputy="wu.jun"), replace(PEOPLE[2], deputy="li.wei"), *PEOPLE[3:]),
        {"L545": 1},
    ),
    ("nobody can call", team(replace(LI, contact=Contact("Li")), *PEOPLE[1:]), {"L546": 1}),
    # communication, tests, training, notices, acceptance
    ("nobody is spoken to", {"communication": (Talk("x"),)}, {"L547": 1}),
    ("a test of nothing but its name", one("tests", 1, entry=(), exit=()), {"L548": 1}),
    ("no abnormal case", one("tests", 0, cases=CASES[:1]), {"L549": 1}),
    ("performance needs no abnormal case", one("tests", 1, cases=CASES[:1]), {}),
    ("a case expects nothing", one("tests", 0, cases=(replace(CASES[0], expects=""), CASES[1])), {"L550": 1}),
    ("nobody tests security", {"tests": (TESTS[0], TESTS[1], TESTS[3])}, {"L551": 1}),
    ("training without materials", one("training", 0, materials=()), {"L552": 1}),
    ("training too late", one("training", 0, by="2026-12-21"), {"L553": 1}),
    ("training later, which is no gate", one("training", 0, by="2026-12-21", gate=False), {}),
    ("a notice of nothing", {"notices": (Notice(()),)}, {"L554": 1}),
    ("only the technical side accepts", {"acceptance": (AcceptanceCriterion("x", goal="G1"),)}, {"L556": 1}),
    ("acceptance in plain sentences", {"acceptance": ("checkout works",)}, {}),
    # budget
    ("over a period's limit", money(periods=(Period("2026-12-01", "2026-12-31", 7999),)), {"L558": 1}),
    ("spent more without a reason", money(amounts=(SPENT, MONEY.amounts[1])), {"L559": 1}),
    ("spent more with a reason", money(amounts=(replace(SPENT, because="a second night"), MONEY.amounts[1])), {}),
    ("overspent", spent(10001, over="stop"), {"L560": 1}),
    ("within the reserve", spent(10000, over="stop"), {}),
    ("overspent, to be approved", spent(10001), {"L561": 1}),
    ("overspent and approved", spent(90000, over="stop", approved_by="chen.jie"), {}),
    ("spent at no time", money(amounts=(Amount("overtime", planned=1),)), {"L562": 1}),
    # emergency, resources
    ("no response", emergency(scenarios=(Scenario("x", "", "sun.li"),)), {"L563": 1}),
    ("nobody to call", emergency(contacts=(Contact("duty"),)), {"L564": 1}),
    ("not exercised", emergency(drill=None), {"L565": 1}),
    ("exercise without a result", emergency(drill=Drill("2026-12-05")), {"L565": 1}),
    ("a failed exercise", emergency(drill=Drill("2026-12-05", "not restored", passed=False)), {"L566": 1}),
    ("a resource of nobody", {"resources": (Resource("disks"),)}, {"L567": 1}),
]  # fmt: skip


BLOCKING = {"L500", "L501", "L502", "L504", "L507", "L509", "L510", "L521", "L522", "L525", "L526", "L534", "L535"}
BLOCKING |= {"L543", "L544", "L558", "L560", "L566"}


@pytest.mark.parametrize(("changed", "more"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_one_change_and_what_is_said_of_it(changed: dict[str, Any], more: dict[str, int]) -> None:
    expected = {code: BEFORE[code] + count for code, count in ({"L530": 0} | more).items()}
    found = [each for each in ask(whole(**changed)) if each.code in CODES]
    assert Counter(each.code for each in found) == Counter({code: n for code, n in expected.items() if n})
    assert {each.code for each in found if each.severity is Severity.ERROR} == BLOCKING & expected.keys()


def test_every_code_of_the_chapters_has_its_row() -> None:
    rows = {code for _, _, more in CHANGES for code, count in more.items() if count > 0}
    assert set(CODES) - rows == {"L530", "L555", "L557"}  # the first is said of the plan itself; the others below


# --- what a row cannot show ---------------------------------------------------------------------------------------


def test_an_outage_is_announced_before() -> None:
    plan, *_ = whole(notices=(Notice(("customers",), "after", "website", "done", "zhang.min"),))
    out = replace(plan.rollout, planned_outage=True)
    assert "L555" in codes(whole(rollout=out, notices=plan.notices))
    assert "L555" in codes(whole(rollout=out, notices=()))
    assert "L555" not in codes(whole(rollout=out))
    assert "L555" not in codes(with_plan(good_plan(), rollout=out))


def test_every_goal_is_accepted_where_goals_are_named() -> None:
    goals = (*CHAPTERS["goals"], replace(CHAPTERS["goals"][0], id="G2"))
    assert only(whole(goals=goals), "L557").fields == {"goal": "G2"}
    silent = tuple(replace(each, goal="") for each in CHAPTERS["acceptance"])
    assert "L557" not in codes(whole(goals=goals, acceptance=silent))


@pytest.mark.parametrize("key", [key for key in WANTS["normal"].chapters if key != "approvals"])
def test_each_chapter_of_a_normal_change_is_missed(key: str) -> None:
    assert only(without(key), "L505").fields["key"] == key


def test_an_unknown_name_suggests_what_was_meant() -> None:
    assert only(whole(**one("requirements", 1, tests=("T1", "T11"))), "L501").fields["near"] == "T1"
    assert only(whole(**one("risks", 0, owner="Sun Li")), "L501").fields["near"] == "sun.li"
    found = only(whole(**one("requirements", 0, goals=("G1", "X9"))), "L502")
    assert found.fields == {"noun": "goal", "given": "X9", "known": "G1"}
    assert found.path == ("requirements", 0, "goals", 1)


def test_without_a_team_nobody_is_a_stranger() -> None:
    assert {"L501", "L502", "L503"} & set(codes(without("team"))) == set()


def test_what_is_confirmed_weighs_less_without_a_model() -> None:
    given = with_plan(good_plan(), requirements=(replace(R1, confirmed_by=(), changes=("orders",), tests=()),))
    assert only(given, "L524").severity is Severity.INFO
    assert only(whole(**one("requirements", 0, confirmed_by=())), "L524").severity is Severity.WARNING


def test_a_circle_is_said_once_and_shown() -> None:
    three = tuple(
        replace(S1, id=name, refines=(refined,)) for name, refined in (("A", "B"), ("B", "C"), ("C", "A"), ("D", "A"))
    )
    assert only(whole(requirements=(R1, *three)), "L522").fields["circle"] == "A → B → C → A"


def test_absence_is_said_with_the_days_that_matter() -> None:
    found = only(whole(**team(replace(LI, absences=AWAY, deputy=""), SUN, *OTHERS)), "L542")
    assert found.fields == {"person": "li.wei", "task": "waves", "since": "2026-12-19", "until": "2026-12-20"}


def test_the_matrix_of_risks() -> None:
    levels = ("low", "medium", "high")
    allowed = {}
    for likelihood in levels:
        for impact in levels:
            low = [Risk("x", "", likelihood, impact, residual=residual) for residual in levels]
            allowed[likelihood, impact] = sum(
                "L537" not in codes(with_plan(good_plan(), risks=(each,))) for each in low
            )
    grid = [[allowed[a, b] for b in levels] for a in levels]
    assert grid == [[1, 1, 2], [1, 2, 3], [2, 3, 3]]


def test_a_requirement_alone_is_no_chapter_that_lacks_the_others() -> None:
    alone = Requirement("R1", "x", from_="sales", owner="li.wei", changes=("orders",), confirmed_by=("sales",))
    assert said(with_plan(good_plan(), requirements=(alone,))) == Counter({"L515": 1})


def test_criteria_of_one_name_are_not_weighed() -> None:
    twice = replace(CHOICE, criteria=(*CHOICE.criteria, Criterion("cost", 9)))
    assert said(whole(choices=(twice,))) == Counter({"L500": 1})


def test_an_amount_counts_in_the_period_of_its_task_once_that_began() -> None:
    spent = (Amount("disks", "equipment", 12000, task="make"),)
    tight = Money(amounts=spent, periods=(Period("2026-12-01", "2026-12-31", 100),))
    assert "L558" not in codes(whole(budget=tight))
    begun = Timetable("2026-12-01", tasks=(Task("make", days=3, owner="qian.yi", began="2026-12-02T09:00"),))
    assert "L558" in codes(whole(budget=tight, timetable=begun))
