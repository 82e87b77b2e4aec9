"""A plan's components with the rules of their products, and the ways that they go."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from liftlock.decide.case import Case
from liftlock.decide.path.conditions import Facts, facts_of
from liftlock.decide.path.find import find_together
from liftlock.decide.path.follow import Followed, follow
from liftlock.decide.path.ground import parts_of
from liftlock.decide.rules.products_file import SOURCE, faults
from liftlock.decide.versions import BadVersion, version
from liftlock.model.findings import Path
from liftlock.model.path import NoWay, Way
from liftlock.model.plan import Component
from liftlock.model.product import Override, Product


class Planned(Struct, frozen=True):
    """A component with its product. `part`: empty where the product has none; `versions`: from, via …, to."""

    place: Path
    component: Component
    product: Product
    part: str
    versions: tuple[str, ...]

    def at(self, hop: int) -> Path:
        """The key that names where a hop arrives."""
        if hop < len(self.versions) - 2:
            return (*self.place, "via", hop, "version")
        return (*self.place, "version", "to")


def sound_products(case: Case) -> dict[str, Product]:
    """Those whose rules can be applied."""
    return {name: product for name, product in case.products.items() if not faults(product, SOURCE + name)}


def planned(case: Case) -> Iterator[Planned]:
    """Every component of a product that is known, with versions that can be read and are not the same."""
    sound = sound_products(case)
    for place, component, _ in case.components():
        product = sound.get(component.product)
        if product is None or (component.part and component.part not in part_names(product)):
            continue
        if product.parts and not component.part:
            continue
        versions = versions_of(component)
        if versions[0] != versions[-1] and all(
            readable(text, product) for text in (*versions, *component.version.known_bad)
        ):
            yield Planned(place, component, product, component.part if product.parts else "", versions)


def versions_of(component: Component) -> tuple[str, ...]:
    through = [hop.version for hop in component.via]
    if through[-1:] == [component.version.to]:
        through.pop()
    return (component.version.from_, *through, component.version.to)


def part_names(product: Product) -> tuple[str, ...]:
    return tuple(part.name for part in parts_of(product))


def readable(text: str, product: Product) -> bool:
    try:
        version(text, product.scheme)
    except BadVersion:
        return False
    return True


# --- its way ---------------------------------------------------------------------------------------------------


def facts_for(case: Case, each: Planned) -> Facts:
    return facts_of(case.inventory, case.survey, each.component.hosts)


def followed_by(each: Planned, facts: Facts, accepted: frozenset[str]) -> Followed:
    known_bad = each.component.version.known_bad
    return follow(each.product, each.part, each.versions, facts, accepted=accepted, known_bad=known_bad)


def best_for(each: Planned, facts: Facts, accepted: frozenset[str]) -> Way | NoWay:
    """Of the component alone: what runs beside it is held against the plan's own order."""
    name = each.part or each.product.product
    start, end = {name: each.versions[0]}, {name: each.versions[-1]}
    known_bad = each.component.version.known_bad
    return find_together(each.product, start, end, facts, accepted=accepted, known_bad=known_bad)


def accepted_names(case: Case) -> frozenset[str]:
    return frozenset(override.risk for override in case.plan.overrides if not is_over(case, override))


def is_over(case: Case, override: Override) -> bool:
    """A last day that cannot be read is no day; without a calendar none has passed."""
    if not override.until:
        return False
    try:
        last = date.fromisoformat(override.until)
    except ValueError:
        return True
    return case.now is not None and last < case.now.date()
