"""Every template, in every language, loads without an error and is checked against its schema."""

import pytest

from liftlock.drivers import builtin
from liftlock.model.plan import Plan
from liftlock.planfile.inventory import load_inventory
from liftlock.planfile.load import load_plan
from liftlock.planfile.templates import MODELS, QUESTIONS, TEMPLATES, BadAnswer, render, render_calendar, render_hosts

DRIVERS = {driver.manifest.name: driver for driver in builtin}
AWKWARD = [
    {},
    {"component": "core-2.x", "from": "1.10", "to": "2.0 beta", "hosts": "10.0.0.1", "group": "web"},
    {"title": 'Upgrade: "it\'s" [1] #2 | x {a} <<b>>', "owner": "true", "approver": "王芳", "timezone": "UTC"},
    {"hosts": "a.example.com，b.example.com 10.0.0.3\n", "balancer": "/run/haproxy/admin.sock", "user": "ops"},
]


def plan(template: str, answers: dict[str, str], language: str) -> Plan:
    loaded = load_plan(render(template, answers, language), DRIVERS)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.recipes.items[loaded.plan.components[0].name]
    return loaded.plan


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("template", TEMPLATES + MODELS)
@pytest.mark.parametrize("answers", AWKWARD)
def test_every_template_loads(template: str, language: str, answers: dict[str, str]) -> None:
    made = plan(template, answers, language)
    inventory = load_inventory(render_hosts(answers, language))
    assert inventory.findings == ()
    assert inventory.inventory is not None
    assert inventory.inventory.members(made.components[0].hosts)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("template", TEMPLATES + MODELS)
def test_a_rendered_template_is_in_one_language(template: str, language: str) -> None:
    for text in (render(template, {}, language), render_hosts({}, language), render_calendar({}, language)):
        chinese = any("\u4e00" <= character <= "\u9fff" for character in text)
        assert chinese == (language == "zh")
        assert "<<" not in text
        assert "[[" not in text
        assert " | " not in text
        assert all(len(line) <= 120 for line in text.splitlines())
    assert render(template).startswith("# yaml-language-server: $schema=")


def test_answers_come_back_as_they_were_given() -> None:
    answers = {"title": 'a "b": c', "from": "1.10", "to": "1.20", "owner": "no", "hosts": "10.0.0.7, db.example.com"}
    made = plan("web", answers, "en")
    assert (made.upgrade, made.owner) == (answers["title"], "no")
    assert (made.components[0].version.from_, made.components[0].version.to) == ("1.10", "1.20")
    inventory = load_inventory(render_hosts(answers)).inventory
    assert inventory is not None
    assert [host.address for host in inventory.hosts.values()] == ["10.0.0.7", "db.example.com"]


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("component", "a/b"),
        ("component", "a b"),
        ("group", "-x"),
        ("owner", "a\nb"),
        ("title", "\x1b[31m"),
        ("hosts", ","),
        ("starts", "2026-02-30"),
    ],
)
def test_an_answer_that_cannot_stand_in_the_file_is_refused(key: str, given: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        render("web", {key: given})
    assert refused.value.key == key


def test_what_does_not_exist_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        render("mainframe")
    with pytest.raises(KeyError):
        render("web", {"colour": "red"})


def test_questions_have_words_in_both_languages_and_answers_that_work() -> None:
    for question in QUESTIONS:
        assert question.words("en") != question.words("zh")
        assert render("web", {question.key: question.default}) == render("web")


@pytest.mark.parametrize("template", TEMPLATES + MODELS)
def test_comments_stand_in_one_column_whatever_is_filled_in(template: str) -> None:
    answers = {"component": "x", "group": "a-rather-long-name-of-a-group", "owner": "li"}
    for line in render(template, answers, "zh").splitlines():
        code, found, _ = line.partition("# ")
        if found and code.strip() and '"' not in code and "[" not in code:
            assert len(code) == max(38, len(code.rstrip()) + 3), line


def test_a_comment_of_its_own_keeps_its_place() -> None:
    lines = render("web", {}, "zh").splitlines()
    assert "  # 主机约 13 台起，可将已升级主机与其余主机对比：" in lines
