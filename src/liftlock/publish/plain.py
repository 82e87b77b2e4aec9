"""Text of others made harmless before it reaches a terminal, a page or a document.

What a host printed may hold escape sequences, line breaks or markup. Here it becomes visible text: nothing that comes
from a host moves a cursor, breaks a table or hides what follows.
"""

import re
import unicodedata

# Controls (C0, DEL, C1), line and paragraph separators, bidirectional and invisible marks, lone surrogates, and what
# is no character (XML takes none of them).
_ALWAYS = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff"
)
_HARMFUL = re.compile(f"[{_ALWAYS}]")
_MARKUP = re.compile(r"[\\`*\[\]<>|~&]|(?<![^\W_])_|_(?![^\W_])")
_LINE_START = re.compile(r"^(\d*)(#|[-+=](?=\s|$|[-+=])|(?<=\d)[.)](?=\s|$))")


def visible(found: re.Match[str]) -> str:
    """A control character as its escaped name."""
    return f"\\x{ord(found.group()):02x}" if ord(found.group()) < 256 else f"\\u{ord(found.group()):04x}"


def lines_of(text: str) -> list[str]:
    """The lines of a host's output without control characters; a tab is four spaces."""
    unified = text.replace("\r\n", "\n").expandtabs(4)
    return [_HARMFUL.sub(visible, line) for line in unified.rstrip("\n").split("\n")]


def plain(text: str) -> str:
    """One line, without control characters: line breaks and tabs are spaces."""
    if text.isprintable():
        return text.strip()
    return _HARMFUL.sub(visible, re.sub(r"\s*[\r\n\t]+\s*", " ", text).strip())


def markdown(text: str) -> str:
    """One line that Markdown shows as it is, also in a table's cell."""
    marked = _MARKUP.sub(lambda found: "\\" + found.group(), plain(text))
    return _LINE_START.sub(lambda found: f"{found.group(1)}\\{found.group(2)}", marked)


def code(text: str) -> str:
    """A span of code for a table's cell; backticks inside are bound by a longer fence."""
    shown = plain(text).replace("|", "\\|")
    if not shown:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def fenced(text: str) -> list[str]:
    """A block of code, line by line, that nothing inside can end."""
    lines = lines_of(text)
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def cells(text: str) -> int:
    """How many columns of a terminal the text takes: Chinese characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def cut(text: str, width: int) -> str:
    """At most `width` columns; an ellipsis says that more was there."""
    if cells(text) <= width:
        return text
    kept: list[str] = []
    used = 0
    for each in text:
        used += cells(each)
        if used > width - 1:
            break
        kept.append(each)
    return "".join(kept) + "…"


def pad(text: str, width: int) -> str:
    """Filled with spaces to `width` columns."""
    return text + " " * max(0, width - cells(text))


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Broken into lines of at most `width` columns: between words, and anywhere between Chinese characters."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if line and cells(line) + cells(word.rstrip()) > width - (cells(indent) if lines else 0):
            lines.append(line.rstrip())
            line = ""
        line += word if line or not lines else word.lstrip()
    lines.append(line.rstrip())
    return [lines[0], *(indent + each for each in lines[1:])]


def _words(text: str) -> list[str]:
    return re.findall(
        r"[^\S\n]*(?:[\u2e80-\u9fff\uff00-\uffef][，。；：、）！？”\")]{0,2}|[^\s\u2e80-\u9fff\uff00-\uffef]+)\s*", text
    )


WIDEST = 1000


def table(rows: list[list[str]], width: int, indent: str = "", gap: str = "  ") -> list[str]:
    """Rows as aligned columns; the last column is cut where the line would be longer than `width`."""
    if not rows:
        return []
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        head = indent + "".join(pad(text, size) + gap for text, size in zip(row, widths, strict=False))
        lines.append((head + cut(row[-1], max(8, width - cells(head)))).rstrip())
    return lines
