"""To begin with: a commented plan, its schema for editors, the program's version."""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from msgspec import json

from liftlock import __version__
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import find_drivers
from liftlock.cli.exits import Exit
from liftlock.cli.options import Json, Lang, command, commands
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for
from liftlock.cli.trouble import refuse
from liftlock.model.errors import WorldError, WorldKind
from liftlock.planfile.schema import inventory_schema, json_schema, product_schema
from liftlock.planfile.templates import (
    DEFAULTS,
    MODELS,
    QUESTIONS,
    TEMPLATES,
    BadAnswer,
    render,
    render_calendar,
    render_hosts,
)
from liftlock.publish.reference import reference as describe_keys
from liftlock.publish.words import zone_of

app = commands()

Folder = Annotated[Path, typer.Option("--into", help="The folder for plan.yaml, hosts.yaml and the schema.")]
Template = Annotated[str, typer.Option(help=f"By what is upgraded: {', '.join(TEMPLATES)}.", show_default=False)]
Model = Annotated[
    str, typer.Option(help=f"A whole plan, by the change model: {', '.join(MODELS)}.", show_default=False)
]
Name = Annotated[str, typer.Option(help="What is upgraded: a component's name.")]
From = Annotated[str, typer.Option("--from", help="The version that runs now.")]
To = Annotated[str, typer.Option("--to", help="The version that is wanted.")]
Hosts = Annotated[str, typer.Option(help="Addresses, separated by commas.")]


@command(
    app,
    "liftlock init",
    "liftlock init --template web --name orders --from 1.0 --to 1.1 --hosts 10.0.0.11,10.0.0.12",
    "liftlock init --model normal --lang zh --into upgrade",
)
def init(
    template: Template = "",
    model: Model = "",
    name: Name = "",
    old: From = "",
    new: To = "",
    hosts: Hosts = "",
    into: Folder = Path("."),
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Write a commented plan and an inventory. What no option says is asked, if there is a terminal to ask at."""
    screen = open_screen(lang, as_json)
    which = template_of(template, model)
    answers = {"component": name, "from": old, "to": new, "hosts": hosts}
    if sys.stdin.isatty() and not as_json:
        answers = {question.key: answers[question.key] or asked(screen, question.key) for question in QUESTIONS}
    language = screen.words.language
    try:
        given = {key: value for key, value in answers.items() if value} | {"starts": next_monday().isoformat()}
        texts = {"plan.yaml": render(which, given, language), "hosts.yaml": render_hosts(given, language)}
        if which == "normal":
            texts["calendar.yaml"] = render_calendar(given, language)
    except BadAnswer as bad:
        raise refuse("bad-answer", key=bad.key, given=bad.given) from bad
    texts["liftlock.schema.json"] = schema_text(screen)
    write_all(into, texts)
    if screen.as_json:
        screen.data({"written": [str(into / each) for each in texts]})
    else:
        screen.say("ui.init.written", files=", ".join(str(into / each) for each in texts), plan=str(into / "plan.yaml"))


def template_of(template: str, model: str) -> str:
    """Which file is written: one of the templates, or one of the whole plans."""
    if template and model:
        raise typer.BadParameter("say one of --template, --model")
    if template and template not in TEMPLATES:
        raise typer.BadParameter(f"one of {', '.join(TEMPLATES)}", param_hint="--template")
    if model and model not in MODELS:
        raise typer.BadParameter(f"one of {', '.join(MODELS)}", param_hint="--model")
    return template or model or TEMPLATES[0]


def next_monday() -> date:
    """When work on a plan that is written today may begin."""
    today = SystemClock(zone_of(DEFAULTS["timezone"])).now().date()
    return today + timedelta(days=7 - today.weekday())


def asked(screen: Screen, key: str) -> str:
    question = next(each for each in QUESTIONS if each.key == key)
    answer: str = typer.prompt(question.words(screen.words.language), default=question.default)
    return answer


def write_all(folder: Path, texts: dict[str, str]) -> None:
    """Nothing that is there is overwritten: if one file is there, none is written. The schema is ours, and renewed."""
    there = [name for name in texts if (folder / name).exists() and not name.endswith(".json")]
    if there:
        raise refuse("exists-already", files=", ".join(str(folder / name) for name in there))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise WorldError(WorldKind.REFUSED, f"{folder}: {error.strerror}", what=str(folder)) from error


def schema_text(screen: Screen) -> str:
    schema = json_schema(drivers_for(screen).drivers, language=screen.words.language)
    return json.format(json.encode(schema), indent=2).decode() + "\n"


def reference_text(screen: Screen) -> str:
    found, language = drivers_for(screen), screen.words.language
    plan, hosts = json_schema(found.drivers, language=language), inventory_schema(language=language)
    return describe_keys(plan, hosts, found.manifests, language)


@command(app, "liftlock schema > liftlock.schema.json", "liftlock schema --inventory > hosts.schema.json")
def schema(
    inventory: Annotated[bool, typer.Option("--inventory", help="Of the inventory file instead.")] = False,
    product: Annotated[bool, typer.Option("--product", help="Of a file of a product's release rules instead.")] = False,
    reference: Annotated[bool, typer.Option("--reference", help="Every key of both, to read, in Markdown.")] = False,
    lang: Lang = "",
) -> None:
    """Print the JSON Schema of the plan file, for editors; with every driver that is installed."""
    screen = open_screen(lang)
    if reference:
        screen.text(reference_text(screen).rstrip("\n"))
    elif product:
        screen.data(product_schema(language=screen.words.language))
    elif inventory:
        screen.data(inventory_schema(language=screen.words.language))
    else:
        screen.text(schema_text(screen))


@command(app, "liftlock version", "liftlock version --json")
def version(lang: Lang = "", as_json: Json = False) -> None:
    """Version of the program and of its drivers. Status 1 if a driver of another package is broken."""
    screen = open_screen(lang, as_json)
    found = find_drivers()
    if as_json:
        drivers = {name: manifest.version for name, manifest in sorted(found.manifests.items())}
        screen.data({"version": __version__, "drivers": drivers, "broken": found.broken})
    else:
        screen.text(f"liftlock {__version__}")
        for name, manifest in sorted(found.manifests.items()):
            summary = manifest.summary.get(screen.words.language) or manifest.summary.get("en", "")
            screen.text(f"  {name:<16} {manifest.version:<6} {summary}")
        for broken in found.broken:
            fields = {"name": broken.name, "package": broken.package, "why": broken.why}
            screen.warn(screen.words.say("ui.driver_broken", **fields))
    raise typer.Exit(Exit.FINDINGS if found.broken else Exit.OK)
