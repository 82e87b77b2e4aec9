"""What an import gives: a product, or findings; and how a product is written as a file."""

from pathlib import Path as FilePath
from typing import Any

from msgspec import Struct, to_builtins

from liftlock.model.findings import Finding
from liftlock.model.product import Product
from liftlock.planfile.codes import complain
from liftlock.planfile.files import read_document
from liftlock.planfile.forms import duration_text
from liftlock.planfile.nodes import builtins
from liftlock.planfile.yaml import PLAN_LIMITS, read

DURATIONS = frozenset(("downtime", "longest", "longest_mixed"))


class Imported(Struct, frozen=True):
    """`product` is None where a finding says why."""

    product: Product | None
    findings: tuple[Finding, ...] = ()


class Unfit(Exception):
    """A source that cannot be imported: the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def not_of_the_format(file: FilePath, problem: str) -> Unfit:
    return Unfit(complain("L473", (), "import", file=str(file), problem=problem))


def read_bytes(file: FilePath) -> bytes:
    text = read_document(file, PLAN_LIMITS.size_bytes, (), "import")
    if isinstance(text, Finding):
        raise Unfit(text)
    return text


def read_mapping(file: FilePath) -> dict[str, Any]:
    """A YAML file that is a mapping."""
    document = read(read_bytes(file), PLAN_LIMITS, "import")
    value = builtins(document.root) if document.root is not None else None
    if not isinstance(value, dict):
        raise not_of_the_format(file, "mapping")
    return value


def texts(value: object, file: FilePath) -> list[str]:
    """A list of versions, as text; nothing written is none."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise not_of_the_format(file, "versions")
    return value


def product_text(product: Product) -> str:
    """A product file's text."""
    import yaml  # here, because most commands never write YAML

    value = spoken(to_builtins(product))
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=None, width=116)


def spoken(value: Any, key: str = "") -> Any:
    """As a person writes it: durations with units."""
    match value:
        case dict():
            return {name: spoken(each, name) for name, each in value.items()}
        case list() | tuple():
            return [spoken(each) for each in value]
        case int() | float() if key in DURATIONS:
            return duration_text(value)
    return value
