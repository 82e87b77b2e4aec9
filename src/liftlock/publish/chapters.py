"""The plan's chapters as tables: who answers to what, how options weigh, risks, and as data for programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from liftlock.model.appraisal import Appraisal, Graded, Sensitivity, Traced, Weighing
from liftlock.model.chapters import Choice
from liftlock.publish.chapter_tables import Cell, ChapterTable, table_markdown, table_text
from liftlock.publish.chapters_people import budget, emergency, team, tests, told
from liftlock.publish.paint import Paint, bare
from liftlock.publish.words import Words

LEVELS = ("low", "medium", "high")
Section = Callable[[Appraisal, Words], list[ChapterTable]]


def trace(found: Appraisal, words: Words) -> list[ChapterTable]:
    """追溯表: from the requirements on, and back to them."""
    if not found.plan.requirements:
        return []
    rows = tuple(trace_row(row, words) for row in found.trace.rows)
    keys = ("requirement", "level", "revision", "refines", "goals", "components", "tests")
    back: list[tuple[Cell, ...]] = []
    for noun, names in (
        ("goal", found.trace.goals),
        ("component", found.trace.components),
        ("test", found.trace.tests),
    ):
        back += [(words.word("Noun", noun), name, ", ".join(given)) for name, given in names.items()]
    return [
        *register(found, words),
        ChapterTable(words.say("ui.chapters.trace"), heads(keys, words), rows, orphans(found, words)),
        ChapterTable(words.say("ui.chapters.back"), heads(("noun", "name", "requirements"), words), tuple(back)),
    ]


def register(found: Appraisal, words: Words) -> list[ChapterTable]:
    """Each requirement with where it comes from and how much it matters."""
    priorities = {row.requirement: words.word("Level", row.priority) for row in found.trace.rows}
    rows = tuple(
        (
            each.id,
            each.statement,
            words.word("RequirementKind", each.kind),
            words.join(filter(None, (words.word("Source", each.source) if each.source else "", each.from_))),
            priorities[each.id],
            each.owner,
            words.join(each.confirmed_by),
            each.because,
        )
        for each in found.plan.requirements
    )
    keys = ("requirement", "statement", "kind", "source", "priority", "owner", "confirmed_by", "changed")
    return [ChapterTable(words.say("ui.chapters.register"), heads(keys, words), rows)]


def trace_row(row: Traced, words: Words) -> tuple[Cell, ...]:
    links = (", ".join(names) for names in (row.refines, row.goals, row.components, row.tests))
    return (row.requirement, words.word("RequirementLevel", row.level), row.revision, *links)


def orphans(found: Appraisal, words: Words) -> tuple[str, ...]:
    """What leads nowhere; or that everything leads somewhere."""
    lost = {key: names for key, names in found.trace.orphans.items() if names}
    if not lost:
        return (words.say("ui.chapters.traced"),)
    said = {
        "changes": words.say("ui.chapters.orphan.changes", names=", ".join(lost.get("changes", ()))),
        "tests": words.say("ui.chapters.orphan.tests", names=", ".join(lost.get("tests", ()))),
        "of_components": words.say("ui.chapters.orphan.of_components", names=", ".join(lost.get("of_components", ()))),
        "of_tests": words.say("ui.chapters.orphan.of_tests", names=", ".join(lost.get("of_tests", ()))),
        "of_goals": words.say("ui.chapters.orphan.of_goals", names=", ".join(lost.get("of_goals", ()))),
    }
    return tuple(said[key] for key in lost)


def options(found: Appraisal, words: Words) -> list[ChapterTable]:
    tables: list[ChapterTable] = []
    for choice, weighing in zip(found.plan.choices, found.weighings, strict=True):
        tables.append(scores(choice, weighing, words))
        if weighing is not None and weighing.sensitivity and len(weighing.scores) > 1:
            tables.append(firmness(weighing, words))
    return tables


def scores(choice: Choice, weighing: Weighing | None, words: Words) -> ChapterTable:
    """Options by criteria with their weight, best first."""
    shares = weighing.shares if weighing is not None else {}
    criteria = [f"{c.name} ({percent(shares[c.name])})" if c.name in shares else c.name for c in choice.criteria]
    totals = weighing.scores if weighing is not None else {}
    ranked = sorted(choice.options, key=lambda option: -totals.get(option.name, 0.0))
    rows = tuple(
        (
            option.name,
            *(option.scores.get(each.name, "") for each in choice.criteria),
            round(totals[option.name], 3) if option.name in totals else "",
            standing(option.name, choice, weighing, words),
            option.notes,
        )
        for option in ranked
    )
    head = (words.say("ui.table.option"), *criteria, *heads(("total", "standing", "notes"), words))
    return ChapterTable(choice.question, head, rows, decided(choice, weighing, words))


def standing(option: str, choice: Choice, weighing: Weighing | None, words: Words) -> str:
    marks = [words.say("ui.chapters.chosen")] if option == choice.decision else []
    marks += [words.say("ui.chapters.best")] if weighing is not None and option in weighing.best else []
    return words.join(marks)


def decided(choice: Choice, weighing: Weighing | None, words: Words) -> tuple[str, ...]:
    notes = [] if weighing is not None else [words.say("ui.chapters.unweighed")]
    if choice.because:
        notes.append(words.say("ui.chapters.because", why=choice.because))
    if choice.by:
        notes.append(words.say("ui.chapters.by", names=words.join(choice.by), day=choice.on))
    return tuple(notes)


def firmness(weighing: Weighing, words: Words) -> ChapterTable:
    """Within which weights the decision is the best."""
    rows = tuple((each.criterion, percent(each.share), range_of(each, words)) for each in weighing.sensitivity)
    title = words.say("ui.chapters.firmness", option=weighing.decision)
    return ChapterTable(
        title, heads(("criterion", "weight", "range"), words), rows, (words.say("ui.chapters.firmness.note"),)
    )


def range_of(each: Sensitivity, words: Words) -> str:
    if each.percents is None:
        return words.say("ui.chapters.never")
    low, high = each.percents
    return words.say("ui.chapters.always") if each.is_free else f"{low:g} % – {high:g} %"


def percent(share: float) -> str:
    return f"{round(share * 100, 1):g} %"


def risks(found: Appraisal, words: Words) -> list[ChapterTable]:
    """All of them, gravest first; what is done about each; and how many are where on the matrix."""
    if not found.risks:
        return []
    keys = ("number", "risk", "area", "likelihood", "impact", "grade", "residual", "accepted_by")
    rows = tuple(risk_row(number, risk, words) for number, risk in enumerate(found.risks, 1))
    answers = tuple((n, risk.prevention, risk.due, risk.response, risk.owner) for n, risk in enumerate(found.risks, 1))
    answer_keys = ("number", "prevention", "due", "response", "owner")
    return [
        ChapterTable(words.say("ui.chapters.risks"), heads(keys, words), rows),
        ChapterTable(words.say("ui.chapters.answers"), heads(answer_keys, words), answers),
        matrix(found.risks, words),
    ]


def risk_row(number: int, risk: Graded, words: Words) -> tuple[Cell, ...]:
    levels = (words.word("Level", each) for each in (risk.likelihood, risk.impact, risk.level, risk.residual))
    return (number, risk.risk, words.word("Area", risk.area) if risk.area else "", *levels, risk.accepted_by)


def matrix(given: Sequence[Graded], words: Words) -> ChapterTable:
    """Numbers of risks by likelihood (down) and impact (across)."""
    rows = tuple(
        (words.word("Level", likelihood), *(numbers(given, likelihood, impact) for impact in LEVELS))
        for likelihood in reversed(LEVELS)
    )
    columns = (words.say("ui.chapters.impact", level=words.word("Level", level)) for level in LEVELS)
    return ChapterTable(words.say("ui.chapters.matrix"), (words.say("ui.table.likelihood"), *columns), rows)


def numbers(given: Sequence[Graded], likelihood: str, impact: str) -> str:
    there = (n for n, risk in enumerate(given, 1) if (risk.likelihood, risk.impact) == (likelihood, impact))
    return ", ".join(map(str, there))


def heads(keys: Iterable[str], words: Words) -> tuple[str, ...]:
    return tuple(words.say(f"ui.table.{key}") for key in keys)


# --- all of them --------------------------------------------------------------------------------------------------

SECTIONS: Mapping[str, Section] = {
    "trace": trace,
    "options": options,
    "risks": risks,
    "team": team,
    "tests": tests,
    "told": told,
    "budget": budget,
    "emergency": emergency,
}
IN_REPORT = ("trace", "options", "team", "tests", "told", "budget", "emergency")  # the report has its own risks


def tables_of(found: Appraisal, words: Words, sections: Sequence[str] = tuple(SECTIONS)) -> list[ChapterTable]:
    """The tables of these sections, as far as the plan has such chapters."""
    return [table for name in sections for table in SECTIONS[name](found, words)]


def chapters_text(tables: Iterable[ChapterTable], words: Words, *, width: int = 100, paint: Paint = bare) -> str:
    blocks = ["\n".join(table_text(table, words, width=width, paint=paint)) for table in tables]
    return "\n\n".join(blocks) + "\n"


def chapters_markdown(found: Appraisal, words: Words) -> list[str]:
    """The report's chapters beside its purposes."""
    return [line for table in tables_of(found, words, IN_REPORT) for line in table_markdown(table, words)]


def chapters_json(found: Appraisal, sections: Sequence[str] = tuple(SECTIONS)) -> dict[str, Any]:
    """For programs: the data as they are, by section."""
    plan = found.plan
    whole: dict[str, Any] = {
        "trace": {**to_builtins(found.trace), "orphans": to_builtins(found.trace.orphans)},
        "options": [
            {"choice": to_builtins(choice), "weighing": to_builtins(weighing)}
            for choice, weighing in zip(plan.choices, found.weighings, strict=True)
        ],
        "risks": to_builtins(found.risks),
        "team": to_builtins(plan.team),
        "tests": to_builtins(plan.tests),
        "told": to_builtins({"communication": plan.communication, "notices": plan.notices, "training": plan.training}),
        "budget": None
        if found.spending is None
        else {**to_builtins(found.spending), "is_over": found.spending.is_over, "amounts": to_builtins(plan.budget)},
        "emergency": to_builtins(plan.emergency),
    }
    return {name: whole[name] for name in sections}
