"""What was revised between two plans: which requirements, what they touch, and which chapters changed otherwise.

A requirement that says something else than before gets the next revision, with its reason (CMMI, requirements
management: changes are controlled against a baseline). Traces, owner and confirmation are no part of what it says.
What a schedule shows by itself (recipes, rollouts, windows, approvals …) is not repeated here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, to_builtins
from msgspec.structs import fields, replace

from liftlock.decide.case import warning
from liftlock.decide.compare import inside, text
from liftlock.model.chapters import PlannedTest, Requirement
from liftlock.model.findings import Finding, Path
from liftlock.model.plan import Component, Plan
from liftlock.model.revision import Edit, RevisedEntry, RevisedRequirement, Revision, Touched, What

SAID = ("statement", "kind", "level", "source", "from_", "importance", "urgency", "refines", "goals")
SHOWN_BY_SCHEDULE = frozenset(
    {
        "upgrade",
        "inventory",
        "timezone",
        "language",
        "rollout",
        "windows",
        "freezes",
        "reserve",
        "deadline",
        "approvals",
        "unsigned_approvals",
        "notify",
    }
)
NAMES = ("id", "name", "risk", "what", "task", "post", "criterion", "question", "situation", "chapter", "role", "item")
SUBJECTS = ("audience", "topic", "to", "of", "before", "when", "from", "team")
AT_WORK = {"rehearsal": ("rehearsal",), "acceptance": ("tests", "acceptance"), "experience": ("tests", "acceptance")}


def revise(old: Plan, new: Plan) -> Revision:
    """Empty for equal plans. `old` and `new` are plans of one upgrade."""
    return Revision(tuple(requirements(old, new)), tuple(chapters(old, new)))


# --- requirements -----------------------------------------------------------------------------------------


def requirements(old: Plan, new: Plan) -> Iterator[RevisedRequirement]:
    before, after = ({each.id: each for each in plan.requirements} for plan in (old, new))
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one != other:
            touched = merged(touched_by(plan, name) for plan in (old, new))
            yield revised(name, one, other, touched)


def revised(name: str, one: Requirement | None, other: Requirement | None, touched: Touched) -> RevisedRequirement:
    here = other or one
    assert here is not None
    edits = () if one is None or other is None else tuple(edits_of(by_field(one), by_field(other)))
    says_more = one is not None and other is not None and said(one) != said(other)
    return RevisedRequirement(
        id=name,
        what=what_of(one, other),
        statement=here.statement,
        before=one.revision if one else 0,
        after=other.revision if other else 0,
        because=other.because if other and (one is None or one.revision != other.revision) else "",
        edits=edits,
        touched=touched,
        again=one.confirmed_by if one is not None and says_more else (),
    )


def said(requirement: Requirement) -> tuple[Any, ...]:
    return tuple(getattr(requirement, name) for name in SAID)


def complaints(old: Plan, new: Plan) -> Iterator[Finding]:
    """Changed requirements whose revision does not say so, at their place in the new plan."""
    before = {each.id: each for each in old.requirements}
    for index, each in enumerate(new.requirements):
        one = before.get(each.id)
        path: Path = ("requirements", index)
        if one is None:
            continue
        if each.revision < one.revision:
            path = (*path, "revision")
            yield warning("L692", path, requirement=each.id, before=one.revision, after=each.revision)
        elif each.revision == one.revision and said(each) != said(one):
            differs = ", ".join(change.field for change in edits_of(by_field(one), by_field(each)))
            yield warning("L690", path, requirement=each.id, revision=each.revision, differs=differs)
        elif each.revision > one.revision and not each.because:
            yield warning("L691", path, requirement=each.id, revision=each.revision)


# --- what hangs on a requirement ---------------------------------------------------------------------------


def touched_by(plan: Plan, name: str) -> Touched:
    """By the traces of one plan, those of the requirements that refine it included."""
    refining = refined_by(plan, name)
    mine = [each for each in plan.requirements if each.id == name or each.id in refining]
    ids = {each.id for each in mine}
    tests = {test for each in mine for test in each.tests} | {t.id for t in plan.tests if ids & set(t.requirements)}
    components = {component for each in mine for component in each.changes}
    return Touched(
        requirements=tuple(each.id for each in plan.requirements if each.id in refining),
        goals=tuple(sorted({goal for each in mine for goal in each.goals})),
        components=tuple(c.name for c in plan.components if c.name in components),
        tests=tuple(test.id for test in plan.tests if test.id in tests),
        tasks=tuple(tasks_touched(plan, components, [test for test in plan.tests if test.id in tests])),
    )


def refined_by(plan: Plan, name: str) -> set[str]:
    """Every requirement that refines this one, directly or by another; a circle ends."""
    found: set[str] = set()
    wave = {name}
    while wave:
        wave = {each.id for each in plan.requirements if wave & set(each.refines)} - found - {name}
        found |= wave
    return found


def tasks_touched(plan: Plan, components: Iterable[str], tests: Iterable[PlannedTest]) -> Iterator[str]:
    """A component is designed, built and brought up in waves; a test is done in the stages that its kind belongs to."""
    stages = {"design", "build", "waves"} if any(True for _ in components) else set()
    for test in tests:
        stages |= set(AT_WORK.get(test.kind, ("tests",)))
    yield from (task.id for task in (plan.timetable.tasks if plan.timetable else ()) if task.stage in stages)
    if "waves" in stages:
        yield "waves"


def merged(several: Iterable[Touched]) -> Touched:
    listed = list(several)
    names = (each.name for each in fields(Touched))
    return Touched(**{name: tuple(dict.fromkeys(n for one in listed for n in getattr(one, name))) for name in names})


# --- the other chapters -----------------------------------------------------------------------------------


def chapters(old: Plan, new: Plan) -> Iterator[RevisedEntry]:
    for each in fields(Plan):
        if each.encode_name in SHOWN_BY_SCHEDULE or each.name == "requirements":
            continue
        before, after = (document_part(getattr(plan, each.name)) or None for plan in (old, new))
        if before is None or after is None:
            if before != after:
                yield RevisedEntry(each.encode_name, "", what_of(before, after))
        else:
            yield from within_chapter(each.encode_name, dict(entries(before)), dict(entries(after)))


def within_chapter(chapter: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[RevisedEntry]:
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one != other:
            edits = () if one is None or other is None else tuple(edits_of(as_fields(one), as_fields(other)))
            yield RevisedEntry(chapter, name, what_of(one, other), edits)


def document_part(value: Any) -> Any:
    """Components without what the schedule shows of them."""
    if isinstance(value, tuple):
        return tuple(document_part(each) for each in value)
    if isinstance(value, Component):
        return replace(value, recipe=(), once_before=(), once_after=(), rollout=None, via=())
    return value


def entries(value: Any, within: str = "") -> Iterator[tuple[str, Any]]:
    """A chapter's entries by name. What is empty is not there."""
    if isinstance(value, tuple):
        seen: dict[str, int] = {}
        for item in value:
            name = name_of(item)
            seen[name] = seen.get(name, 0) + 1
            yield joined(within, name if seen[name] == 1 else f"{name} #{seen[name]}"), item
    elif isinstance(value, Struct):
        for each in fields(value):
            yield from entries(getattr(value, each.name), joined(within, each.encode_name))
    elif value not in ("", None):
        yield within, value


