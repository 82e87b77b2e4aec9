"""Commented plans to begin with: a template and a few answers to the text of plan.yaml and its hosts.yaml.

In the files `<<key>>` is an answer as a YAML value and `<<day+14>>` the date so many days after the start; of a comment
`# English | 中文` and of a text `[[English | 中文]]` the language that is asked for remains.
"""

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files

from msgspec import Struct

from liftlock.planfile import forms

TEMPLATES = ("web", "database", "config")  # by what is upgraded
MODELS = ("standard", "normal", "emergency")  # by the change model: whole plans
ANSWER = re.compile(r"<<([a-z_]+)>>")
DAY = re.compile(r"<<day\+([0-9]{1,3})>>")
COMMENT = re.compile(r"(?:^|\s)# (?P<en>[^|]*) \| (?P<zh>.*)$")
TEXT = re.compile(r"\[\[(?P<en>[^|]*) \| (?P<zh>[^\]]*)\]\]")
PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./ -]*[A-Za-z0-9_/]|[A-Za-z]")
RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
HOSTS_MAX = 1000
COMMENT_COLUMN, GAP = 38, 3  # where comments stand, and how far from what is longer


class Question(Struct, frozen=True):
    """What a template asks, with the answer that holds if there is none."""

    key: str
    default: str
    english: str
    chinese: str

    def words(self, language: str) -> str:
        return self.chinese if language == "zh" else self.english


class BadAnswer(ValueError):
    """An answer cannot stand in the file: `key` and `given`."""

    def __init__(self, key: str, given: str) -> None:
        super().__init__(f"{key}: {given}")
        self.key = key
        self.given = given


QUESTIONS = (
    Question("component", "orders", "What is upgraded (a name)", "升级什么（组件名）"),
    Question("from", "1.0", "Version now", "当前版本"),
    Question("to", "1.1", "Version wanted", "目标版本"),
    Question("hosts", "10.0.0.11, 10.0.0.12", "Hosts' addresses, separated by commas", "主机地址，以逗号分隔"),
)
DEFAULTS = {
    **{question.key: question.default for question in QUESTIONS},
    "title": "",
    "timezone": "Asia/Shanghai",
    "owner": "li.wei",
    "approver": "zhang.min",
    "balancer": "10.0.0.5:9999",
    "group": "app",
    "user": "deploy",
    "starts": "2026-11-30",
}
ALWAYS_QUOTED = frozenset({"from", "to"})
NAMES = frozenset({"component", "group"})


def render(template: str, answers: Mapping[str, str] = {}, language: str = "en") -> str:
    """The text of plan.yaml. Raises BadAnswer, and KeyError for a template or an answer that does not exist."""
    if template not in TEMPLATES + MODELS:
        raise KeyError(template)
    return fill(template, values_for(answers), language)


def render_hosts(answers: Mapping[str, str] = {}, language: str = "en") -> str:
    """The text of the hosts.yaml that belongs to any of the plans. Raises BadAnswer and KeyError."""
    return fill("hosts", values_for(answers), language)


def render_calendar(answers: Mapping[str, str] = {}, language: str = "en") -> str:
    """The text of the calendar.yaml that the normal model's plan names. Raises BadAnswer and KeyError."""
    return fill("calendar", values_for(answers), language)


def values_for(answers: Mapping[str, str]) -> dict[str, str]:
    """Answers as they stand in the file, those that were not given from the defaults."""
    for key in answers:
        if key not in DEFAULTS:
            raise KeyError(key)
    given = {**DEFAULTS, **{key: answer.strip() for key, answer in answers.items() if answer.strip()}}
    for key, answer in given.items():
        if not answer.isprintable():
            raise BadAnswer(key, answer[:80])
    for key in NAMES:
        if not forms.NAME.fullmatch(given[key]):
            raise BadAnswer(key, given[key])
    given["title"] = given["title"] or f"{given['component']} {given['from']} → {given['to']}"
    values = {key: written(answer, quoted=key in ALWAYS_QUOTED) for key, answer in given.items()}
    values["to_bare"] = re.sub(r"[^A-Za-z0-9._-]", "-", given["to"])
    return {**values, **years_of(given["starts"]), **hosts_for(given["group"], given["hosts"])}


def years_of(starts: str) -> dict[str, str]:
    """The first day of the work, with its year and the next."""
    if not forms.is_date(starts):
        raise BadAnswer("starts", starts[:80])
    first = date.fromisoformat(starts)
    return {"starts": first.isoformat(), "year": f"{first.year:04}", "next_year": f"{first.year + 1:04}"}


def hosts_for(group: str, addresses: str) -> dict[str, str]:
    """Host entries named after their group, and the list of their names."""
    listed = [address for address in re.split(r"[,，\s]+", addresses) if address]
    if not listed or len(listed) > HOSTS_MAX:
        raise BadAnswer("hosts", addresses[:80])
    names = [f"{group}-{number:02}" for number in range(1, len(listed) + 1)]
    entries = [f"  {name}: {{address: {written(address)}}}" for name, address in zip(names, listed, strict=True)]
    return {"names": ", ".join(names), "hosts": "\n".join(entries)}


def written(answer: str, *, quoted: bool = False) -> str:
    """A text as a YAML value: in quotes unless it can be nothing else than that text."""
    bare = not quoted and PLAIN.fullmatch(answer) and answer.lower() not in RESERVED
    return answer if bare else json.dumps(answer, ensure_ascii=False)


def fill(name: str, values: Mapping[str, str], language: str) -> str:
    source = (files("liftlock.planfile") / "templates" / f"{name}.yaml").read_text(encoding="utf-8")
    return "".join(f"{fill_line(line, values, language)}\n" for line in source.splitlines())


def fill_line(line: str, values: Mapping[str, str], language: str) -> str:
    """One line in one language; what is filled in does not move the comment beside it."""
    side = "zh" if language == "zh" else "en"
    comment = COMMENT.search(line)
    written = fill_text(line[: comment.start("en") - len("# ")] if comment else line, values, side)
    if comment is None:
        return written
    code = written.rstrip()
    gap = " " * max(GAP, COMMENT_COLUMN - len(code)) if code else written
    return f"{code}{gap}# {fill_text(comment[side], values, side)}"


def fill_text(text: str, values: Mapping[str, str], side: str) -> str:
    first = date.fromisoformat(values["starts"])
    text = TEXT.sub(lambda found: found[side], text)
    text = DAY.sub(lambda found: (first + timedelta(days=int(found[1]))).isoformat(), text)
    return ANSWER.sub(lambda found: values[found[1]], text)
