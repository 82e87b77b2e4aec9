"""Whatever the bytes are: nodes, or findings at the right place; bounded in time and memory."""

import tracemalloc

import pytest
import yaml as pyyaml
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.planfile import yaml
from liftlock.planfile.nodes import Positions, builtins
from liftlock.planfile.yaml import DEPTH_MAX, PLAN_LIMITS, Limits, read

MALFORMED = [
    # text, code, line, column
    ("a: [1, 2", "L008", 1, 9),
    ("a: [1, 2\n\n\n", "L008", 1, 9),
    ("a: 1\nb: 'open\n  c: 2", "L008", 3, 7),
    ("a: {b: 1\nc: 2\n", "L001", 2, 2),
    ("a: 1\ncomponen", "L008", 2, 9),
    ("a:\n\t- b\n", "L007", 2, 1),
    ("a:\n  b: 1\n \tc: 2\n", "L007", 3, 2),
    ("a: b: c", "L001", 1, 5),
    ("a: `b`", "L001", 1, 4),
    ("a: |\n  x\n y: 1", "L001", 3, 2),
    ("%YAML 2.0\n---\na: 1", "L001", 1, 1),
    ("%TAG ! tag:x,2000:\n--- {a: !y 1}", "L010", 1, 1),
    (b"a: 1\nb: \xff\xfe", "L002", 2, 4),
    (b"\xef\xbb\xbfa: \xc3\xa9\nb: \x80", "L002", 2, 4),
    ("a: 1\nb: é\x00", "L006", 2, 5),
    ("a: \ud800", "L006", 1, 4),
    ('a: "x\\0y"', "L006", 1, 4),
    ("a: 1\n---\nb: 2", "L009", 2, 1),
    ("a: 1\n--- x\n--- y", "L009", 2, 1),
    ("a: !!python/object/apply:os.system [ls]", "L010", 1, 4),
    ("a: 1\nb: !mine {c: 1}", "L010", 2, 4),
    ("a: 1\nb: 2\na: 3", "L011", 3, 1),
    ("x:\n  - {a: 1, a: 2}", "L011", 2, 12),
    ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 1", "L014", 3, 3),
    ("a: &x [1, *x]", "L015", 1, 11),
    ("a: *nowhere", "L015", 1, 4),
    ("? [a, b]\n: c", "L016", 1, 3),
    ("{{a: 1}: 2}", "L016", 1, 2),
    ("a: &x [1]\n*x : 2", "L016", 2, 1),
    ("[" * 60, "L004", 1, DEPTH_MAX + 1),
    ("- " * 60, "L004", 1, 2 * DEPTH_MAX + 1),
    ("a: {by: any of [b, c]}", "L018", 1, 16),
    ("a: [app-[01:08]]", "L087", 1, 9),
]


@pytest.mark.parametrize(("text", "code", "line", "column"), MALFORMED)
def test_malformed_text_is_found_at_its_place(text: bytes | str, code: str, line: int, column: int) -> None:
    found = read(text, PLAN_LIMITS).findings
    assert [(f.code, f.fields["line"], f.fields["column"]) for f in found] == [(code, line, column)]


@pytest.mark.parametrize(("text", "code", "line", "column"), MALFORMED)
def test_without_libyaml_the_code_is_the_same(
    monkeypatch: pytest.MonkeyPatch, text: bytes | str, code: str, line: int, column: int
) -> None:
    monkeypatch.delattr(pyyaml, "CSafeLoader", raising=False)
    found = read(text, PLAN_LIMITS).findings
    assert [(f.code, f.fields["line"]) for f in found] == [(code, line)]


