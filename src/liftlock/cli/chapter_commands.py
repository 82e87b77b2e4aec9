"""The plan's chapters as tables: for the people who write them, and for spreadsheets."""

from pathlib import Path
from typing import Annotated

import typer

from liftlock.cli.exits import Exit
from liftlock.cli.options import Json, Lang, PlanFile, command, commands
from liftlock.cli.prepare import Documents, locate, read_documents
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, speak, write_text
from liftlock.cli.trouble import refuse
from liftlock.decide.appraise import appraise
from liftlock.model.appraisal import Appraisal
from liftlock.model.findings import Finding, Severity
from liftlock.publish.chapter_tables import ChapterTable, tables_csv
from liftlock.publish.chapters import SECTIONS, chapters_json, chapters_text, tables_of
from liftlock.publish.sheets import BOM

app = commands()

ALL = "all"
STDOUT = Path("-")
Show = Annotated[
    list[str] | None, typer.Option("--show", help=f"Only these (repeatable): {', '.join(SECTIONS)}; or {ALL}.")
]
Csv = Annotated[
    Path | None, typer.Option("--csv", help="Write the tables into this file for a spreadsheet; - prints them.")
]


@command(
    app,
    "liftlock chapters plan.yaml",
    "liftlock chapters plan.yaml --show trace --show options",
    "liftlock chapters plan.yaml --show budget --csv budget.csv",
)
def chapters(plan: PlanFile, show: Show = None, csv: Csv = None, lang: Lang = "", as_json: Json = False) -> None:
    """The plan's chapters as tables: traceability, options and how firm the decision is, risks, team, tests, budget.

    Nothing is checked here but that the plan can be read: `liftlock check` says what is missing.
    """
    screen = open_screen(lang, as_json)
    sections = sections_of(show or [])
    found = appraised(screen, plan)
    if as_json:
        screen.data(chapters_json(found, sections))
        return
    tables = tables_of(found, screen.words, sections)
    if not tables:
        screen.say("ui.chapters.none", sections=", ".join(sections))
    elif csv is not None:
        write_csv(screen, csv, tables)
    else:
        screen.text(chapters_text(tables, screen.words, width=screen.width, paint=screen.paint))


def sections_of(asked: list[str]) -> tuple[str, ...]:
    """The sections in their own order; refused if one is not known."""
    for name in asked:
        if name not in (*SECTIONS, ALL):
            raise refuse("no-such-section", given=name, known=", ".join((*SECTIONS, ALL)))
    return tuple(name for name in SECTIONS if not asked or ALL in asked or name in asked)


def appraised(screen: Screen, path: Path) -> Appraisal:
    """The plan with what follows from it; if it cannot be read, its findings are shown and the command ends."""
    found = drivers_for(screen)
    documents, findings = read_documents(path, found)
    plan = documents.loaded.plan
    if plan is None:
        show_trouble(screen, documents, findings)
        raise typer.Exit(Exit.FINDINGS)
    speak(screen, plan.language, plan.timezone, found)
    return appraise(plan)


def show_trouble(screen: Screen, documents: Documents, findings: tuple[Finding, ...]) -> None:
    errors = tuple(each for each in findings if each.severity is Severity.ERROR)
    screen.findings(locate(documents, errors), {str(documents.path): documents.text.decode("utf-8", "replace")})


def write_csv(screen: Screen, file: Path, tables: list[ChapterTable]) -> None:
    """Never over a file that is there."""
    text = tables_csv(tables)
    if file == STDOUT:
        screen.text(text.removeprefix(BOM))
        return
    if file.exists():
        raise refuse("file-exists", file=str(file))
    write_text(file, text)
    screen.say("ui.chapters.csv", file=str(file), count=len(tables))
