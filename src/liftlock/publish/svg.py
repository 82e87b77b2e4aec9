"""Elements of an SVG file. Coordinates have one decimal: the same figure gives the same bytes."""

from collections.abc import Sequence
from html import escape

from liftlock.publish.plain import cells, cut, plain

Point = tuple[float, float]

CELL_W = 6.6  # pixels of a terminal's column in text of 12 pixels: a Chinese character takes two
BOLD_W = 7.4


def path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}"/>'


def rect(x: float, y: float, width: float, height: float, name: str, round_by: float = 0.0) -> str:
    corner = f' rx="{n(round_by)}"' if round_by else ""
    return f'<rect class="{name}" x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}"{corner}/>'


def label(
    x: float, y: float, words: str, name: str = "", *, room: float = 1e9, anchor: str = "start", bold: bool = False
) -> str:
    """Text in one line, cut to `room` pixels."""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    kind = f' class="{name}"' if name else ""
    shown = cut(plain(words), max(1, int(room / (BOLD_W if bold else CELL_W))))
    return f'<text x="{n(x)}" y="{n(y)}"{kind}{side}>{escape(shown)}</text>'


def width_of(words: str, *, bold: bool = False) -> float:
    """About how many pixels a text takes."""
    return cells(plain(words)) * (BOLD_W if bold else CELL_W)


def titled(element: str, title: str) -> str:
    """An element that tells more when it is pointed at, and to a screen reader."""
    return f"<g><title>{escape(plain(title))}</title>{element}</g>"


def n(value: float) -> str:
    """A coordinate: one decimal, no negative zero."""
    return f"{round(value, 1) + 0.0:g}"
