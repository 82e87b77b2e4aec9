"""By the type alone: values, and every problem at once."""

from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct, convert, field

from liftlock.model.near import near
from liftlock.model.part import Duration, Part, Text
from liftlock.model.plan import Plan, Rollout, Share
from liftlock.model.secret import SecretRef
from liftlock.planfile.codes import FINDINGS_MAX
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.yaml import PLAN_LIMITS, read


class Colour(Enum):
    RED = "red"
    GREEN = "green"


class Inner(Part, frozen=True):
    name: Text
    size: Annotated[int, Meta(ge=1, lt=10)] = 1


class Everything(Part, frozen=True, kw_only=True):
    text: str = ""
    short: Annotated[str, Meta(min_length=2, max_length=4)] = "ab"
    shaped: Annotated[str, Meta(pattern="^[a-z]+$")] = "a"
    flag: bool = False
    count: int = 0
    ratio: Annotated[float, Meta(gt=0, le=1)] = 1.0
    wait_s: Duration = field(default=1.0, name="wait")
    maybe_s: Duration | None = field(default=None, name="maybe")
    limit: Annotated[float | str, Meta(extra={"form": "number"})] | None = None
    share: Share = Share(count=1)
    colour: Colour = Colour.RED
    level: Literal["low", "high", 3] = "low"
    several: tuple[int, ...] = ()
    some: Annotated[list[str], Meta(min_length=1, max_length=2)] = []
    pair: tuple[str, int] = ("a", 1)
    names: frozenset[str] = frozenset()
    texts: dict[str, str] = {}
    free: Any = None
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    either: str | Inner | tuple[str, ...] = ""
    number_or_text: int | str = 0
    switch: bool | str = False
    secret: dict[str, SecretRef | str] = {}


def converted(text: str, to: Any = Everything) -> tuple[Any, list[tuple[str, tuple[str | int, ...]]]]:
    document = read(text, PLAN_LIMITS)
    assert document.root is not None, document.findings
    converter = Converter()
    value = converter.convert(document.root, to)
    return value, [(f.code, f.path) for f in converter.findings]


GOOD = [
    ("text: 1.2.3", {"text": "1.2.3"}),
    ("text: yes", {"text": "yes"}),
    ("text: 22:00", {"text": "22:00"}),
    ("text: 007", {"text": "007"}),
    ('text: ""', {"text": ""}),
    ("flag: true", {"flag": True}),
    ("count: -7", {"count": -7}),
    ("ratio: 1", {"ratio": 1.0}),
    ("wait: 10m", {"wait_s": 600.0}),
    ("wait: 5", {"wait_s": 5.0}),
    ("maybe: 1h30m", {"maybe_s": 5400.0}),
    ("maybe:", {"maybe_s": None}),
    ("limit: 2%", {"limit": 0.02}),
    ("limit: 200ms", {"limit": 0.2}),
    ("limit: 7", {"limit": 7.0}),
    ("limit:", {"limit": None}),
    ("share: 25%", {"share": Share(percent=25.0)}),
    ("share: 3", {"share": Share(count=3)}),
    ("colour: green", {"colour": Colour.GREEN}),
    ("level: high", {"level": "high"}),
    ("level: 3", {"level": 3}),
    ("several: [1, 2]", {"several": (1, 2)}),
    ("several: []", {"several": ()}),
    ("some: [a, b]", {"some": ["a", "b"]}),
    ("pair: [x, 2]", {"pair": ("x", 2)}),
    ("names: [x, x]", {"names": frozenset({"x"})}),
    ("texts: {a: 1, b: true, c: no, d: x}", {"texts": {"a": "1", "b": "true", "c": "no", "d": "x"}}),
    ("free: {a: [1, x, null, 2.5]}", {"free": {"a": [1, "x", None, 2.5]}}),
    ("inner: {name: x, size: 9}", {"inner": Inner("x", 9)}),
    ("inner: ~", {"inner": None}),
    ("inners: [{name: x}, {name: y}]", {"inners": (Inner("x"), Inner("y"))}),
    ("either: x", {"either": "x"}),
    ("either: [x, y]", {"either": ("x", "y")}),
    ("either: {name: z}", {"either": Inner("z")}),
    ("number_or_text: 5", {"number_or_text": 5}),
    ('number_or_text: "5"', {"number_or_text": "5"}),
    ("switch: true", {"switch": True}),
    ("switch: yes", {"switch": "yes"}),
    ("secret: {a: {secret: env:X}, b: plain}", {"secret": {"a": SecretRef("env:X"), "b": "plain"}}),
]


@pytest.mark.parametrize(("text", "fields"), GOOD)
def test_what_is_right(text: str, fields: dict[str, Any]) -> None:
    value, findings = converted(text)
    assert value == Everything(**fields)
    assert findings == []


