"""The JSON Schema (draft 2020-12) of plan and inventory files, for editors and for the reference of all keys.

Rule: made from the same types as the converter reads, so that the two cannot differ; a test holds them together.
"""

from typing import Any

from msgspec import NODEFAULT, inspect, to_builtins

from liftlock.model.plan import Plan, Share
from liftlock.model.ports import Drivers
from liftlock.model.product import Product
from liftlock.planfile import forms
from liftlock.planfile.convert import accepts_null, type_info
from liftlock.planfile.descriptions import describe
from liftlock.planfile.inventory import InventoryFile
from liftlock.planfile.load import LANES
from liftlock.planfile.recipes import Beside, in_recipes

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DURATION: Schema = {
    "title": "duration",
    "examples": ["30s", "10m", "1h30m", "2h", "1d"],
    "anyOf": [
        {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s?(ms|[wdhms])\s?)+$"},
        {"type": "number", "minimum": 0},
    ],
}
SHARE: Schema = {
    "title": "count or share",
    "examples": [1, "25%"],
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {"type": "string", "pattern": r"^\s*(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,6})?)\s?%\s*$"},
    ],
}
NUMBER: Schema = {
    "title": "number",
    "examples": [0.02, "2%", "200ms"],
    "anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": r"^\s*[-+]?[0-9]+(\.[0-9]*)?\s?(%|ms|[wdhms])?\s*$"},
    ],
}
PATTERNS = {
    ("Component", "name"): forms.NAME.pattern,
    ("Window", "from"): forms.CLOCK_TIME.pattern,
    ("Window", "to"): forms.CLOCK_TIME.pattern,
    ("Window", "date"): forms.DATE.pattern,
    ("Freeze", "from"): forms.MOMENT.pattern + "|" + forms.DATE.pattern,
    ("Freeze", "to"): forms.MOMENT.pattern + "|" + forms.DATE.pattern,
}
BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
LENGTHS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}


def json_schema(drivers: Drivers, *, language: str = "en") -> Schema:
    """The schema of a plan file, with every driver's actions. `language`: of the descriptions, en or zh."""
    writer = Writer(drivers, language)
    top = writer.reference(struct_type(Plan))
    return writer.whole(top, "liftlock plan")


def inventory_schema(*, language: str = "en") -> Schema:
    """The schema of an inventory file."""
    writer = Writer({}, language)
    return writer.whole(writer.reference(struct_type(InventoryFile)), "liftlock inventory")


def product_schema(*, language: str = "en") -> Schema:
    """The schema of a product file: a product's releases and their rules."""
    writer = Writer({}, language)
    return writer.whole(writer.reference(struct_type(Product)), "liftlock product")


