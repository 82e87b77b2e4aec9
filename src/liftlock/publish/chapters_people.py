"""The chapters on people and means as tables: team, posts and RACI, tests, who is told, the budget, emergencies."""

from collections.abc import Iterable
from typing import get_args

from liftlock.model.appraisal import Appraisal, Spent
from liftlock.model.chapters import Duty, Person, Post, Team
from liftlock.publish.chapter_tables import Cell, ChapterTable
from liftlock.publish.words import Words

Row = tuple[Cell, ...]
LETTERS = (("responsible", "R"), ("accountable", "A"), ("consulted", "C"), ("informed", "I"))


def titled(
    title: str, keys: Iterable[str], rows: Iterable[Row], words: Words, notes: tuple[str, ...] = ()
) -> list[ChapterTable]:
    """A table under a title of the catalogue; none without rows."""
    given = tuple(rows)
    head = tuple(words.say(f"ui.table.{key}") for key in keys)
    return [ChapterTable(words.say(f"ui.chapters.{title}"), head, given, notes)] if given else []


# --- team ---------------------------------------------------------------------------------------------------------


def team(found: Appraisal, words: Words) -> list[ChapterTable]:
    """People, what their posts do and may do, and the RACI matrix."""
    given = found.plan.team
    if given is None:
        return []
    keys = ("person", "name", "posts", "teams", "phone", "mail", "deputy")
    people = titled("people", keys, (person_row(person, words) for person in given.people), words)
    posts = titled("posts", ("post", "people", "duties", "permissions"), post_rows(given, words), words)
    return [*people, *posts, *raci(given.raci, words)]


def person_row(person: Person, words: Words) -> Row:
    posts = words.join(words.word("Post", post) for post in person.posts)
    name = words.say("ui.chapters.outsourced", name=person.name) if person.outsourced else person.name
    contact = person.contact
    return (person.id, name, posts, ", ".join(person.teams), contact.phone, contact.mail, person.deputy)


def post_rows(given: Team, words: Words) -> Iterable[Row]:
    """Each post that is held or described; duties and permissions are the custom where the plan is silent."""
    own = {each.post: each for each in given.posts}
    held: dict[Post, list[str]] = {post: [] for post in own}
    for person in given.people:
        for holds in person.posts:
            held.setdefault(holds, []).append(person.id)
    for post in sorted(held, key=get_args(Post).index):
        described = own.get(post)
        duties = words.join(described.duties) if described is not None else ""
        permissions = words.join(described.permissions) if described is not None else ""
        yield (
            words.word("Post", post),
            ", ".join(held[post]),
            duties or words.word("PostDuties", post),
            permissions or words.word("PostPermissions", post),
        )


def raci(duties: tuple[Duty, ...], words: Words) -> list[ChapterTable]:
    """Work down, people across; a letter for each part that somebody has in it."""
    names = dict.fromkeys(name for duty in duties for key, _ in LETTERS for name in parts(duty, key))
    if not names:
        return []
    rows = tuple((duty.task, *(letters(duty, name) for name in names)) for duty in duties)
    title, note = words.say("ui.chapters.raci"), words.say("ui.chapters.raci.note")
    lists = ((duty.task, *(words.join(parts(duty, key)) for key, _ in LETTERS)) for duty in duties)
    (narrow,) = titled("raci", ("task", *(key for key, _ in LETTERS)), lists, words)
    return [ChapterTable(title, (words.say("ui.table.task"), *names), rows, (note,), narrow)]


def letters(duty: Duty, name: str) -> str:
    return "/".join(letter for key, letter in LETTERS if name in parts(duty, key))


def parts(duty: Duty, key: str) -> tuple[str, ...]:
    given = getattr(duty, key)
    return tuple(filter(None, (given,) if isinstance(given, str) else given))


# --- tests, who is told -------------------------------------------------------------------------------------------


