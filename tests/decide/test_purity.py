"""Deciding and its nouns know no clock, no randomness, no file and no network."""

import ast
from pathlib import Path

import pytest

import liftlock

FORBIDDEN = {
    "os",
    "io",
    "pathlib",
    "time",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "asyncio",
    "threading",
    "zoneinfo",
    "uuid",
    "tempfile",
}
CLOCKS = {"now", "utcnow", "today"}
ROOT = Path(liftlock.__file__).parent
FILES = sorted([*(ROOT / "decide").rglob("*.py"), *(ROOT / "model").rglob("*.py")])


def offences(text: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=names):
                found += [one.name for one in names if one.name.partition(".")[0] in FORBIDDEN]
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in FORBIDDEN:
                found.append(module)
            case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)):
                found.append(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=name)) if name in CLOCKS:
                found.append(name)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_is_pure(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os.path",
        "from random import choice",
        "from pathlib import Path",
        "open('x')",
        "from datetime import datetime\ndatetime.now()",
        "from datetime import date\ndate.today()",
    ],
)
def test_impurity_is_seen(text: str) -> None:
    assert offences(text)
