"""Which way up a product goes, and product files from other people's update graphs."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct
from msgspec.structs import replace

from liftlock.cli.clock import SystemClock
from liftlock.cli.exits import Exit
from liftlock.cli.options import Json, Lang, StoreAt, command, commands
from liftlock.cli.prepare import Prepared, inventory_of, prepare
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, read_bounded, speak, write_text
from liftlock.cli.settings import store_folder
from liftlock.cli.surveys import kept_survey
from liftlock.cli.trouble import refuse
from liftlock.decide.path.conditions import Facts, facts_of
from liftlock.decide.path.find import find_together
from liftlock.decide.path.ground import parts_of
from liftlock.decide.rules.products_file import faults
from liftlock.decide.versions import BadVersion
from liftlock.model.findings import Finding, Located, Severity
from liftlock.model.path import NoWay
from liftlock.model.plan import Component
from liftlock.model.product import Product
from liftlock.model.survey import Survey
from liftlock.planfile.facts import read_facts
from liftlock.planfile.importers import IMPORTERS
from liftlock.planfile.importers.imported import product_text
from liftlock.planfile.locate import locate_all
from liftlock.planfile.nodes import Positions
from liftlock.planfile.products import LoadedProduct, load_product, shipped, shipped_names
from liftlock.publish.path import path_json, path_lines

app = commands()

Ends = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FROM TO]",
        help="Versions; of a product of several parts PART=VERSION,… each. With --import: the source.",
        show_default=False,
    ),
]
Many = list[str] | None


@command(
    app,
    "liftlock path 12.4 16.4 --product postgresql",
    "liftlock path 15.3.2 17.9.1 --product gitlab --json",
    "liftlock path --product kubernetes kube-apiserver=1.29,kubelet=1.27 kube-apiserver=1.31,kubelet=1.31",
    "liftlock path --plan plan.yaml",
    "liftlock path --list",
    "liftlock path --import openshift cincinnati-graph-data/ --channel stable-4.18 -o openshift.yaml",
)
def path(
    ends: Ends = None,
    product: Annotated[str, typer.Option(help="A product that is shipped, or a product file.")] = "",
    channel: Annotated[Many, typer.Option("--channel", help="Only its releases (repeatable with --import).")] = None,
    facts: Annotated[Path | None, typer.Option("--facts", help="What is known of hosts: YAML.")] = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="A plan: its products, hosts, survey, overrides.")] = None,
    override: Annotated[Many, typer.Option("--override", help="Accept this named risk (repeatable).")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="The products that are shipped, or its releases.")] = False,
    import_from: Annotated[str, typer.Option("--import", help=f"One of {', '.join(IMPORTERS)}.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Where an import is written.")] = None,
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """The best way up: by accepted risks, risk, downtime, hops; or which rules stand in the way. Status 1: no way.

    Compulsory stops hold whatever the edges say. What cannot be evaluated blocks. With several parts every state of
    the rolling upgrade is held against the product's skew rules.
    """
    screen = open_screen(lang, as_json)
    if import_from:
        import_product(screen, import_from, ends or [], channel or [], output)
    elif list_all:
        show_known(screen, product)
    else:
        asked = Asked(tuple(ends or ()), product, (channel or [""])[0], facts, plan, tuple(override or ()), store)
        raise typer.Exit(show_ways(screen, asked))


class Asked(Struct, frozen=True):
    """What the command line says."""

    ends: tuple[str, ...]
    product: str
    channel: str
    facts: Path | None
    plan: Path | None
    overrides: tuple[str, ...]
    store: str


class Question(Struct, frozen=True):
    """One search: parts with their ends, and what is known."""

    product: Product
    start: dict[str, str]
    end: dict[str, str]
    facts: Facts = {}
    accepted: tuple[str, ...] = ()
    known_bad: tuple[str, ...] = ()


def show_ways(screen: Screen, asked: Asked) -> Exit:
    """Every question's answer; the worst status."""
    status, answers = Exit.OK, []
    questions = of_plan(screen, asked, asked.plan) if asked.plan is not None else [of_line(screen, asked)]
    for number, one in enumerate(questions):
        try:
            found = find_together(
                one.product,
                one.start,
                one.end,
                one.facts,
                accepted=one.accepted,
                known_bad=one.known_bad,
                channel=asked.channel,
            )
        except BadVersion as bad:
            raise refuse("bad-version", given=bad.given, scheme=one.product.scheme) from bad
        status = Exit.FINDINGS if isinstance(found, NoWay) else status
        if screen.as_json:
            answers.append(path_json(found, one.product, one.start, one.end))
            continue
        said = (found, one.product, one.start, one.end, screen.words)
        screen.lines([*([""] if number else []), *path_lines(*said, width=screen.width, paint=screen.paint)])
    if screen.as_json:
        screen.data(answers[0] if len(answers) == 1 else answers)
    return status


# --- from the command line -----------------------------------------------------------------------------------


def of_line(screen: Screen, asked: Asked) -> Question:
    if not asked.product or len(asked.ends) != 2:
        raise typer.BadParameter("FROM TO --product NAME, or --plan PLAN")
    product = product_for(screen, asked.product)
    start, end = (ends_of(product, text) for text in asked.ends)
    if start.keys() != end.keys():
        raise refuse("path-parts-differ", start=", ".join(start), end=", ".join(end))
    return Question(product, start, end, facts_in(screen, asked.facts), asked.overrides)


def ends_of(product: Product, text: str) -> dict[str, str]:
    """`1.29`, or `kube-apiserver=1.29,kubelet=1.27`."""
    known = [part.name for part in parts_of(product)]
    if not product.parts:
        return {known[0]: text}
    found = {}
    for each in text.split(","):
        part, _, version = each.strip().partition("=")
        if part not in known or not version:
            raise refuse("no-such-part", given=each.strip(), product=product.product, known=", ".join(known))
        found[part] = version
    return {part: found[part] for part in known if part in found}


