"""What the built-in drivers say, they say in both languages, under codes of their own."""

import ast
import pkgutil
import re
import string
from importlib import import_module
from pathlib import Path

import pytest

import liftlock.drivers
from liftlock.model.ports import Driver, Manifest

FOLDER = Path(liftlock.drivers.__file__).parent


def drivers() -> dict[str, Driver]:
    modules = [import_module(f"liftlock.drivers.{info.name}") for info in pkgutil.iter_modules([str(FOLDER)])]
    return {d.manifest.name: d for module in modules for d in getattr(module, "DRIVERS", ())}


DRIVERS = drivers()


def manifest(name: str) -> Manifest:
    return DRIVERS[name].manifest


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_a_driver_speaks_both_languages(name: str) -> None:
    words = manifest(name).words
    assert words.get("en", {}).keys() == words.get("zh", {}).keys()
    for code, text in words.get("en", {}).items():
        chinese = words["zh"][code]
        assert text.strip()
        assert re.search(r"[\u4e00-\u9fff]", chinese), code
        assert placeholders(text) == placeholders(chinese), code
    assert manifest(name).summary.keys() >= {"en", "zh"}


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_a_drivers_codes_are_its_own(name: str) -> None:
    assert {code for code in manifest(name).words.get("en", {}) if not code.startswith(f"{name}.")} == set()


def test_every_failure_that_a_driver_names_has_words() -> None:
    known = {code for driver in DRIVERS.values() for code in driver.manifest.words.get("en", {})}
    named = {
        call.args[1].value
        for path in FOLDER.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Failure" and len(call.args) > 1
        if isinstance(call.args[1], ast.Constant)
    }
    assert named - known == set()
