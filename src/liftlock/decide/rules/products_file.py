"""Is a product file sound? Every version and range can be read in its scheme, and every name means something."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from liftlock.decide.case import Case, error
from liftlock.decide.path.ground import parts_of
from liftlock.decide.path.search import all_before
from liftlock.decide.versions import BadVersion, version, version_range
from liftlock.model.findings import Finding, Path
from liftlock.model.product import Condition, Product

SOURCE = "product:"  # a finding's source: this and the product's name


def product_files_are_sound(case: Case) -> Iterator[Finding]:
    for name, product in case.products.items():
        yield from faults(product, SOURCE + name)


def faults(product: Product, source: str) -> tuple[Finding, ...]:
    """What is wrong with it; `source`: how its findings name the file."""
    found = (*unreadable(product), *unknown_parts(product), *conditions(product))
    return tuple(replace(each, source=source) for each in found)


def unreadable(product: Product) -> Iterator[Finding]:
    for index, release in enumerate(product.releases):
        yield from tried(product, version, "L570", ("releases", index, "version"), release.version)
    for path, text in ranges(product):
        yield from tried(product, version_range, "L570", path, text)


def ranges(product: Product) -> Iterator[tuple[Path, str]]:
    for index, edge in enumerate(product.edges):
        yield ("edges", index, "from"), edge.from_
        yield ("edges", index, "to"), edge.to
    for index, block in enumerate(product.blocks):
        yield ("blocks", index, "from"), block.from_
        yield ("blocks", index, "to"), block.to
    for index, stop in enumerate(product.stops):
        yield ("stops", index, "version"), stop.version
    for index, skew in enumerate(product.skews):
        if skew.versions:
            yield ("skews", index, "versions"), skew.versions
    for path, condition in all_conditions(product):
        if condition.range:
            yield (*path, "range"), condition.range


def tried(product: Product, read: Callable[..., object], code: str, path: Path, text: str) -> Iterator[Finding]:
    try:
        read(text, product.scheme)
    except BadVersion as bad:
        yield error(code, path, given=bad.given, scheme=product.scheme)


def unknown_parts(product: Product) -> Iterator[Finding]:
    """Parts that are not there, or wait for themselves."""
    names = [part.name for part in parts_of(product)]
    said: list[tuple[Path, str]] = []
    for index, part in enumerate(product.parts):
        said += [(("parts", index, "after"), name) for name in part.after]
        if part.name in part.after or any(part.name in all_before(product, name) for name in part.after):
            yield error("L572", ("parts", index, "after"), given=part.name, known=", ".join(names))
    for index, edge in enumerate(product.edges):
        said += [(("edges", index, "parts"), name) for name in edge.parts]
    for index, skew in enumerate(product.skews):
        said += [(("skews", index, "of"), skew.of), (("skews", index, "with"), skew.with_)]
    for path, name in said:
        if name not in names:
            yield error("L572", path, given=name, known=", ".join(names))


def conditions(product: Product) -> Iterator[Finding]:
    """A condition that asks nothing would block for ever, unseen."""
    for path, condition in all_conditions(product):
        tests = bool(condition.is_ or condition.in_ or condition.not_ or condition.range)
        kinds = [bool(condition.fact), condition.always, bool(condition.expression)]
        if sum(kinds) != 1 or tests != bool(condition.fact):
            yield error("L573", path)


def all_conditions(product: Product) -> Iterator[tuple[Path, Condition]]:
    for index, block in enumerate(product.blocks):
        for number, condition in enumerate(block.when):
            yield ("blocks", index, "when", number), condition
    for index, stop in enumerate(product.stops):
        for number, condition in enumerate(stop.when):
            yield ("stops", index, "when", number), condition
