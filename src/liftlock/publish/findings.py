"""Findings as the best linters print them: place, code, severity, what is wrong, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.model.findings import Located, Severity
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import cells, cut, lines_of, plain
from liftlock.publish.words import Words

STYLES: dict[Severity, Style] = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.INFO: "note"}


def findings_text(
    found: Sequence[Located],
    words: Words,
    *,
    sources: Mapping[str, str] | None = None,
    width: int = 100,
    paint: Paint = bare,
) -> str:
    """All findings and a summary line. `sources`: file -> its text, for an excerpt with a caret."""
    lines: list[str] = []
    for each in found:
        lines += finding_lines(each, words, paint)
        if sources and each.file in sources:
            lines += excerpt(sources[each.file], each, width, paint)
    return "\n".join([*lines, summary(found, words, paint)]) + "\n"


def finding_lines(each: Located, words: Words, paint: Paint = bare) -> list[str]:
    finding = each.finding
    severity = paint(STYLES[finding.severity], words.term(finding.severity))
    head = f"{place(each)} {plain(finding.code)} {severity}: {words.finding(finding)}".lstrip()
    text = words.finding_help(finding)
    return [head, f"  {paint('note', words.say('ui.help'))}: {text}"] if text else [head]


def place(each: Located) -> str:
    """`plan.yaml:42:7`, as editors and terminals open it; without a line just the file."""
    name = plain(each.file)
    return f"{name}:{each.line}:{each.column}" if each.line else name


def excerpt(source: str, each: Located, width: int, paint: Paint = bare) -> list[str]:
    """The line in question, with a caret below its column."""
    written = source.splitlines()
    if not 0 < each.line <= len(written):
        return []
    text = lines_of(written[each.line - 1])[0]
    before = lines_of(written[each.line - 1][: max(0, each.column - 1)] + ".")[0][:-1]
    gutter = f"{each.line:>5} | "
    if cells(gutter + before) >= width:
        return [paint("dim", gutter) + cut(text, width - len(gutter))]
    caret = " " * cells(before) + paint(STYLES[each.finding.severity], "^")
    return [paint("dim", gutter) + cut(text, width - len(gutter)), paint("dim", "      | ") + caret]


def summary(found: Sequence[Located], words: Words, paint: Paint = bare) -> str:
    counts = {severity: sum(each.finding.severity is severity for each in found) for severity in Severity}
    if not found:
        return paint("good", words.say("ui.findings.none"))
    parts = [f"{words.term(severity)} {count}" for severity, count in counts.items() if count]
    blocks = counts[Severity.ERROR] > 0
    verdict = words.say("ui.findings.blocked" if blocks else "ui.findings.passed")
    return f"{words.join(parts)}{words.say('ui.dash')}{paint('bad' if blocks else 'good', verdict)}"


def findings_json(found: Sequence[Located], words: Words) -> dict[str, Any]:
    """For programs: the data as they are, with the words beside them."""
    return {
        "findings": [finding_json(each, words) for each in found],
        "errors": sum(each.finding.severity is Severity.ERROR for each in found),
        "warnings": sum(each.finding.severity is Severity.WARNING for each in found),
    }


def finding_json(each: Located, words: Words) -> dict[str, Any]:
    finding = each.finding
    return {
        "file": each.file,
        "line": each.line,
        "column": each.column,
        "code": finding.code,
        "severity": finding.severity.value,
        "path": list(finding.path),
        "source": finding.source,
        "fields": finding.fields,
        "message": words.finding(finding),
        "help": words.finding_help(finding),
    }
