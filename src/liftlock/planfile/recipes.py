"""A recipe's items, each decoded into its driver's own type.

Rules: an item is `{action: value}`. The driver is `action.field` where the value is a mapping with a `field` that
names such a driver (`drain: {haproxy: …}`), else `action`. A plain value fills the driver's shorthand field.
Beside the action an item may carry what every item may: timeout, estimate, name, way, at.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field
from msgspec.structs import fields

from liftlock.model.findings import Path
from liftlock.model.near import near
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Drivers
from liftlock.model.recipe import Item, Way
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.nodes import Keys, Node, Scalar, Sequence, resolve, shown


class Beside(Part, frozen=True):
    """What an item may carry beside its action."""

    timeout_s: Annotated[float, Meta(gt=0, extra={"form": "duration"})] | None = field(default=None, name="timeout")
    estimate_s: Duration | None = field(default=None, name="estimate")
    name: Text | None = None
    way: Way = "both"
    at: str = ""


BESIDE = frozenset(("timeout", "estimate", "name", "way", "at"))


class Chosen(Struct, frozen=True):
    """An item's driver, and the node that becomes its arguments."""

    driver: str
    node: Node


def in_recipes(drivers: Drivers) -> dict[str, Driver]:
    return {name: driver for name, driver in drivers.items() if driver.manifest.recipe}


class RecipeReader:
    def __init__(self, converter: Converter, drivers: Drivers) -> None:
        self.converter = converter
        self.drivers = in_recipes(drivers)
        self.actions = {name.partition(".")[0] for name in self.drivers}

    def items(self, node: Sequence, path: Path) -> tuple[Item, ...]:
        """The items that could be read; of the others there are findings."""
        read = [self.item(each, (*path, index)) for index, each in enumerate(node.values)]
        return tuple(item for item in read if item is not None)

    def item(self, node: Node, path: Path) -> Item | None:
        if not isinstance(node, Keys):
            self.converter.note("L040", path, given=shown(node))
            return None
        beside = self.beside(node, path)
        keys = [key for key in node.entries if key not in BESIDE]
        if len(keys) != 1:
            self.complain_of_keys(keys, path)
            return None
        key = keys[0]
        chosen = self.choose(key, node.entries[key][1], (*path, key))
        if chosen is None:
            return None
        args = self.converter.convert(chosen.node, self.drivers[chosen.driver].manifest.item, (*path, key))
        if args is FAILED or beside is FAILED:
            return None
        return Item(
            chosen.driver, args, path, beside.timeout_s, beside.name or "", beside.way, beside.at, beside.estimate_s
        )

    def beside(self, node: Keys, path: Path) -> Any:
        there = {key: entry for key, entry in node.entries.items() if key in BESIDE}
        return self.converter.convert(Keys(node.line, node.column, there), Beside, path)

    def complain_of_keys(self, keys: list[str], path: Path) -> None:
        """An item without an action, with an action and a misspelt key beside it, or with several."""
        known = [key for key in keys if key in self.actions]
        if not keys:
            self.converter.note("L048", path, known=self.known())
        elif len(known) > 1:
            self.converter.note("L043", path, keys=", ".join(known))
        for key in keys:
            if key not in self.actions:
                self.complain_of_key(key, bool(known), (*path, key))

    def complain_of_key(self, key: str, beside: bool, path: Path) -> None:
        """`beside`: the item has its action already, so that this can only be one of the common keys."""
        known = BESIDE if beside else self.actions
        suggestion = near(key, sorted(known))
        if beside and suggestion:
            self.converter.note("L012", path, key=key, suggestion=suggestion)
        elif beside:
            self.converter.note("L013", path, key=key, allowed=", ".join(sorted(BESIDE)))
        elif suggestion:
            self.converter.note("L041", path, key=key, suggestion=suggestion)
        else:
            self.converter.note("L042", path, key=key, known=self.known())

    def choose(self, key: str, node: Node, path: Path) -> Chosen | None:
        """The driver of an action and its value."""
        if key not in self.actions or "." in key:
            self.complain_of_key(key, False, path)
            return None
        if isinstance(node, Keys):
            return self.choose_by_field(key, node, path)
        if key in self.drivers and self.drivers[key].manifest.shorthand:
            if isinstance(node, Scalar) and resolve(node) is None:
                return Chosen(key, Keys(node.line, node.column))
            name = Scalar(self.drivers[key].manifest.shorthand, False, node.line, node.column)
            return Chosen(key, Keys(node.line, node.column, {name.text: (name, node)}))
        if key in self.drivers and isinstance(node, Scalar) and resolve(node) is None:
            return Chosen(key, Keys(node.line, node.column))
        self.converter.note("L044", path, key=key, fields=self.wanted(key))
        return None

    def choose_by_field(self, key: str, node: Keys, path: Path) -> Chosen | None:
        named = [f"{key}.{each}" for each in node.entries if f"{key}.{each}" in self.drivers]
        if len(named) > 1:
            named = [each for each in named if node.entries.keys() <= self.keys(each)] or named
        if len(named) == 1:
            return Chosen(named[0], node)
        if named:
            several = ", ".join(each.partition(".")[2] for each in named)
            self.converter.note("L045", path, key=key, fields=several)
            return None
        if key in self.drivers:
            return Chosen(key, node)
        self.converter.note("L046", path, key=key, fields=self.wanted(key))
        return None

    def keys(self, driver: str) -> set[str]:
        """The keys that a driver's item knows."""
        return {each.encode_name for each in fields(self.drivers[driver].manifest.item)}

    def wanted(self, key: str) -> str:
        """What may stand in an action's mapping: the fields that name a technology, else the driver's own keys."""
        named = sorted(each.partition(".")[2] for each in self.drivers if each.startswith(f"{key}."))
        return ", ".join(named or sorted(self.keys(key)))

    def known(self) -> str:
        return ", ".join(sorted(self.actions))
