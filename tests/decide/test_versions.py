"""Versions in a total order, and ranges of them."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from univers import versions as univers

from liftlock.decide.versions import BadVersion, version, version_range
from liftlock.model.product import Scheme

IN_ORDER: list[tuple[Scheme, str]] = [
    ("natural", "1.0-dev2 1.0-alpha 1.0-beta2 1.0-beta10 1.0-rc.1 1.0 1.0-1 1.0.1 1.0.2k 1.2 1.10 2.0~rc1 2.0 2.0-ee"),
    ("natural", "9.6.24 10 10.1 10.10 12beta1 12rc2 12 12.1"),
    ("natural", "31.20200517.3.0 32.20200615.3.0 36.20220505.3.2 36.20221030.3.0"),
    ("natural", "4.14.0-ec.4 4.14.0-fc.0 4.14.0-rc.7 4.14.0 v4.14.1"),
    ("semver", "1.9.0 1.10.0-alpha.2 1.10.0-alpha.10 1.10.0-rc.1 1.10.0 1.10.1"),
    ("debian", "1.0~rc1-1 1.0-1 1.0-1+deb12u1 1.0-2 1.10-1 1:0.5-1"),
    ("rpm", "1.0~rc1-1 1.0-1.el9 1.0-10.el9 1.9-1 1.10-1 1:0.1-1"),
    ("pypi", "1.0.dev1 1.0a1 1.0rc1 1.0 1.0.post1 1.1"),
    ("maven", "1.0-alpha-1 1.0-b2 1.0-M1 1.0-rc1 1.0-SNAPSHOT 1.0.0.RELEASE 1.9 1.10 31.1-android 31.1-jre"),
    ("gem", "1.0.a 1.0.pre 1.0 1.9 1.10"),
]


@pytest.mark.parametrize(("scheme", "texts"), IN_ORDER)
def test_each_scheme_has_its_own_order(scheme: Scheme, texts: str) -> None:
    read = [version(text, scheme) for text in texts.split()]
    for (one, first), (other, second) in itertools.product(enumerate(read), repeat=2):
        assert (first < second) == (one < other), (first, second)
        assert (first == second) == (one == other), (first, second)


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [
        ("natural", "15", "15.0.0"),
        ("natural", "v1.2", "1.2"),
        ("natural", "1.0-RC1", "1.0-rc1"),
        ("natural", "15-rc1", "15.0-rc1"),
        ("semver", "1.29", "1.29.0"),
        ("semver", "1.2.3+amd64", "1.2.3+s390x"),
    ],
)
def test_what_is_the_same_release(scheme: Scheme, one: str, other: str) -> None:
    assert version(one, scheme) == version(other, scheme)


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        ("natural", ""),
        ("natural", " 1.0"),
        ("natural", "latest"),
        ("natural", "1.0; rm"),
        ("natural", "1" * 201),
        ("semver", "1.2.3.4"),
        ("semver", "x"),
        ("debian", "1_2"),
        ("rpm", "x!"),
        ("pypi", "abc"),
        ("maven", "RELEASE"),
        ("maven", "1-a-b-c"),
        ("gem", "x y"),
    ],
)
def test_what_is_no_version(scheme: Scheme, text: str) -> None:
    with pytest.raises(BadVersion) as bad:
        version(text, scheme)
    assert bad.value.given == text


def test_traps_of_univers_that_are_not_ours() -> None:
    """Its generic scheme compares characters; it orders builds not at all, and reads a fourth number as a build."""
    assert univers.GenericVersion("1.10") < univers.GenericVersion("1.9")
    assert version("1.9", "natural") < version("1.10", "natural")
    one, other = univers.SemverVersion("1.2.3+a"), univers.SemverVersion("1.2.3+b")
    assert not one < other
    assert not other < one
    assert one != other
    assert version("1.2.3+a", "semver") == version("1.2.3+b", "semver")
    assert str(univers.SemverVersion("1.2.3.4")) == "1.2.3+4"
    circle = [univers.MavenVersion(text) for text in ("2", "2.0.0-android", "2.0.alpha1", "2")]
    assert all(one < other for one, other in itertools.pairwise(circle))
    assert version("2.0.alpha1", "maven") < version("2", "maven") < version("2.0.0-android", "maven")


WORDS = ("rc", "alpha", "dev", "a", "k", "ee", "sp", "final")
TOKENS = st.one_of(st.integers(0, 12).map(str), st.sampled_from(WORDS))
TEXTS = st.builds(
    lambda first, rest: str(first) + "".join(separator + token for separator, token in rest),
    st.integers(0, 12),
    st.lists(st.tuples(st.sampled_from((".", "-", "+", "~", "", "_")), TOKENS), max_size=4),
)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_the_natural_scheme_is_a_total_order(a: str, b: str, c: str) -> None:
    one, two, three = (version(text, "natural") for text in (a, b, c))
    assert (one < two) + (two < one) + (one == two) == 1  # one of them, antisymmetric
    if one <= two and two <= three:
        assert one <= three
    if one == two:
        assert (one < three) == (two < three)


SHAPES: dict[Scheme, str] = {
    "semver": r"(0|[1-9][0-9]?)(\.(0|[1-9][0-9]?)){0,2}(-(rc|alpha|[0-9])(\.(0|[1-9][0-9]?))?)?",
    "debian": r"([12]:)?[0-9]{1,2}(\.[0-9]{1,2}){0,2}(~rc[12])?(-[0-9](\+deb12u[12])?)?",
    "rpm": r"([12]:)?[0-9]{1,2}(\.[0-9a-c]{1,2}){0,2}(~rc[12])?(-[0-9](\.el[89])?)?",
    "pypi": r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}((a|b|rc)[0-9])?(\.post[12])?(\.dev[12])?",
    "maven": r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}([.-](alpha|M|jre|Final|sp|x)(-?[0-9])?)?(-SNAPSHOT)?",
    "gem": r"[0-9]{1,2}(\.[0-9a-c]{1,2}){0,3}",
}


@pytest.mark.parametrize("scheme", SHAPES)
def test_every_scheme_is_a_total_order(scheme: Scheme) -> None:
    shape = st.from_regex(SHAPES[scheme], fullmatch=True)

    @settings(max_examples=40, deadline=None)
    @given(shape, shape, shape)
    def hold(a: str, b: str, c: str) -> None:
        one, two, three = (version(text, scheme) for text in (a, b, c))
        assert (one < two) + (two < one) + (one == two) == 1
        if one <= two and two <= three:
            assert one <= three

    hold()


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.lists(st.integers(0, 40), min_size=1, max_size=5))
def test_natural_numbers_are_compared_as_tuples(a: list[int], b: list[int]) -> None:
    width = max(len(a), len(b))
    padded = [tuple(numbers) + (0,) * (width - len(numbers)) for numbers in (a, b)]
    one, other = (version(".".join(map(str, numbers)), "natural") for numbers in (a, b))
    assert (one < other) == (padded[0] < padded[1])


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=12, <15", "12 12.1 14.9 15rc1", "11.9 15 15.1"),
        ("4.14.*", "4.14 4.14.0 4.14.99 4.14.0-rc.1", "4.15.0 4.1 4.140.1 5.14.1"),
        ("15.x", "15 15.3", "16 1.5"),
        ("9.6.* | >=10, !=10.2", "9.6.1 10 10.1 11", "9.5 10.2"),
        ("15", "15 15.0", "15.1 14"),
        ("==1.0", "1.0", "1.1"),
        (">1, <=2", "1.1 2 2.0", "1 2.0.1"),
        ("*", "0 1.2.3", ""),
        ("!=3", "2 4", "3 3.0"),
        (">= 12 , < 13", "12.5", "13"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    wanted = version_range(text, "natural")
    assert [each for each in inside.split() if version(each, "natural") not in wanted] == []
    assert [each for each in outside.split() if version(each, "natural") in wanted] == []


@pytest.mark.parametrize("text", ["", ">=", "1 2", ">=1,,<2", "~>1", "1 |", "*.1", ">=1 <2", "=>1"])
def test_what_is_no_range_names_its_part(text: str) -> None:
    with pytest.raises(BadVersion):
        version_range(text, "natural")


@pytest.mark.parametrize(
    ("text", "below", "above"),
    [
        ("17.3.*", "17.2.9 16.11", "17.4 18"),
        ("17.3.2", "17.3.1", "17.3.3"),
        (">=10, <12", "9 9.9", "12 13"),
        (">=10", "9", ""),
        ("<10", "", "10 11"),
        ("3 | 5", "2", "6"),
    ],
)
def test_which_side_of_a_range(text: str, below: str, above: str) -> None:
    wanted = version_range(text, "natural")
    assert {wanted.side(version(each, "natural")) for each in below.split()} <= {-1}
    assert {wanted.side(version(each, "natural")) for each in above.split()} <= {1}


def test_a_gap_is_neither_below_nor_above() -> None:
    assert version_range("3 | 5", "natural").side(version("4", "natural")) == 0


COMPARED = st.builds(
    lambda operator, number: f"{operator}{number}",
    st.sampled_from((">=", "<=", ">", "<", "=", "!=")),
    st.integers(0, 9),
)
CLAUSES = st.lists(st.one_of(COMPARED, st.integers(0, 9).map(lambda n: f"{n}.*"), st.just("*")), min_size=1, max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=3), st.sets(st.integers(0, 99), max_size=20))
def test_bisection_finds_what_is_in_the_range(alternatives: list[list[str]], tenths: set[int]) -> None:
    wanted = version_range(" | ".join(", ".join(clauses) for clauses in alternatives), "natural")
    releases = sorted(version(f"{each // 10}.{each % 10}", "natural") for each in tenths)
    assert wanted.among(releases) == [index for index, release in enumerate(releases) if release in wanted]


@settings(max_examples=200, deadline=None)
@given(st.lists(CLAUSES, min_size=1, max_size=3), st.integers(0, 99))
def test_what_is_below_or_above_a_range_is_so_for_all_that_is_in_it(alternatives: list[list[str]], tenths: int) -> None:
    wanted = version_range(" | ".join(", ".join(clauses) for clauses in alternatives), "natural")
    every = [version(f"{each // 10}.{each % 10}", "natural") for each in range(100)]
    inside, one = [each for each in every if each in wanted], every[tenths]
    side = wanted.side(one)
    assert side == 0 or one not in wanted
    assert side >= 0 or all(one < each for each in inside)
    assert side <= 0 or all(each < one for each in inside)
