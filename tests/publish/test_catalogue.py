"""Both languages say everything that the program can say, with the same fields, and nothing else."""

import ast
import re
import string
from collections.abc import Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.pofile import read_po
from msgspec.structs import fields

import liftlock
from liftlock.decide import compare
from liftlock.decide.models import WANTS
from liftlock.journal.codes import CODES as DISCREPANCIES
from liftlock.model import chapters
from liftlock.model import events as ev
from liftlock.model.actions import FailureKind, Kind
from liftlock.model.canary import Test, Verdict
from liftlock.model.errors import WorldKind
from liftlock.model.events import LaneResult, RunResult
from liftlock.model.findings import Severity
from liftlock.model.part import Level
from liftlock.model.plan import Day, OnFailure, Plan
from liftlock.model.readiness import ItemArea
from liftlock.model.run import StepState
from liftlock.model.tasks import Stage
from liftlock.publish.standing import StageStanding, Standing

ROOT = Path(liftlock.__file__).parent
LOCALE = ROOT / "publish" / "locale"


def change_areas() -> set[str]:
    """The areas that `decide.compare` names its changes by."""
    text = (ROOT / "decide" / "compare.py").read_text("utf-8")
    named = re.findall(r"""\b(?:Change|fields)\(\s*"(\w+)\"""", text)
    return {*named, *(area for _, area in (*compare.MAPPINGS, *compare.LISTS))}


ENUMS: tuple[type[Enum], ...] = (
    Severity,
    Kind,
    FailureKind,
    StepState,
    LaneResult,
    RunResult,
    Verdict,
    Standing,
    StageStanding,
)
LITERALS = {
    "Answer": get_args(ev.Answer),
    "Scope": get_args(ev.Scope),
    "OnFailure": get_args(OnFailure),
    "Level": get_args(Level),
    "Day": get_args(Day),
    "Change": change_areas(),
    "MetricKind": ("errors", "latency", "saturation"),
    "Test": get_args(Test),
    "Wave": ("stop", "before", "after"),
    "RunResult": ("held",),  # a simulated run may end so
    "Stage": get_args(Stage),
    "Deadline": ("waves", "all"),
    "Placer": ("greedy", "cp-sat", "person"),
    "Chapter": tuple(each.encode_name for each in fields(Plan)),
    "Approval": ("falls", "stands", "open"),  # beside an older schedule
    "Standing": ("approved", "missing", "void"),  # of an approval
    "Readiness": ("ready", "not-ready", "missing", "void"),
    "ItemArea": get_args(ItemArea),
    "Noun": ("requirement", "test", "case", "resource", "person", "task", "criterion", "option", "goal", "component"),
    "Model": get_args(chapters.Model),
    "Post": get_args(chapters.Post),
    "Retrospective": [duty for wants in WANTS.values() for duty in wants.afterwards],
    "PostDuties": get_args(chapters.Post),
    "PostPermissions": get_args(chapters.Post),
    "TalkSide": get_args(chapters.Talk.__annotations__["side"]),
    "TestKind": get_args(chapters.TestKind),
    "Area": get_args(chapters.Area),
    "Side": get_args(chapters.AcceptanceCriterion.__annotations__["side"]),
    "Cost": get_args(chapters.Amount.__annotations__["kind"]),
    "RequirementKind": get_args(chapters.Requirement.__annotations__["kind"]),
    "RequirementLevel": get_args(chapters.Requirement.__annotations__["level"]),
    "Source": ("department", "client", "survey", "feedback"),
    "TrainingKind": get_args(chapters.Training.__annotations__["kind"]),
    "NoticeTime": get_args(chapters.Notice.__annotations__["when"]),
}
# Beside an event's own fields, `happenings.fields_of` makes these of them.
MADE = {"why", "kind", "by", "role", "digest", "signed", "facts", "stage", "host", "name", "target", "asked", "said"}
NAMED = re.compile(r"finding\.([A-Z]\d{3})(\.help)?$")


