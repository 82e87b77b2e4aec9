"""The schema says what the converter reads: both are made from the same types, and these tests hold them together."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from liftlock.model.plan import Plan
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.inventory import InventoryFile
from liftlock.planfile.load import load_plan
from liftlock.planfile.nodes import builtins
from liftlock.planfile.products import SHIPPED, shipped_names
from liftlock.planfile.schema import DIALECT, inventory_schema, json_schema, product_schema
from liftlock.planfile.yaml import PLAN_LIMITS, read
from tests.planfile.technologies import DRIVERS
from tests.planfile.test_inventory import FLEET
from tests.planfile.test_load import DESIGN, HEAD, HOPS, ITEMS, PLANS

SCHEMA = json_schema(DRIVERS)
LENIENT = {"L028", "L032", "L033", "L034", "L047", "L051", "L052"}  # what a schema cannot say, or takes


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def data(text: str) -> Any:
    document = read(text, PLAN_LIMITS)
    assert document.root is not None
    return builtins(document.root)


@pytest.mark.parametrize("schema", [SCHEMA, json_schema(DRIVERS, language="zh"), inventory_schema(), product_schema()])
def test_every_reference_leads_somewhere_and_every_pattern_compiles(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == DIALECT
    for part in parts(schema):
        if isinstance(part.get("$ref"), str):
            assert part["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        if isinstance(part.get("pattern"), str):
            re.compile(part["pattern"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_key_is_described(language: str) -> None:
    made = (json_schema({}, language=language), inventory_schema(language=language), product_schema(language=language))
    for schema in made:
        for name, definition in schema["$defs"].items():
            for key, value in definition.get("properties", {}).items():
                assert value.get("description"), f"{name}.{key}"
            if "properties" in definition:
                assert definition["description"], name


def test_chinese_descriptions_are_chinese() -> None:
    plan = json_schema(DRIVERS, language="zh")["$defs"]["Plan"]
    assert all(re.search("[\u4e00-\u9fff]", value["description"]) for value in plan["properties"].values())


def test_recipes_know_every_driver_by_its_action() -> None:
    branches = {branch["required"][0]: branch["properties"] for branch in SCHEMA["$defs"]["Item"]["oneOf"]}
    assert set(branches) == {"release", "backup", "drain", "readmit", "service", "verify", "command", "reboot"}
    probes = {each["title"]: each["required"] for each in branches["verify"]["verify"]["anyOf"]}
    assert probes == {"verify.http": ["http"], "verify.version": ["version"], "verify.tcp": ["tcp"]}
    assert "timeout" in branches["reboot"]
    assert branches["drain"]["drain"]["description"] == "drain.haproxy in English"
    assert branches["release"]["release"]["examples"] == ["- release: {archive: a.tar, into: /srv/a}"]


def test_defaults_are_written_as_a_person_would_and_can_be_read() -> None:
    rollout = SCHEMA["$defs"]["Rollout"]["properties"]
    assert rollout["waves"]["default"] == [1, "25%", "100%"]
    assert rollout["soak"]["default"] == "1m"
    from msgspec import json

    defaults = {key: value["default"] for key, value in rollout.items() if "default" in value}
    text = json.encode({"upgrade": "x", "components": [], "rollout": defaults}).decode()
    document = read(text, PLAN_LIMITS)
    assert document.root is not None
    assert Converter().convert(document.root, Plan) == Plan(upgrade="x", components=())


def validator(schema: dict[str, Any]) -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="no JSON Schema validator is installed")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schemas_are_schemas_and_take_what_is_right() -> None:
    assert list(validator(SCHEMA).iter_errors(data(DESIGN))) == []
    assert list(validator(json_schema(DRIVERS, language="zh")).iter_errors(data(DESIGN))) == []
    assert list(validator(inventory_schema()).iter_errors(data(FLEET))) == []


@pytest.mark.parametrize("name", shipped_names())
def test_the_schema_of_product_files_takes_what_is_shipped_and_refuses_what_the_reader_refuses(name: str) -> None:
    shape = validator(product_schema())
    text = (SHIPPED / f"{name}.yaml").read_text()
    assert list(shape.iter_errors(data(text))) == []
    assert list(shape.iter_errors(data(text + "stop: []\n")))
    assert list(shape.iter_errors(data("scheme: natural\n")))


def test_the_recipes_of_hops_are_recipes() -> None:
    hop = SCHEMA["$defs"]["Hop"]["properties"]
    for key in ("recipe", "once_before", "once_after"):
        assert hop[key]["items"] == {"$ref": "#/$defs/Item"}
    assert list(validator(SCHEMA).iter_errors(data(HOPS))) != []
    assert list(validator(SCHEMA).iter_errors(data(HOPS.replace("rebot", "reboot")))) == []


WRONG = [f"{HEAD}      {text}\n" for text, _ in ITEMS] + [text for text, _ in PLANS]


@pytest.mark.parametrize("text", WRONG)
def test_what_the_reader_refuses_the_schema_refuses(text: str) -> None:
    codes = {found.code for found in load_plan(text, DRIVERS).findings}
    errors = list(validator(SCHEMA).iter_errors(data(text)))
    assert errors or codes <= LENIENT


def test_the_inventory_type_reads_what_its_schema_takes() -> None:
    document = read(FLEET, PLAN_LIMITS)
    assert document.root is not None
    assert Converter("inventory").convert(document.root, InventoryFile) is not FAILED