class Writer:
    """Types to schemas; each struct is written once, under $defs."""

    def __init__(self, drivers: Drivers, language: str) -> None:
        self.drivers = in_recipes(drivers)
        self.language = language
        self.definitions: dict[str, Schema] = {}
        self.names: dict[type, str] = {}

    def whole(self, top: Schema, title: str) -> Schema:
        return {"$schema": DIALECT, "title": title, **top, "$defs": self.definitions}

    def of(self, kind: inspect.Type) -> Schema:
        match kind:
            case inspect.Metadata():
                return self.formed(kind)
            case inspect.StructType():
                return self.reference(kind)
            case inspect.UnionType(types):
                return {"anyOf": [self.of(each) for each in types]}
            case inspect.LiteralType(values):
                return {"enum": list(values)}
            case inspect.EnumType(cls):
                return {"enum": [member.value for member in cls]}
            case inspect.DictType():
                return {"type": "object", "additionalProperties": self.as_written(kind.value_type)}
            case inspect.TupleType(item_types):
                return {"type": "array", "prefixItems": [self.of(each) for each in item_types], "items": False}
            case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
                return bounded({"type": "array", "items": self.of(kind.item_type)}, kind)
            case _:
                return plain(kind)

    def as_written(self, kind: inspect.Type) -> Schema:
        """A value in a mapping of texts may also be a bare number, or true or false."""
        return {"type": ["string", "number", "boolean"]} if isinstance(kind, inspect.StrType) else self.of(kind)

    def formed(self, kind: inspect.Metadata) -> Schema:
        match (kind.extra or {}).get("form"):
            case "duration":
                return self.define("Duration", DURATION)
            case "number":
                return self.define("Number", NUMBER)
            case _:
                return self.of(kind.type)

    def define(self, name: str, schema: Schema) -> Schema:
        self.definitions.setdefault(name, schema)
        return {"$ref": f"#/$defs/{name}"}

    def reference(self, kind: inspect.StructType) -> Schema:
        if kind.cls is Share:
            return self.define("Share", SHARE)
        if kind.cls not in self.names:
            name = kind.cls.__name__
            number = sum(1 for taken in self.names.values() if taken.partition("-")[0] == name)
            self.names[kind.cls] = name if not number else f"{name}-{number + 1}"
            self.definitions[self.names[kind.cls]] = {}  # its place, before what it refers to
            self.definitions[self.names[kind.cls]] = self.struct(kind)
        return {"$ref": f"#/$defs/{self.names[kind.cls]}"}

    def struct(self, kind: inspect.StructType) -> Schema:
        noun = kind.cls.__name__
        schema: Schema = {"type": "object"}
        if text := describe(noun, "", self.language):
            schema["description"] = text
        schema["properties"] = {each.encode_name: self.key(noun, each) for each in kind.fields}
        if required := [each.encode_name for each in kind.fields if each.required]:
            schema["required"] = required
        return {**schema, "additionalProperties": False}

    def key(self, noun: str, each: inspect.Field) -> Schema:
        schema = dict(self.of(each.type))
        if noun in ("Component", "Hop") and each.encode_name in LANES:
            schema = {"type": "array", "items": self.item()}
        if pattern := PATTERNS.get((noun, each.encode_name)):
            schema["pattern"] = f"^({pattern})$"
        if text := describe(noun, each.encode_name, self.language):
            schema["description"] = text
        default = default_of(each)
        return schema if default in (None, "", [], {}) else {**schema, "default": default}

    # --- recipes -------------------------------------------------------------------------------------------

    def item(self) -> Schema:
        """One of the actions, with what every item may say beside it."""
        if "Item" not in self.definitions:
            self.definitions["Item"] = {}
            beside = {each.encode_name: self.key("Beside", each) for each in struct_type(Beside).fields}
            actions = sorted({name.partition(".")[0] for name in self.drivers})
            self.definitions["Item"] = {
                "type": "object",
                "description": describe("Beside", "", self.language),
                "oneOf": [self.action(action, beside) for action in actions],
            }
        return {"$ref": "#/$defs/Item"}

    def action(self, action: str, beside: dict[str, Schema]) -> Schema:
        forms_of = [self.driver(name) for name in self.drivers if name.partition(".")[0] == action]
        values = [schema for each in forms_of for schema in each]
        value = values[0] if len(values) == 1 else {"anyOf": values}
        summaries = [self.summary(name) for name in self.drivers if name.partition(".")[0] == action]
        described = {**value, "description": " | ".join(text for text in summaries if text)}
        return {"properties": {action: described, **beside}, "required": [action], "additionalProperties": False}

    def driver(self, name: str) -> list[Schema]:
        """The values that an action takes for this driver: its mapping, its shorthand, nothing at all."""
        manifest = self.drivers[name].manifest
        kind = struct_type(manifest.item)
        schema = {"title": name, **self.struct(kind), "description": self.summary(name)}
        if manifest.example:
            schema["examples"] = [manifest.example]
        technology = name.partition(".")[2]
        if technology:
            schema["required"] = sorted({technology, *schema.get("required", ())})
            return [schema]
        values = [schema]
        if short := next((each for each in kind.fields if manifest.shorthand in (each.name, each.encode_name)), None):
            values.append(self.of(short.type))
        if not schema.get("required"):
            values.append({"type": "null"})
        return values

    def summary(self, name: str) -> str:
        summary = self.drivers[name].manifest.summary
        return summary.get(self.language) or summary.get("en", "")


def struct_type(cls: type) -> inspect.StructType:
    kind = type_info(cls)
    if not isinstance(kind, inspect.StructType):
        raise TypeError(f"{cls.__name__}: a recipe item's type is a msgspec Struct")
    return kind


def plain(kind: inspect.Type) -> Schema:
    match kind:
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType():
            return bounded({"type": "integer"}, kind)
        case inspect.FloatType():
            return bounded({"type": "number"}, kind)
        case inspect.StrType():
            schema = bounded({"type": "string"}, kind)
            return {**schema, "pattern": kind.pattern} if kind.pattern else schema
        case inspect.NoneType():
            return {"type": "null"}
        case inspect.AnyType():
            return {}
    raise TypeError(f"{kind}: cannot stand in a plan")


def bounded(schema: Schema, kind: Any) -> Schema:
    """With the limits that the type says."""
    found = {word: getattr(kind, name, None) for name, word in BOUNDS.items()}
    shortest, longest = LENGTHS.get(schema["type"], ("", ""))
    if shortest:
        found |= {shortest: kind.min_length, longest: kind.max_length}
    return {**schema, **{word: limit for word, limit in found.items() if limit is not None}}


def default_of(each: inspect.Field) -> Any:
    """A default as it would be written."""
    if each.default is NODEFAULT:
        return None
    value = each.default
    kind = each.type
    if isinstance(kind, inspect.Metadata) and (kind.extra or {}).get("form") == "duration":
        return forms.duration_text(value)
    if accepts_null(kind) and value is None:
        return None
    return written(value)


def written(value: Any) -> Any:
    if isinstance(value, Share):
        return value.count if value.count is not None else f"{value.percent:g}%"
    if isinstance(value, tuple):
        return [written(each) for each in value]
    return to_builtins(value)
