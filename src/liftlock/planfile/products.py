"""Product files: YAML to a Product, or findings with line and column, as plans are read.

Rules: a plan's own files come before those that are shipped; a name that two of the plan's files claim is an error.
Shipped files lie in `products/`, one for each product, and are read only where a component names one.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath

from msgspec import Struct

from liftlock.model.findings import Finding
from liftlock.model.product import Product
from liftlock.planfile.codes import complain
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.nodes import Positions
from liftlock.planfile.yaml import PLAN_LIMITS, read

SHIPPED = files("liftlock.planfile") / "products"
SOURCE = "product:"  # a finding's source: this and the file's name


class LoadedProduct(Struct, frozen=True):
    """What a product file says; `product` is None where it could not be understood. `file`: as findings name it."""

    file: str
    text: str
    product: Product | None
    findings: tuple[Finding, ...]
    positions: Positions

    @property
    def source(self) -> str:
        return SOURCE + self.file


class LoadedProducts(Struct, frozen=True):
    """By the products' names; `read`: every file that was read, for places."""

    products: dict[str, Product] = {}
    read: tuple[LoadedProduct, ...] = ()
    findings: tuple[Finding, ...] = ()


def load_product(text: bytes | str, file: str) -> LoadedProduct:
    """Read one. Any text has an answer."""
    source = SOURCE + file
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    document = read(text, PLAN_LIMITS, source)
    if document.root is None:
        return LoadedProduct(file, shown, None, document.findings, Positions(None))
    converter = Converter(source)
    converted = converter.convert(document.root, Product)
    product = None if converted is FAILED else converted
    return LoadedProduct(file, shown, product, (*document.findings, *converter.findings), Positions(document.root))


def read_products(names: Iterable[str], folder: FilePath, wanted: Iterable[str]) -> LoadedProducts:
    """The plan's own files, relative to its folder, and of those that are shipped the ones that are wanted."""
    read_files: list[LoadedProduct] = []
    found: dict[str, Product] = {}
    findings: list[Finding] = []
    for index, name in enumerate(names):
        try:
            with (folder / name).open("rb") as file:
                text = file.read(PLAN_LIMITS.size_bytes + 1)
        except OSError as error:
            findings.append(complain("L470", ("products", index), given=name, problem=error.strerror or str(error)))
            continue
        loaded = load_product(text, str(folder / name))
        read_files.append(loaded)
        findings += loaded.findings
        if loaded.product is None:
            continue
        if loaded.product.product in found:
            findings.append(complain("L471", ("product",), loaded.source, product=loaded.product.product))
        found.setdefault(loaded.product.product, loaded.product)
    for name in dict.fromkeys(wanted):
        if name not in found and (loaded_one := shipped(name)) is not None and loaded_one.product is not None:
            found[name] = loaded_one.product
            read_files.append(loaded_one)
    return LoadedProducts(found, tuple(read_files), tuple(findings))


def shipped_names() -> tuple[str, ...]:
    return tuple(sorted(each.name.removesuffix(".yaml") for each in SHIPPED.iterdir() if each.name.endswith(".yaml")))


@cache
def shipped(name: str) -> LoadedProduct | None:
    """A product that comes with the program; None if there is none of this name."""
    if name not in shipped_names():
        return None
    return load_product((SHIPPED / f"{name}.yaml").read_bytes(), f"{name}.yaml")
