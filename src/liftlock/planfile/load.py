"""Plan text to Plan and decoded recipes, or findings with line and column; all of them at once."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from liftlock.model.findings import Finding, Path, Severity
from liftlock.model.plan import Approval, Plan
from liftlock.model.ports import Drivers
from liftlock.model.recipe import Recipes
from liftlock.planfile import forms
from liftlock.planfile.codes import complain
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.dates import date_complaints
from liftlock.planfile.nodes import Keys, Node, Positions, Sequence
from liftlock.planfile.recipes import RecipeReader
from liftlock.planfile.yaml import PLAN_LIMITS, read

LANES = {"recipe": "items", "once_before": "before", "once_after": "after"}


class Loaded(Struct, frozen=True):
    """What a plan file says. `plan` is None if some of it could not be understood; a recipe item that could not is
    left out of `recipes` and has an error among the findings. `sha256`: of the text as given."""

    name: str
    plan: Plan | None
    recipes: Recipes
    findings: tuple[Finding, ...]
    positions: Positions
    sha256: str

    @property
    def blocked(self) -> bool:
        return self.plan is None or any(found.severity is Severity.ERROR for found in self.findings)


def load_plan(text: bytes | str, drivers: Drivers, *, name: str = "plan.yaml") -> Loaded:
    """Read a plan. Any text has an answer."""
    document = read(text, PLAN_LIMITS)
    digest = sha256(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")).hexdigest()
    if document.root is None:
        return Loaded(name, None, Recipes(), document.findings, Positions(None), digest)
    converter = Converter(deferred=frozenset(LANES))
    converted = converter.convert(document.root, Plan)
    recipes = read_recipes(document.root, converter, drivers)
    plan = None if converted is FAILED else with_choices(converted)
    complaints = written_complaints(plan) if plan else []
    findings = (*document.findings, *converter.findings, *complaints)
    return Loaded(name, None if complaints else plan, recipes, findings, Positions(document.root), digest)


def read_recipes(root: Node, converter: Converter, drivers: Drivers) -> Recipes:
    """Every component's items, and its hops', looked at also where the rest of the plan is wrong."""
    reader = RecipeReader(converter, drivers)
    lanes: dict[str, dict[str, Any]] = {lane: {} for lane in LANES.values()}
    for name, node, place in written_recipes(root):
        for key, lane in LANES.items():
            items = node.get(key)
            if isinstance(items, Sequence):
                lanes[lane][name] = reader.items(items, (*place, key))
    return Recipes(**lanes)


def written_recipes(root: Node) -> Iterator[tuple[str, Keys, Path]]:
    """What may hold recipes: each component by its name, and the releases on its way by name and number."""
    components = root.get("components") if isinstance(root, Keys) else None
    for index, component in enumerate(components.values if isinstance(components, Sequence) else ()):
        if not isinstance(component, Keys):
            continue
        name = getattr(component.get("name"), "text", "")
        yield name, component, ("components", index)
        via = component.get("via")
        for number, hop in enumerate(via.values if isinstance(via, Sequence) else ()):
            if isinstance(hop, Keys):
                yield f"{name}/{number + 1}", hop, ("components", index, "via", number)


def with_choices(plan: Plan) -> Plan:
    """`by: any of [a, b]`, which YAML reads as text, means the same as `by: {any of: [a, b]}`."""
    return replace(plan, approvals=tuple(map(with_choice, plan.approvals)))


def with_choice(approval: Approval) -> Approval:
    if isinstance(approval.by, str) and approval.by.startswith("any of [") and approval.by.endswith("]"):
        people = approval.by.removeprefix("any of [").removesuffix("]").split(",")
        return replace(approval, by={"any of": tuple(person.strip() for person in people if person.strip())})
    return approval


def written_complaints(plan: Plan) -> list[Finding]:
    """Names, dates and times that are text to the types, and must be more."""
    found = [
        complain("L039", ("components", index, "name"), given=component.name)
        for index, component in enumerate(plan.components)
        if not forms.NAME.fullmatch(component.name)
    ]
    if not forms.is_zone(plan.timezone):
        found.append(complain("L052", ("timezone",), given=plan.timezone))
    if plan.deadline and not forms.is_moment(plan.deadline):
        found.append(complain("L051", ("deadline",), given=plan.deadline))
    for index, window in enumerate(plan.windows):
        if window.date and not forms.is_date(window.date):
            found.append(complain("L051", ("windows", index, "date"), given=window.date))
        for key, given in (("from", window.from_), ("to", window.to)):
            if not forms.CLOCK_TIME.fullmatch(given):
                found.append(complain("L050", ("windows", index, key), given=given))
    for index, freeze in enumerate(plan.freezes):
        for key, given in (("from", freeze.from_), ("to", freeze.to)):
            if not forms.is_moment(given):
                found.append(complain("L051", ("freezes", index, key), given=given))
    return [*found, *date_complaints(plan)]
