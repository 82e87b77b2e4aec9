"""From a finding to the place that a person can open."""

from collections.abc import Iterable, Mapping

from liftlock.model.findings import Finding, Located, Path
from liftlock.planfile.nodes import Position, Positions


def locate(found: Finding, file: str, positions: Mapping[Path, Position]) -> Located:
    """The key's place; where the path has none, its nearest parent's; what the finding itself says comes first."""
    line, column = found.fields.get("line"), found.fields.get("column")
    if isinstance(line, int) and isinstance(column, int):
        return Located(found, file, line, column)
    for length in range(len(found.path), -1, -1):
        place = positions.get(found.path[:length])
        if place:
            return Located(found, file, *place)
    return Located(found, file, 0, 0)


def locate_all(findings: Iterable[Finding], documents: Mapping[str, tuple[str, Positions]]) -> tuple[Located, ...]:
    """`documents`: a finding's source (plan, inventory) -> its file and positions. In order of file, line, column."""
    nowhere = ("", Positions(None))
    located = [locate(found, *documents.get(found.source, nowhere)) for found in findings]
    files = [file for file, _ in documents.values()]
    return tuple(sorted(located, key=lambda each: (order(each.file, files), each.line, each.column)))


def order(file: str, files: list[str]) -> int:
    """The plan first, then the inventory, then what has no file."""
    return files.index(file) if file in files else len(files)
