"""A plan's recipes, decoded: each item names its driver and holds that driver's own arguments."""

from typing import Any, Literal

from msgspec import Struct

from liftlock.model.findings import Path

Way = Literal["both", "up", "back"]


class Item(Struct, frozen=True):
    """One recipe item. `args` is a value of the driver's `manifest.item`; `path` leads to the item in the plan.

    What stands beside the driver's key overrides the templates: `timeout_s`, `estimate_s` (None: the driver's own),
    `verb` (empty: the driver's own), `way` and `at` (empty: where the driver says).
    """

    driver: str
    args: Any
    path: Path = ()
    timeout_s: float | None = None
    verb: str = ""
    way: Way = "both"
    at: str = ""
    estimate_s: float | None = None


class Recipes(Struct, frozen=True):
    """Items by component name: each host's lane, and the lanes that run once before and after. What a release on the
    way says for itself is kept under the component's name and the hop's number: `orders/1`."""

    items: dict[str, tuple[Item, ...]] = {}
    before: dict[str, tuple[Item, ...]] = {}
    after: dict[str, tuple[Item, ...]] = {}
