"""Findings as tests compare them; on the way each is held against the table of codes."""

from collections.abc import Iterable

from liftlock.model.findings import Finding, Severity
from liftlock.planfile.codes import CODES, WARNINGS
from liftlock.planfile.locate import locate
from liftlock.planfile.nodes import Positions

Seen = tuple[str, int, int]


def seen(findings: Iterable[Finding], positions: Positions) -> list[Seen]:
    """(code, line, column) in order of place."""
    located = []
    for found in findings:
        assert set(found.fields) == set(CODES[found.code]), found
        assert (found.severity is Severity.WARNING) == (found.code in WARNINGS), found
        place = locate(found, "x.yaml", positions)
        located.append((found.code, place.line, place.column))
    return sorted(located, key=lambda each: each[1:])
