"""The reference of all keys of a plan and an inventory, and of every driver's action, in Markdown.

Rule: written from the JSON Schemas and the drivers' manifests that are handed in, and from nothing else, so that the
reference cannot say other than what the program reads.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.model.ports import Manifest

Schema = dict[str, Any]

INTRO = """\
# Plan reference

Every key of a plan file and of an inventory file, and every action of a recipe. Made by `liftlock schema --reference`
from what the program itself reads; drivers of other packages show up there as well.

A **duration** is written `30s`, `10m`, `1h30m`, `2h`, `1d`, or as a number of seconds. A **count or share** is `3` or
`25%`. A **number** may carry a unit: `0.02`, `2%`, `200ms`. Versions stand in quotes. Text in an action is filled with
the host's variables: `{host}`, `{address}`, `{version}`, `{from_version}`, `{to_version}`, `{component}`, and those of
the inventory; the words of a command are never filled, they see `$host`, `$version` and so on instead.
"""
RECIPES = """\
## Actions of a recipe

An item of a `recipe`, of `once_before` and of `once_after` is a mapping with one action's name. The first column of
each table is what may stand inside. A technology is chosen by its key: `backup: {files: …}`, `verify: {http: …}`.
"""
SKIPPED = ("Item", "Secret")
SCALARS = {"string": "text", "boolean": "true or false"}


def reference(plan: Schema, inventory: Schema, manifests: Mapping[str, Manifest], language: str = "en") -> str:
    """The whole page. `plan`, `inventory`: their JSON Schemas."""
    parts = [INTRO, "## Keys of a plan\n", *nouns(plan), RECIPES, *beside(plan)]
    parts += [action(name, manifests[name], form, language) for name, form in actions(plan)]
    parts += ["## Keys of an inventory\n", *nouns(inventory)]
    return "\n".join(parts).rstrip() + "\n"


def nouns(schema: Schema) -> Iterator[str]:
    """A section for each mapping that can be written, in the order in which they are met."""
    for name, each in schema["$defs"].items():
        if "properties" in each and name not in SKIPPED:
            yield f"### {name}\n\n{each.get('description', '')}\n\n{table(each)}"


def beside(schema: Schema) -> Iterator[str]:
    """What every item may say beside its action."""
    item = schema["$defs"]["Item"]
    first = item["oneOf"][0]
    shared = {key: value for key, value in first["properties"].items() if key not in first["required"]}
    yield f"### Beside every action\n\n{table({'properties': shared})}"


def actions(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Each driver's name with the mapping that it reads."""
    for each in schema["$defs"]["Item"]["oneOf"]:
        value = each["properties"][each["required"][0]]
        for form in value.get("anyOf", [value]):
            if "title" in form:
                yield form["title"], form


def action(name: str, manifest: Manifest, form: Schema, language: str) -> str:
    summary = manifest.summary.get(language) or manifest.summary.get("en", "")
    example = f"```yaml\n{manifest.example}\n```\n" if manifest.example else ""
    short = f"`{name.partition('.')[0]}: …` as plain text means `{manifest.shorthand}`.\n" if manifest.shorthand else ""
    keys = table(form) if form.get("properties") else "It has no keys.\n"
    return f"### {name}\n\n{summary}.\n\n" + "\n".join(filter(None, (example, short, keys)))


def table(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = [
        (
            f"`{key}`" + (" (required)" if key in required else ""),
            kind(each),
            default(each),
            each.get("description", ""),
        )
        for key, each in schema["properties"].items()
    ]
    described = any(row[3] for row in rows)
    head = ("key", "value", "default", "meaning")[: 4 if described else 3]
    lines = [head, tuple("---" for _ in head), *(row[: len(head)] for row in rows)]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def default(schema: Schema) -> str:
    if "default" not in schema:
        return ""
    value = schema["default"]
    if isinstance(value, list):
        return "`[" + ", ".join(map(plain, value)) + "]`"
    return f"`{plain(value)}`"


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {plain(each)}" for key, each in value.items()) + "}"
    return str(value)


def kind(schema: Schema) -> str:
    """What may be written, in a few words."""
    if reference := schema.get("$ref"):
        return named(reference.rpartition("/")[2])
    if choices := schema.get("anyOf"):
        return " or ".join(dict.fromkeys(kind(each) for each in choices if each.get("type") != "null"))
    if values := schema.get("enum"):
        return ", ".join(f"`{value}`" for value in values if value != "")
    match schema.get("type"):
        case "array":
            return f"list of {kind(schema['items'])}"
        case "object":
            return "mapping" if "title" in schema or "additionalProperties" not in schema else mapping(schema)
        case "boolean":
            return "true or false"
        case "string":
            return "text"
        case "number" | "integer" as number:
            return bounded("whole number" if number == "integer" else "number", schema)
        case list(kinds):
            return " or ".join(SCALARS.get(str(each), str(each)) for each in kinds)
    return "any value"


def mapping(schema: Schema) -> str:
    inner = schema["additionalProperties"]
    return f"mapping of names to {kind(inner)}" if isinstance(inner, dict) and inner else "mapping"


def bounded(text: str, schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{text}, {low} to {high}"
    return text if low is None else f"{text}, {low} or more"


def named(name: str) -> str:
    plain_words = {"Duration": "duration", "Share": "count or share", "Number": "number", "Item": "action"}
    if name in plain_words:
        return plain_words[name]
    return "`{secret: …}`" if name == "Secret" else f"[{name}](#{name.lower()})"
