"""A timetable as tables for spreadsheets: CSV, and Excel where `openpyxl` is installed (the extra `excel`).

CSV is UTF-8 with a byte order mark, so that Excel reads Chinese, with CRLF (RFC 4180). A text that a spreadsheet would
take for a formula is kept from it by an apostrophe before it (OWASP: CSV injection); in Excel's own files cells have a
type, and a text is a text.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from liftlock.model.dated import Dated, Row, Spending, Workload
from liftlock.publish.gantt_lines import row_name
from liftlock.publish.plain import cells, plain
from liftlock.publish.words import Words, local

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | date | datetime | None
Table = list[list[Cell]]

BOM = "\ufeff"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = (
    "task",
    "name",
    "stage",
    "owner",
    "people",
    "begins",
    "ends",
    "days",
    "hours",
    "slack_hours",
    "critical",
    "deadline",
    "kept_begins",
    "kept_ends",
    "really_began",
    "really_ended",
    "after",
)
WIDEST_COLUMN = 48
SHEET_MAX = 31  # characters of a sheet's name, and none of []:*?/\


def timetable_table(dated: Dated, words: Words) -> Table:
    """A line a task, in the order in which they begin. Moments are the plan's zone's, without an offset."""
    rows = sorted(dated.rows, key=lambda row: (row.begins, row.ends, row.id))
    return [[words.say(f"ui.column.{key}") for key in COLUMNS], *(task_cells(dated, row, words) for row in rows)]


def task_cells(dated: Dated, row: Row, words: Words) -> list[Cell]:
    return [
        row.id,
        row_name(row, words),
        words.word("Stage", row.stage),
        dated.person(row.owner),
        words.join(dated.person(each) for each in row.people),
        clock(row.begins, words),
        clock(row.ends, words),
        row.days,
        round((row.ends - row.begins).total_seconds() / 3600, 2),
        None if row.slack_s is None else round(row.slack_s / 3600, 2),
        "*" if row.critical else "",
        clock(row.deadline, words),
        clock(row.kept_begins, words),
        clock(row.kept_ends, words),
        clock(row.began, words),
        clock(row.ended, words),
        words.join(bond.job for bond in row.after),
    ]


def clock(at: datetime | None, words: Words) -> datetime | None:
    """As a clock in the zone shows it: spreadsheets know no zones."""
    return None if at is None else local(at, words.zone).replace(tzinfo=None, microsecond=0)


def workload_table(loads: Sequence[Workload], dated: Dated, words: Words) -> Table:
    keys = ("person", "begins", "ends", "asked", "there", "overbooked", "cost")
    head: list[Cell] = [words.say(f"ui.column.{key}") for key in keys]
    return [head, *(load_cells(load, dated, words) for load in loads)]


def load_cells(load: Workload, dated: Dated, words: Words) -> list[Cell]:
    over = words.join(day.isoformat() for day in load.over)
    asked, there = round(load.asked_days, 2), round(load.has_days, 2)
    return [dated.person(load.person), load.begins, load.ends, asked, there, over, round(load.cost, 2)]


def budget_table(found: Sequence[Spending], words: Words) -> Table:
    keys = ("begins", "ends", "planned", "spent", "allowed", "amounts")
    head: list[Cell] = [words.say(f"ui.column.{key}") for key in keys]
    body: Table = [
        [each.begins, each.ends, each.planned, each.actual, each.limit, words.join(each.amounts)] for each in found
    ]
    return [head, *body]


# --- CSV ----------------------------------------------------------------------------------------------------


def csv_text(table: Iterable[Sequence[Cell]]) -> str:
    """With the byte order mark; to be written as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([written(cell) for cell in row] for row in table)
    return BOM + out.getvalue()


def written(cell: Cell) -> str:
    """A number and a date are themselves; a text begins no formula."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M")
        case str():
            return guarded(plain(cell))
    return str(cell)


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


# --- Excel --------------------------------------------------------------------------------------------------


def has_excel() -> bool:
    """Whether the extra `excel` is installed."""
    return find_spec("openpyxl") is not None


def workbook(sheets: Sequence[tuple[str, Table]], at: datetime) -> bytes:
    """An .xlsx file of named sheets: the head is bold and stays in view, columns are as wide as what they hold.

    `at`: when it was made. Needs `has_excel()`.
    """
    from openpyxl import Workbook

    book: Any = Workbook()
    book.remove(book.active)
    book.properties.created = book.properties.modified = at.replace(tzinfo=None)
    book.properties.creator = "Liftlock"
    for name, table in sheets:
        fill(book.create_sheet(sheet_name(name)), table)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheet_name(name: str) -> str:
    return "".join(each for each in plain(name) if each not in "[]:*?/\\").strip("'")[:SHEET_MAX] or "-"


def fill(sheet: "Worksheet", table: Table) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for number, row in enumerate(table, 1):
        for column, value in enumerate(row, 1):
            place(sheet.cell(number, column), value)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    for column in range(len(table[0])):
        wide = max(cells(written(row[column])) for row in table)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(WIDEST_COLUMN, wide + 3)


def place(cell: Any, value: Cell) -> None:
    """A text is stored as one, also where it begins with `=`."""
    if isinstance(value, str):
        cell.value = plain(value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA)
        return
    cell.value = value
    if isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    elif isinstance(value, float):
        cell.number_format = "#,##0.##"
