"""Excel's .xlsx as rows of text: the first sheet whose first row names hosts.

Rules: a formula counts by its saved value, and is a finding without one; a merged cell's value is in all its cells.
openpyxl does the reading (the extra `excel`); a file that unpacks to more than is read is refused before.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zipfile import BadZipFile, ZipFile

from liftlock.planfile.inventory import LoadedInventory
from liftlock.planfile.table import MEANINGS, Unreadable, letters, load_table, normal

UNPACKED_MAX_BYTES = 256 * 1024 * 1024


def load_workbook(data: bytes, file: str) -> LoadedInventory:
    """Any bytes have an answer."""
    return load_table(rows_of(data), file)


def rows_of(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Raises Unreadable."""
    try:
        import openpyxl
    except ImportError as error:
        raise Unreadable("L436") from error
    check_size(data)
    try:
        values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data), data_only=False)
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError, IndexError, SyntaxError) as error:
        raise Unreadable("L435", problem=f"{type(error).__name__}: {error}"[:200]) from error
    sheets = [sheet for sheet in values.worksheets if is_of_hosts(sheet)] or values.worksheets[:1]
    if sheets:
        yield from sheet_rows(sheets[0], formulas[sheets[0].title])


def check_size(data: bytes) -> None:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            size_bytes = sum(each.file_size for each in archive.infolist())
    except (BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable("L435", problem=str(error)) from error
    if size_bytes > UNPACKED_MAX_BYTES:
        raise Unreadable("L435", problem=f"{size_bytes} > {UNPACKED_MAX_BYTES} bytes")


def is_of_hosts(sheet: Any) -> bool:
    """Does the first row that holds anything name a column of hosts?"""
    for row in sheet.iter_rows(max_row=20, values_only=True):
        words = [normal(text_of(value)).lower() for value in row]
        if any(words):
            return any(MEANINGS.get(word) in ("name", "address") for word in words)
    return False


def sheet_rows(sheet: Any, formulas: Any) -> Iterator[tuple[int, list[str]]]:
    merged = {}
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.max_col + 1):
                merged[row, column] = (area.min_row, area.min_col)
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts: list[str] = []
        for index, cell in enumerate(cells, 1):
            origin = merged.get((number, index))
            value = sheet.cell(*origin).value if origin else cell.value
            written = formulas.cell(number, index).value if value is None else None
            if isinstance(written, str) and written.startswith("="):
                raise Unreadable("L437", cell=f"{letters(index - 1)}{number}", given=written)
            texts.append(text_of(value))
        yield number, texts


def text_of(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
    return str(value)