def tests(found: Appraisal, words: Words) -> list[ChapterTable]:
    """Tests with their criteria, then all their cases."""
    traced = found.trace.tests
    rows = (
        (
            test.id,
            words.word("TestKind", test.kind),
            test.name or test.scope,
            test.environment,
            words.join(test.entry),
            words.join(test.exit),
            test.owner,
            ", ".join(traced.get(test.id, ())),
        )
        for test in found.plan.tests
    )
    cases = (
        (test.id, case.id, case.does, case.expects, words.say("ui.chapters.abnormal") if case.abnormal else "")
        for test in found.plan.tests
        for case in test.cases
    )
    keys = ("test", "test_kind", "name", "environment", "entry", "exit", "owner", "requirements")
    return [
        *titled("tests", keys, rows, words),
        *titled("cases", ("test", "case", "does", "expects", "abnormal"), cases, words),
    ]


def told(found: Appraisal, words: Words) -> list[ChapterTable]:
    plan = found.plan
    talks = (
        (talk.what, words.join(talk.to), talk.when, talk.channel, talk.owner, words.word("TalkSide", talk.side))
        for talk in plan.communication
    )
    notices = (
        (
            words.join(each.to),
            words.word("NoticeTime", each.when),
            each.lead if each.when == "before" else "",
            each.channel,
            each.message,
            each.owner,
        )
        for each in plan.notices
    )
    training = (
        (
            each.audience,
            each.topic,
            words.word("TrainingKind", each.kind),
            words.join(each.materials),
            each.trainer,
            each.by,
        )
        for each in plan.training
    )
    return [
        *titled("communication", ("what", "to", "when", "channel", "owner", "talk_side"), talks, words),
        *titled("notices", ("to", "when", "lead", "channel", "message", "owner"), notices, words),
        *titled("training", ("audience", "topic", "training_kind", "materials", "trainer", "due"), training, words),
    ]


# --- money, emergencies -------------------------------------------------------------------------------------------


def budget(found: Appraisal, words: Words) -> list[ChapterTable]:
    """Every amount, then sums by kind and by period: planned against actual."""
    money, sums = found.plan.budget, found.spending
    if money is None or sums is None:
        return []
    amounts = (
        (
            each.what,
            words.word("Cost", each.kind),
            each.planned,
            "" if each.actual is None else each.actual,
            "" if each.actual is None else round(each.actual - each.planned, 2),
            each.on or each.task,
            each.because,
        )
        for each in money.amounts
    )
    kinds = [(words.word("Cost", each.head), *figures(each)) for each in sums.kinds]
    kinds += [(words.say("ui.chapters.total"), *figures(sums.total))] if kinds else []
    periods = ((f"{each.head} – {each.until}", each.limit or 0.0, *figures(each)) for each in sums.periods)
    verdict = words.say("ui.chapters.over" if sums.is_over else "ui.chapters.within")
    note = words.say("ui.chapters.allowed", allowed=sums.allowed, currency=sums.currency, verdict=verdict)
    undated = (words.say("ui.chapters.undated", undated=sums.undated, currency=sums.currency),) if sums.undated else ()
    return [
        *titled("amounts", ("what", "cost", "planned", "actual", "difference", "spent_on", "reason"), amounts, words),
        *titled("kinds", ("cost", "planned", "actual", "forecast"), kinds, words, (note,)),
        *titled("periods", ("period", "money_limit", "planned", "actual", "forecast"), periods, words, undated),
    ]


def figures(spent: Spent) -> tuple[float, float, float]:
    return (spent.planned, spent.actual, spent.forecast)


def emergency(found: Appraisal, words: Words) -> list[ChapterTable]:
    given = found.plan.emergency
    if given is None:
        return []
    scenarios = (
        (
            each.situation,
            each.response,
            each.owner,
            words.duration(each.within_s) if each.within_s is not None else "",
            " → ".join(each.escalate),
        )
        for each in given.scenarios
    )
    contacts = ((each.name, each.organisation, each.phone, each.mail) for each in given.contacts)
    return [
        *titled(
            "scenarios", ("situation", "response", "owner", "within", "escalate"), scenarios, words, drill(found, words)
        ),
        *titled("contacts", ("name", "organisation", "phone", "mail"), contacts, words),
    ]


def drill(found: Appraisal, words: Words) -> tuple[str, ...]:
    held = found.plan.emergency.drill if found.plan.emergency is not None else None
    if held is None or held.passed is None:
        return (words.say("ui.chapters.drill.none"),)
    verdict = words.say("ui.chapters.drill.passed" if held.passed else "ui.chapters.drill.failed")
    return (words.say("ui.chapters.drill", day=held.on, verdict=verdict, outcome=held.result),)