WRONG = [
    ("text: [a]", "L021", ("text",)),
    ("text: true", "L021", ("text",)),
    ("text:", "L022", ("text",)),
    ("short: a", "L037", ("short",)),
    ("short: abcde", "L038", ("short",)),
    ("shaped: A1", "L036", ("shaped",)),
    ("flag: yes", "L031", ("flag",)),
    ("flag: 1", "L081", ("flag",)),
    ("count: 1.0", "L080", ("count",)),
    ("count: ten", "L080", ("count",)),
    ("count: true", "L080", ("count",)),
    ("count: 123456789012345678901", "L080", ("count",)),
    ("ratio: x", "L027", ("ratio",)),
    ("ratio: 0", "L028", ("ratio",)),
    ("ratio: 1.5", "L029", ("ratio",)),
    ("ratio: .inf", "L035", ("ratio",)),
    ("ratio: .nan", "L035", ("ratio",)),
    ("wait: 10min", "L025", ("wait",)),
    ("wait: -1", "L025", ("wait",)),
    ("wait: .inf", "L025", ("wait",)),
    ("wait: true", "L025", ("wait",)),
    ("wait:", "L022", ("wait",)),
    ("maybe: soon", "L025", ("maybe",)),
    ("limit: fast", "L027", ("limit",)),
    ("limit: [1]", "L084", ("limit",)),
    ("share: 0.5", "L026", ("share",)),
    ("share: 120%", "L026", ("share",)),
    ("share: {count: 1}", "L026", ("share",)),
    ("colour: gren", "L024", ("colour",)),
    ("colour: 5", "L023", ("colour",)),
    ("level: [low]", "L023", ("level",)),
    ("several: 1", "L082", ("several",)),
    ("several: [1, x]", "L080", ("several", 1)),
    ("some: []", "L037", ("some",)),
    ("some: [a, b, c]", "L038", ("some",)),
    ("pair: [a]", "L037", ("pair",)),
    ("pair: [a, b]", "L080", ("pair", 1)),
    ("texts: [a]", "L083", ("texts",)),
    ("texts: {a: [b]}", "L021", ("texts", "a")),
    ("texts: {a: }", "L022", ("texts", "a")),
    ("free: {a: [.inf]}", "L035", ("free", "a", 0)),
    ("inner: x", "L084", ("inner",)),
    ("inner: {}", "L020", ("inner",)),
    ('inner: {name: ""}', "L030", ("inner", "name")),
    ("inner: {name: x, size: 0}", "L028", ("inner", "size")),
    ("inner: {name: x, size: 10}", "L029", ("inner", "size")),
    ("inners: [{name: x}, {nmae: y}]", "L012", ("inners", 1, "nmae")),
    ("either: {nam: z}", "L012", ("either", "nam")),
    ("zzz: 1", "L013", ("zzz",)),
    ("- 1", "L083", ()),
    ("just text", "L083", ()),
]


@pytest.mark.parametrize(("text", "code", "path"), WRONG)
def test_what_is_wrong(text: str, code: str, path: tuple[str | int, ...]) -> None:
    value, findings = converted(text)
    assert value is FAILED
    assert findings == [(code, path)]


WARNED = [
    ("text: 1.10", "L032", {"text": "1.10"}),
    ("texts: {v: 1.10}", "L032", {"texts": {"v": "1.10"}}),
    ("free: {v: 1.10}", "L033", {"free": {"v": 1.1}}),
    ("count: 0640", "L034", {"count": 640}),
    ("free: [010]", "L034", {"free": [10]}),
]


@pytest.mark.parametrize(("text", "code", "fields"), WARNED)
def test_what_is_read_with_a_warning(text: str, code: str, fields: dict[str, Any]) -> None:
    value, findings = converted(text)
    assert value == Everything(**fields)
    assert [found for found, _ in findings] == [code]


def test_all_problems_come_together() -> None:
    text = "flag: maybe\ncount: x\nwait: never\ninner: {size: 0, colour: red}\nseveral: [a, b]\nbogus: 1"
    _, findings = converted(text)
    assert sorted(code for code, _ in findings) == [
        "L013",
        "L013",
        "L020",
        "L025",
        "L028",
        "L080",
        "L080",
        "L080",
        "L081",
    ]


def test_so_many_problems_are_cut_with_a_word_about_it() -> None:
    _, findings = converted("several: [" + ", ".join("x" * 3000) + "]")
    assert len(findings) == FINDINGS_MAX + 1
    assert findings[-1] == ("L019", ())


def test_a_near_word_is_found_and_a_far_one_is_not() -> None:
    assert near("rolout", ["rollout", "rollback"]) == "rollout"
    assert near("windows", ["risks"]) == ""
    assert near("x" * 100_000, ["rollout"]) == ""


def test_defaults_of_the_model_are_values_of_its_types() -> None:
    value, findings = converted("{}", Rollout)
    assert value == Rollout()
    assert findings == []


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.sampled_from(["", "a", "10m", "25%", "roll back"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*Everything.__struct_encode_fields__, "components", "upgrade"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_like)
def test_any_value_converts_or_says_why(value: Any) -> None:
    from msgspec import json

    for to in (Everything, Plan):
        result, findings = converted(json.encode(value).decode(), to)
        assert (result is FAILED) == any(code not in ("L032", "L033", "L034") for code, _ in findings)


class Plain(Struct, frozen=True):
    """Without forms of our own, so that msgspec itself can be the oracle."""

    a: int
    b: list[str] = []
    c: dict[str, int] | None = None
    d: Literal["x", "y"] = "x"


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "a": st.integers(-5, 5) | st.text("xy", max_size=2),
            "b": st.lists(st.text("xy", min_size=1, max_size=2) | st.none(), max_size=2),
            "c": st.none() | st.dictionaries(st.text("xy", min_size=1, max_size=1), st.integers(0, 3) | st.booleans()),
            "d": st.sampled_from(["x", "y", "z"]),
        },
    )
)
def test_where_msgspec_has_an_opinion_it_is_the_same(value: dict[str, Any]) -> None:
    from msgspec import ValidationError, json

    result, _ = converted(json.encode(value).decode(), Plain)
    try:
        expected = convert(value, Plain)
    except ValidationError:
        expected = FAILED
    assert result == expected