def joined(within: str, name: str) -> str:
    return f"{within} {name}".strip()


def name_of(item: Any) -> str:
    """What an entry is called: by its id, its name, what it says; else by whom and what it is about."""
    if not isinstance(item, Struct):
        return text(item)
    own = {each.encode_name: getattr(item, each.name) for each in fields(item)}
    for key in NAMES:
        if own.get(key):
            return str(own[key])
    about = (own[key] for key in SUBJECTS if own.get(key))
    return " ".join(", ".join(each) if isinstance(each, tuple) else str(each) for each in about)


# --- any field --------------------------------------------------------------------------------------------


def what_of(one: object | None, other: object | None) -> What:
    if one is None:
        return "new"
    return "gone" if other is None else "changed"


def by_field(value: Struct) -> dict[str, Any]:
    """Every field, defaults too: what is left out and what is written as the default say the same."""
    return {each.encode_name: to_builtins(getattr(value, each.name)) for each in fields(value)}


def as_fields(value: Any) -> Mapping[str, Any]:
    return by_field(value) if isinstance(value, Struct) else {"": to_builtins(value)}


def edits_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Edit]:
    for key in before:
        if before[key] != after[key]:
            yield from (Edit(each.name, each.before, each.after) for each in inside("", key, before[key], after[key]))