@pytest.mark.parametrize("text", ["", b"", "\n\n", "# only a comment\n", "\ufeff", "---\n..."])
def test_an_empty_file_is_one_finding(text: bytes | str) -> None:
    document = read(text, PLAN_LIMITS)
    codes = [f.code for f in document.findings]
    assert codes == ["L017"] or (document.root is not None and builtins(document.root) is None)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"),
        ("null", None), ("~", None), ("", None),
        ("22:00", "22:00"), ("190:20:30", "190:20:30"), ("2026-12-20", "2026-12-20"),
        ("2026-12-20 10:00:00", "2026-12-20 10:00:00"),
        ("1", 1), ("-3", -3), ("0640", 640), ("0o17", 15), ("0x1F", 31), ("0b11", "0b11"), ("1_000", "1_000"),
        ("123456789012345678901234", "123456789012345678901234"),
        ("1.10", 1.1), ("1e3", 1000.0), (".5", 0.5), ("1.2.3", "1.2.3"), ("1.", 1.0), ("12e4567", float("inf")),
        ("-.inf", float("-inf")), ("'1'", "1"), ('"true"', "true"), ("!!str 1", "1"), ("|\n  1\n", "1\n"),
        ("=", "="), ("10m", "10m"), ("25%", "25%"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(written: str, value: object) -> None:
    document = read(f"a: {written}", PLAN_LIMITS)
    assert not document.findings
    assert document.root is not None
    assert builtins(document.root) == {"a": value}


def test_not_a_number_is_resolved() -> None:
    document = read("a: .nan", PLAN_LIMITS)
    assert document.root is not None
    assert str(builtins(document.root)["a"]) == "nan"


def test_keys_are_text_as_written() -> None:
    document = read("on: 1\n8080: 2\n1.10: 3\ntrue: 4\n~: 5", PLAN_LIMITS)
    assert document.root is not None
    assert list(builtins(document.root)) == ["on", "8080", "1.10", "true", "~"]


def test_positions_are_those_of_keys_and_items() -> None:
    document = read("a:\n  - b: 1\n    c: {d: 2}\n  - x\né: 1", PLAN_LIMITS)
    positions = Positions(document.root)
    assert dict(positions) == {
        (): (1, 1),
        ("a",): (1, 1),
        ("a", 0): (2, 5),
        ("a", 0, "b"): (2, 5),
        ("a", 0, "c"): (3, 5),
        ("a", 0, "c", "d"): (3, 9),
        ("a", 1): (4, 5),
        ("é",): (5, 1),
    }
    assert positions.get(("a", 7)) is None
    assert positions.get(("a", "b")) is None
    assert positions.get(("a", 1, "z")) is None


def test_aliases_repeat_what_they_name() -> None:
    document = read("a: &x {b: [1, 2]}\nc: *x\nd: &y 3\ne: *y", PLAN_LIMITS)
    assert document.root is not None
    assert builtins(document.root) == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": 3, "e": 3}
    assert Positions(document.root)[("c", "b")] == (1, 8)


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [" + ", ".join(["lol"] * 10) + "]"]
    lines += [f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]" for level in range(1, levels)]
    return "\n".join(lines)


def test_a_billion_laughs_cost_little_and_are_one_finding() -> None:
    tracemalloc.start()
    found = read(laughs(40), PLAN_LIMITS).findings
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [f.code for f in found] == ["L005"]
    assert peak_bytes < 4 * 1024 * 1024


def test_aliases_do_not_hide_depth() -> None:
    text = "\n".join(["a0: &a0 [1]"] + [f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200)])
    assert [f.code for f in read(text, PLAN_LIMITS).findings] == ["L004"]


@pytest.mark.parametrize("deep", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000])
def test_endless_nesting_stops_early(deep: str) -> None:
    assert [f.code for f in read(deep, PLAN_LIMITS).findings][-1] in ("L004", "L016", "L001")


def test_values_are_counted() -> None:
    limits = Limits(size_bytes=1000, values=10)
    assert read("[1, 2, 3, 4, 5, 6, 7, 8, 9]", limits).findings == ()
    assert [f.code for f in read("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", limits).findings] == ["L005"]


@pytest.mark.parametrize("text", ["é" * 501, b"x" * 1001])
def test_size_is_counted_in_bytes(text: bytes | str) -> None:
    (found,) = read(text, Limits(size_bytes=1000, values=10)).findings
    assert found.code == "L003"
    assert found.fields["limit_bytes"] == 1000


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_have_an_answer(text: bytes) -> None:
    document = read(text, PLAN_LIMITS)
    assert document.root is not None or document.findings


YAMLISH = st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \n\t01.~<\\=é\x85\u2028\U0001f600", max_size=60)


@settings(max_examples=600, deadline=None)
@given(YAMLISH, st.booleans())
def test_anything_like_yaml_has_an_answer_with_both_loaders(text: str, native: bool) -> None:
    hidden = None if native else pyyaml.__dict__.pop("CSafeLoader", None)
    try:
        document = read(text, PLAN_LIMITS)
    finally:
        if hidden is not None:
            pyyaml.CSafeLoader = hidden
    assert document.root is not None or document.findings
    for found in document.findings:
        assert found.code == "L017" or int(found.fields["line"]) >= 1


def test_pyyaml_is_not_imported_before_it_is_needed() -> None:
    assert "pyyaml" not in yaml.__dict__
    assert "yaml" not in yaml.__dict__