def messages(language: str) -> dict[str, str]:
    with (LOCALE / language / "LC_MESSAGES" / "liftlock.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}


EN, ZH = messages("en"), messages("zh")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# --- what the source says ---------------------------------------------------------------------------------


@cache
def sources() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def calls(name: str, *, outside: str = "") -> Iterator[tuple[Path, ast.Call]]:
    for path, tree in sources().items():
        if outside and path.is_relative_to(ROOT / outside):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                yield path, node


def constants(node: ast.AST | None) -> set[str]:
    """Text that an argument may be: `"a"`, or both sides of `"a" if x else "b"`."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return constants(one) | constants(other)
    return set()


def given(call: ast.Call, position: int) -> set[str] | None:
    """The fields that a call gives, as keywords or in a dictionary; None if that cannot be seen."""
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    names = {keyword.arg for keyword in call.keywords if keyword.arg}
    if len(call.args) > position:
        if not isinstance(call.args[position], ast.Dict):
            return None
        names |= {text for key in call.args[position].keys for text in constants(key)}  # type: ignore[attr-defined]
    return names


def coded(
    family: str, name: str, position: int, fields_at: int, outside: str = ""
) -> Iterator[tuple[str, ast.Call, int]]:
    for _, call in calls(name, outside=outside):
        argument = call.args[position] if len(call.args) > position else None
        for code in constants(argument):
            yield f"{family}.{code}", call, fields_at


def said_in_source() -> list[tuple[str, ast.Call, int]]:
    return [
        *coded("reason", "because", 0, 1),
        *coded("reason", "Reason", 0, 1),
        *coded("reason", "refuse", 0, 1),
        *coded("failure", "Failure", 1, 2, outside="drivers"),
    ]


@cache
def texts() -> frozenset[str]:
    return frozenset(
        node.value
        for tree in sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def findings_in_source() -> set[str]:
    return {f"finding.{text}" for text in texts() if re.fullmatch(r"L\d{3}", text)}


@cache
def literal_keys() -> frozenset[str]:
    """Keys that stand in the source as they are, and those that an f-string such as f"ui.column.{key}" can make."""
    found: set[str] = set()
    for tree in sources().values():
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        found |= texts & EN.keys()
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                prefix = str(node.values[0].value)
                if prefix.startswith(("ui.", "word.Change.")):
                    found |= {key for key in EN if key.startswith(prefix) and key.removeprefix(prefix) in texts}
    return frozenset(found)


def terms() -> set[str]:
    found = {f"word.{enum.__name__}.{value.value}" for enum in ENUMS for value in enum}
    return found | {f"word.{name}.{str(v).replace(' ', '-')}" for name, values in LITERALS.items() for v in values}


def events() -> set[str]:
    return {f"event.{event.__name__}" for event in get_args(ev.Event)}


# --- the tests ----------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_keys() -> None:
    assert EN.keys() == ZH.keys()


def test_both_languages_use_the_same_placeholders() -> None:
    assert {key for key in EN if placeholders(EN[key]) != placeholders(ZH[key])} == set()


@pytest.mark.parametrize("language", [EN, ZH], ids=["en", "zh"])
def test_no_text_is_empty_or_breaks_its_line(language: dict[str, str]) -> None:
    assert {key for key, text in language.items() if not text.strip() or "\n" in text} == set()


def test_chinese_is_chinese() -> None:
    """A sentence that was forgotten in translation shows here."""
    spoken = {key for key, text in EN.items() if re.search(r"[A-Za-z]{2}", re.sub(r"\{\w+\}", "", text))}
    bare = {key for key in spoken if not re.search(r"[\u4e00-\u9fff]", ZH[key])}
    assert bare == set()


def test_every_reason_and_failure_has_words() -> None:
    assert {key for key, _, _ in said_in_source()} - EN.keys() == set()


def test_texts_name_only_fields_that_their_reason_carries() -> None:
    wrong = set()
    for key, call, fields_at in said_in_source():
        fields = given(call, fields_at)
        if fields is not None and key in EN:
            wrong |= {(key, name) for name in placeholders(EN[key]) - fields}
    assert wrong == set()


def test_every_finding_has_words_and_help() -> None:
    wanted = findings_in_source()
    assert wanted - EN.keys() == set()
    assert {f"{key}.help" for key in wanted} - EN.keys() == set()


def test_findings_name_only_fields_that_they_carry() -> None:
    declared = declared_findings()
    assert declared
    wrong = set()
    for key, text in EN.items():
        found = NAMED.match(key)
        if found and found.group(1) in declared:
            wrong |= {(key, name) for name in placeholders(text) - declared[found.group(1)]}
    assert wrong == set()


def declared_findings() -> dict[str, set[str]]:
    """The rooms' tables of codes: code -> fields."""
    found: dict[str, set[str]] = {}
    for path, tree in sources().items():
        if path.name != "codes.py":
            continue
        space: dict[str, object] = {}
        exec(compile(tree, str(path), "exec"), space)
        for table in space.values():
            if isinstance(table, dict):
                found |= {k: set(v) for k, v in table.items() if isinstance(k, str) and re.fullmatch(r"L\d{3}", k)}
    return found


def test_every_discrepancy_has_words_over_the_fields_that_its_table_names() -> None:
    for code, meaning in DISCREPANCIES.items():
        listed = re.search(r"\(([\w, ]+)\)$", meaning)
        named = set(listed.group(1).split(", ")) if listed else set()
        assert placeholders(EN[f"discrepancy.{code}"]) <= named


def test_every_event_has_words_over_its_own_fields() -> None:
    assert events() == {key for key in EN if key.startswith("event.")}
    for event in get_args(ev.Event):
        own = set(event.__struct_fields__) | {f"{name}_count" for name in event.__struct_fields__} | MADE
        assert placeholders(EN[f"event.{event.__name__}"]) <= own


def test_every_term_of_the_model_has_a_word() -> None:
    assert terms() - EN.keys() == set()


def test_short_words_need_no_fields() -> None:
    """A reason inside a reason is known by its code only."""
    assert {key for key, text in EN.items() if key.endswith(".short") and placeholders(text)} == set()


def test_every_kind_of_the_worlds_answer_has_words() -> None:
    assert {f"world.{kind.value}" for kind in WorldKind} - EN.keys() == set()


def test_every_sentence_that_is_said_is_there() -> None:
    said = {text for _, call in calls("say") for text in constants(call.args[0] if call.args else None)}
    assert {code for code in said if code.startswith("ui.")} - EN.keys() == set()


def test_no_key_is_unused() -> None:
    used = literal_keys() | terms() | events() | findings_in_source() | {key for key, _, _ in said_in_source()}
    used |= {f"world.{kind.value}" for kind in WorldKind}
    used |= {f"world.{kind.value}.{why}" for kind in WorldKind for why in texts()}
    used |= {f"reason.run-is-closed.{result.value}" for result in RunResult}
    used |= {f"discrepancy.{code}" for code in DISCREPANCIES}
    used |= {key for key in EN if key.endswith((".help", ".short")) and key.rpartition(".")[0] in used}
    assert EN.keys() - used == set()
