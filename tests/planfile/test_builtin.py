"""The built-in drivers as the plan reader sees them: every item type can be read and described, every example works."""

import pytest

from liftlock.drivers import builtin
from liftlock.model.ports import Driver
from liftlock.planfile.load import load_plan
from liftlock.planfile.schema import json_schema
from tests.planfile.test_load import HEAD

DRIVERS = {driver.manifest.name: driver for driver in builtin}
ELIDED = "6f2c…"  # a digest that an example does not write out


@pytest.mark.parametrize("driver", builtin, ids=lambda driver: driver.manifest.name)
def test_a_drivers_example_is_read_by_that_driver(driver: Driver) -> None:
    example = driver.manifest.example.replace(ELIDED, "0" * 64)
    if not example:
        pytest.skip("nobody writes it in a plan")
    loaded = load_plan(HEAD + "".join(f"      {line}\n" for line in example.splitlines()), DRIVERS)
    assert loaded.findings == ()
    assert driver.manifest.name in [item.driver for item in loaded.recipes.items["a"]]


def test_a_driver_that_only_measures_is_no_action() -> None:
    loaded = load_plan(HEAD + "      - measure:\n", DRIVERS)
    assert [finding.code for finding in loaded.findings] == ["L042"]


def test_the_schema_has_every_driver() -> None:
    schema = json_schema(DRIVERS)
    actions = {branch["required"][0] for branch in schema["$defs"]["Item"]["oneOf"]}
    assert actions == {name.partition(".")[0] for name, driver in DRIVERS.items() if driver.manifest.recipe}
    jsonschema = pytest.importorskip("jsonschema", reason="no JSON Schema validator is installed")
    jsonschema.Draft202012Validator.check_schema(schema)
