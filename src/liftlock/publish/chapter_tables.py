"""A table of a plan's chapter, once: shown on a terminal with wrapped cells, in Markdown, or for a spreadsheet."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from liftlock.publish.paint import Paint, bare
from liftlock.publish.plain import cells, markdown, pad, plain, wrap
from liftlock.publish.sheets import csv_text
from liftlock.publish.words import Words

Cell = str | int | float
NARROWEST = 6
WIDEST_WORD = 12
COLUMNS_MAX = 12  # of a document's page
GAP = "  "


class ChapterTable(Struct, frozen=True):
    """A title, a head, rows; and what is to be said below them. `narrow`: another form, where this one is too wide."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    narrow: "ChapterTable | None" = None


def table_text(table: ChapterTable, words: Words, *, width: int = 100, paint: Paint = bare) -> list[str]:
    """The lines for a terminal; a cell that is too long goes on below."""
    if table.narrow is not None and widest(table, words) > width:
        return table_text(table.narrow, words, width=width, paint=paint)
    shown = [[shown_cell(cell, words) or "-" for cell in row] for row in table.rows]
    head, *body = grid([list(table.head), *shown], width - len(GAP))
    lines = [paint("title", plain(table.title)), *(paint("dim", GAP + line) for line in head)]
    lines += [GAP + line for row in body for line in row]
    return [*lines, *(line for note in table.notes for line in wrap(GAP + note, width, GAP))]


def widest(table: ChapterTable, words: Words) -> int:
    """How wide it is if nothing is wrapped."""
    columns = zip(table.head, *([shown_cell(cell, words) for cell in row] for row in table.rows), strict=True)
    return sum(len(GAP) + max(map(cells, column)) for column in columns)


def table_markdown(table: ChapterTable, words: Words) -> list[str]:
    if table.narrow is not None and len(table.head) > COLUMNS_MAX:
        return table_markdown(table.narrow, words)
    lines = ["", f"### {markdown(table.title)}", "", markdown_row(table.head), "|" + " --- |" * len(table.head)]
    lines += [markdown_row([shown_cell(cell, words) for cell in row]) for row in table.rows]
    return [*lines, *(line for note in table.notes for line in ("", markdown(note)))]


def markdown_row(row: Iterable[str]) -> str:
    return "| " + " | ".join(markdown(cell) or "-" for cell in row) + " |"


def tables_csv(tables: Sequence[ChapterTable]) -> str:
    """All of them below one another, an empty row between two, each under its title; with the byte order mark."""
    rows: list[Sequence[Cell]] = []
    for table in tables:
        rows += [[]] if rows else []
        rows += [[table.title], table.head, *table.rows]
    return csv_text([whole(cell) for cell in row] for row in rows)


def whole(cell: Cell) -> Cell:
    """A whole number without a point."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def shown_cell(cell: Cell, words: Words) -> str:
    return plain(cell) if isinstance(cell, str) else words.number(cell)


# --- columns ------------------------------------------------------------------------------------------------------


def grid(rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Rows as lines of aligned columns, the first row being the head; nothing is cut."""
    widest = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    widths = fitted(widest, [longest_word(head) for head in rows[0]], width)
    return [lines_of_row(row, widths) for row in rows]


def longest_word(head: str) -> int:
    return min(WIDEST_WORD, max(map(cells, head.split()), default=0))


def fitted(widths: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Columns that are narrow keep their width; the wide ones share what is left, none below its least."""
    left = width - len(GAP) * (len(widths) - 1)
    found = dict.fromkeys(range(len(widths)), 0)
    for count, index in enumerate(sorted(found, key=lambda i: widths[i])):
        share = max(NARROWEST, least[index], left // (len(widths) - count))
        found[index] = min(widths[index], share)
        left -= found[index]
    return list(found.values())


def lines_of_row(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [broken(text, size) for text, size in zip(row, widths, strict=True)]
    height = max(map(len, wrapped))
    filled = [[*lines, *[""] * (height - len(lines))] for lines in wrapped]
    return [GAP.join(map(pad, line, widths)).rstrip() for line in zip(*filled, strict=True)]


def broken(text: str, width: int) -> list[str]:
    """Wrapped, and broken inside a word that is longer than the line."""
    return [piece for line in wrap(text, width) for piece in chunks(line, width)]


def chunks(line: str, width: int) -> list[str]:
    found = [""]
    for letter in line:
        if found[-1] and cells(found[-1] + letter) > width:
            found.append("")
        found[-1] += letter
    return found
