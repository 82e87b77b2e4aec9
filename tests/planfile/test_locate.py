from liftlock.model.findings import Finding, Severity
from liftlock.planfile.locate import locate, locate_all
from liftlock.planfile.nodes import Positions
from liftlock.planfile.yaml import PLAN_LIMITS, read

TEXT = "upgrade: x\ncomponents:\n  - name: a\n    version: {from: '1', to: '2'}\n"
POSITIONS = Positions(read(TEXT, PLAN_LIMITS).root)


def finding(*path: str | int, source: str = "plan", **fields: int) -> Finding:
    return Finding("L999", Severity.ERROR, path, dict(fields), source)


def test_a_key_is_found_and_else_its_nearest_parent() -> None:
    places = {
        ("components", 0, "version", "to"): (4, 26),
        ("components", 0, "version", "nope", "deeper"): (4, 5),
        ("components", 0, "rollout"): (3, 5),
        ("components", 7): (2, 1),
        ("rollout",): (1, 1),
        (): (1, 1),
    }
    for path, place in places.items():
        located = locate(finding(*path), "plan.yaml", POSITIONS)
        assert (located.file, located.line, located.column) == ("plan.yaml", *place)


def test_a_finding_that_knows_its_place_keeps_it() -> None:
    located = locate(finding(line=7, column=9), "plan.yaml", POSITIONS)
    assert (located.line, located.column) == (7, 9)


def test_without_a_document_there_is_no_line() -> None:
    located = locate(finding("a"), "plan.yaml", Positions(None))
    assert (located.line, located.column) == (0, 0)


def test_findings_are_ordered_by_file_line_and_column() -> None:
    inventory = Positions(read("hosts: {}\ngroups: {}", PLAN_LIMITS).root)
    found = [
        finding("reachable", source="survey"),
        finding("groups", source="inventory"),
        finding("components", 0, "version"),
        finding("hosts", source="inventory"),
        finding("upgrade"),
    ]
    located = locate_all(found, {"plan": ("plan.yaml", POSITIONS), "inventory": ("hosts.yaml", inventory)})
    assert [(each.file, each.line) for each in located] == [
        ("plan.yaml", 1),
        ("plan.yaml", 4),
        ("hosts.yaml", 1),
        ("hosts.yaml", 2),
        ("", 0),
    ]
