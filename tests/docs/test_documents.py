"""Documents hold: every command line that they print exists, every link leads somewhere, every plan is read."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.cli.discovery import find_drivers
from liftlock.cli.main import app
from liftlock.decide.rules.products_file import faults
from liftlock.drivers import builtin
from liftlock.model.findings import Severity
from liftlock.planfile.inventory import load_inventory
from liftlock.planfile.load import load_plan
from liftlock.planfile.products import load_product
from liftlock.planfile.schema import inventory_schema, json_schema
from liftlock.publish.reference import reference
from liftlock.publish.transitions import page

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "bench/README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
ANCHOR = re.compile(r"\]\(#([^)\s]+)\)")
DRIVERS = find_drivers().drivers


def blocks(path: Path, *languages: str) -> Iterator[str]:
    for indent, language, text in BLOCK.findall(path.read_text()):
        if language in languages:
            yield "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def command_lines(path: Path) -> Iterator[str]:
    """Lines of shell blocks that call the program, continuation lines joined; and what stands in `quotes`."""
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip().startswith("liftlock "):
                yield line.strip()
    text = BLOCK.sub("", path.read_text())
    yield from (found for found in re.findall(r"`(liftlock [a-z][^`]*)`", text) if "COMMAND" not in found)


def parse(line: str) -> None:
    """The command and each of its options are there."""
    words = shlex.split(re.split(r"\s(?:[|>&]|</)", line)[0].rstrip("&; "), comments=True)[1:]
    command: Any = app
    while hasattr(command, "get_command") and words and not words[0].startswith("-"):
        found = command.get_command(None, words[0])
        assert found is not None, f"no command {words[0]}"
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    words = words[: words.index("--")] if "--" in words else words  # what comes after is another program's
    options = [word.partition("=")[0] for word in words if word.startswith("-") and len(word) > 1]
    assert not [option for option in options if option not in known], line


LINES = [(path, line) for path in DOCUMENTS for line in command_lines(path)]


def test_there_are_commands() -> None:
    assert len(LINES) > 60


@pytest.mark.parametrize(("path", "line"), LINES, ids=[f"{path.name}:{line}" for path, line in LINES])
def test_command_lines_exist(path: Path, line: str) -> None:
    parse(line)


def test_a_wrong_option_is_noticed() -> None:
    with pytest.raises(AssertionError):
        parse("liftlock run plan.yaml --no-such-option")
    with pytest.raises(AssertionError):
        parse("liftlock journal no-such-command")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = BLOCK.sub("", path.read_text())
    for target, anchor in LINK.findall(text):
        if "://" in target:
            continue
        there = (path.parent / target).resolve()
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"
    assert set(ANCHOR.findall(text)) <= anchors(path)


def anchors(path: Path) -> set[str]:
    """Of headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def yaml_blocks() -> list[tuple[Path, str]]:
    written = [(path, text) for path in DOCUMENTS for text in blocks(path, "yaml")]
    return [*written, *((path, path.read_text()) for path in (ROOT / "docs/examples").rglob("plan.yaml"))]


def test_plans_are_read() -> None:
    plans = [(path, text) for path, text in yaml_blocks() if "\nupgrade: " in "\n" + text]
    assert len(plans) >= 2
    for path, text in plans:
        assert not errors(text), path


def test_parts_of_plans_are_read() -> None:
    """A piece of a plan, completed by what every plan has."""
    keys = ("rollout", "windows", "approvals", "notify", "timezone", "owner", "timetable")
    parts = [(path, text) for path, text in yaml_blocks() if text.partition(":")[0] in keys]
    assert len(parts) >= 4
    head = 'upgrade: A\ncomponents: [{name: a, version: {from: "1", to: "2"}, hosts: a, recipe: [{wait: 1s}]}]\n'
    for path, text in parts:
        assert not errors(head + text), path


def errors(text: str) -> list[str]:
    found = load_plan(text, DRIVERS).findings
    return [f"{each.code} {each.path} {each.fields}" for each in found if each.severity is Severity.ERROR]


def test_product_files_are_sound() -> None:
    found = [(path, text) for path, text in yaml_blocks() if "\nproduct: " in text and "upgrade:" not in text]
    assert found
    for path, text in found:
        loaded = load_product(text, path.name)
        assert not loaded.findings, path
        assert loaded.product is not None
        assert not faults(loaded.product, loaded.source), path


def test_inventories_are_read() -> None:
    found = [(path, text) for path, text in yaml_blocks() if "\nhosts:" in text and "upgrade:" not in text]
    assert found
    for path, text in found:
        assert not load_inventory(text).findings, path


def test_the_plan_reference_is_what_the_program_reads() -> None:
    """If this fails: liftlock schema --reference > docs/plan-reference.md"""
    ours = {name: driver for name, driver in DRIVERS.items() if name in {each.manifest.name for each in builtin}}
    made = reference(json_schema(ours), inventory_schema(), {name: each.manifest for name, each in ours.items()})
    assert (ROOT / "docs/plan-reference.md").read_text() == made


def test_the_step_states_are_those_of_the_program() -> None:
    assert (ROOT / "docs/concepts/step-states.md").read_text() == page()


def test_documents_do_not_name_a_place_of_ours() -> None:
    for path in DOCUMENTS:
        assert str(ROOT) not in path.read_text(), path