def product_for(screen: Screen, name: str) -> Product:
    """A shipped one by its name, else a file. What is wrong with it is shown, and ends the command."""
    loaded = shipped(name)
    if loaded is None:
        if not Path(name).is_file():
            raise refuse("no-such-product", given=name, known=", ".join(shipped_names()))
        loaded = load_product(read_bounded(Path(name)), name)
    findings = (*loaded.findings, *(faults(loaded.product, loaded.source) if loaded.product else ()))
    if loaded.product is None or any(each.severity is Severity.ERROR for each in findings):
        screen.findings(located(loaded, findings), {loaded.file: loaded.text})
        raise typer.Exit(Exit.FINDINGS)
    return loaded.product


def located(loaded: LoadedProduct, findings: Sequence[Finding]) -> tuple[Located, ...]:
    return locate_all(findings, {loaded.source: (loaded.file, loaded.positions)})


def facts_in(screen: Screen, file: Path | None) -> Facts:
    if file is None:
        return {}
    found = read_facts(read_bounded(file))
    if isinstance(found, tuple):
        screen.findings(locate_all(found, {"plan": (str(file), Positions(None))}), {})
        raise typer.Exit(Exit.FINDINGS)
    return found


# --- from a plan ---------------------------------------------------------------------------------------------


def of_plan(screen: Screen, asked: Asked, file: Path) -> list[Question]:
    """A question for each product of the plan's components, with their hosts' facts and the plan's overrides."""
    place = store_folder(asked.store, os.environ, file)
    prepared = prepare(file, drivers_for(screen), survey_of=partial(kept_survey, place))
    plan = prepared.plan
    if plan is None:
        screen.findings(prepared.findings, prepared.sources)
        raise typer.Exit(Exit.FINDINGS)
    speak(screen, plan.language, plan.timezone, prepared.found)
    accepted = (*asked.overrides, *(each.risk for each in plan.overrides))
    known = facts_in(screen, asked.facts)
    questions = []
    for group in together(prepared, asked.product):
        product = prepared.documents.products.products[group[0].product]
        name = parts_of(product)[0].name
        ends = {each.part if product.parts else name: each.version for each in group}
        seen = facts_of_group(prepared, group, kept_survey(place, prepared.upgrade))
        questions.append(
            Question(
                product,
                {part: version.from_ for part, version in ends.items()},
                {part: version.to for part, version in ends.items()},
                {**seen, **known},
                accepted,
                tuple(bad for version in ends.values() for bad in version.known_bad),
            )
        )
    if not questions:
        raise refuse("no-product-in-plan", plan=str(file))
    return questions


def together(prepared: Prepared, wanted: str) -> list[list[Component]]:
    """Components of a product of several parts are asked for together, others each for itself."""
    groups: dict[str, list[Component]] = {}
    products: Mapping[str, Product] = prepared.documents.products.products
    for component in prepared.plan.components if prepared.plan is not None else ():
        product = products.get(component.product)
        if product is None or (wanted and component.product != wanted):
            continue
        if product.parts and component.part not in [part.name for part in product.parts]:
            continue
        groups.setdefault(component.product if product.parts else f"/{component.name}", []).append(component)
    return list(groups.values())


def facts_of_group(prepared: Prepared, group: list[Component], survey: Survey | None) -> dict[str, dict[str, str]]:
    inventory = inventory_of(prepared.documents)
    if inventory is None:
        return {}
    found: dict[str, dict[str, str]] = {}
    for component in group:
        found |= facts_of(inventory, survey, component.hosts)
    return found


# --- what is known -------------------------------------------------------------------------------------------


def show_known(screen: Screen, name: str) -> None:
    """The shipped products; of one its releases, stops and named risks."""
    if name:
        product = product_for(screen, name)
        if screen.as_json:
            screen.data(product)
        else:
            screen.text(product_text(product))
        return
    products = [loaded.product for each in shipped_names() if (loaded := shipped(each)) and loaded.product]
    if screen.as_json:
        screen.data([{"product": each.product, "title": each.title, "read_on": each.read_on} for each in products])
        return
    for each in products:
        counts = {"releases": len(each.releases), "stops": len(each.stops), "blocks": len(each.blocks)}
        said = screen.words.say("ui.path.counts", read_on=each.read_on, **counts)
        screen.text(f"{each.product:<14} {each.title}   {screen.paint('dim', said)}")


def import_product(
    screen: Screen, kind: str, ends: Sequence[str], channels: Sequence[str], output: Path | None
) -> None:
    """Write a product file, to a new file or to standard output."""
    if kind not in IMPORTERS or len(ends) != 1:
        raise typer.BadParameter(f"--import {'|'.join(IMPORTERS)} SOURCE [--channel NAME] [-o FILE]")
    imported = IMPORTERS[kind](Path(ends[0]), channels)
    if imported.product is None:
        screen.findings(locate_all(imported.findings, {"import": (ends[0], Positions(None))}), {})
        raise typer.Exit(Exit.FINDINGS)
    product = replace(imported.product, read_on=SystemClock(UTC).now().date().isoformat())
    if output is None:
        screen.text(product_text(product))
        return
    if output.exists():
        raise refuse("file-exists", file=str(output))
    write_text(output, product_text(product))
    counts = {"releases": len(product.releases), "stops": len(product.stops), "blocks": len(product.blocks)}
    if screen.as_json:
        screen.data({"written": str(output), **counts})
    else:
        screen.say("ui.path.written", file=str(output), product=product.product, **counts)
