"""What rules look at: the plan with its components laid out; and how a rule says what it found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from liftlock.decide.hops import hops_of, same_component
from liftlock.decide.recipes import Laid, Laying, lay
from liftlock.model.calendars import NO_CALENDARS, Calendars
from liftlock.model.findings import Field, Finding, Path, Severity
from liftlock.model.inventory import Inventory
from liftlock.model.plan import Component, Plan, Rollout
from liftlock.model.ports import Artifact, Drivers
from liftlock.model.product import Product
from liftlock.model.recipe import Item, Recipes
from liftlock.model.schedule import Schedule
from liftlock.model.survey import Survey

SHOWN_MAX = 8  # names that a finding lists


class Case(Struct, frozen=True):
    """A plan to be checked. `schedule` is there for the rules that look at the arranged plan, else None."""

    plan: Plan
    inventory: Inventory
    recipes: Recipes
    drivers: Drivers
    artifacts: Mapping[str, Artifact]
    texts: Mapping[str, str]
    laid: dict[str, Laying]
    now: datetime | None = None
    schedule: Schedule | None = None
    survey: Survey | None = None  # what somebody saw on the hosts
    products: Mapping[str, Product] = {}  # release rules, by the products' names
    calendars: Calendars = NO_CALENDARS

    @property
    def surveyed(self) -> bool:
        return self.survey is not None

    def components(self) -> Iterator[tuple[Path, Component, Laying]]:
        """Every component with its place in the plan, as it is in its first hop."""
        for index, component in enumerate(self.plan.components):
            yield ("components", index), component, self.laid[component.name]

    def rollouts(self) -> Iterator[tuple[Path, Rollout, tuple[Laying, ...]]]:
        """Every rollout that is written, with its place and the components that follow it."""
        own = [(place, laying) for place, component, laying in self.components() if component.rollout is not None]
        rest = tuple(laying for _, component, laying in self.components() if component.rollout is None)
        if rest:
            yield ("rollout",), self.plan.rollout, rest
        for place, laying in own:
            if (rollout := laying.component.rollout) is not None:
                yield (*place, "rollout"), rollout, (laying,)

    def rolled(self) -> Iterator[tuple[Path, Rollout, Laying]]:
        """Every component with the rollout that it follows."""
        for place, rollout, layings in self.rollouts():
            for laying in layings:
                yield place, rollout, laying

    def own_soaks(self) -> Iterator[tuple[Path, Rollout, Laying]]:
        """Every release on the way that says how long it soaks, with the rollout that follows from it."""
        for place, component, _ in self.components():
            for number, (hop, name) in enumerate(zip(component.via, hops_of(component), strict=False)):
                laying = self.laid[name]
                if hop.soak_s is not None and laying.component.rollout is not None:
                    yield (*place, "via", number), laying.component.rollout, laying

    def rolled_hops(self) -> Iterator[tuple[Path, Rollout, Laying]]:
        """Every hop of every component with the rollout that it follows."""
        for place, rollout, laying in self.rolled():
            for hop in same_component(self.laid, laying.name):
                yield place, rollout, self.laid[hop]

    def lanes(self) -> Iterator[tuple[Laying, str, tuple[Laid, ...], tuple[Item, ...]]]:
        """Every recipe of every hop: its `main` lane, its `before` and `after`, with steps and items."""
        for laying in self.laid.values():
            main, before, after = laying.items
            yield laying, "main", laying.main, main
            if laying.component.once_before:
                yield laying, "before", laying.before, before
            if laying.component.once_after:
                yield laying, "after", laying.after, after


Rule = Callable[[Case], Iterable[Finding]]


def case_of(
    plan: Plan,
    inventory: Inventory,
    recipes: Recipes,
    drivers: Drivers,
    artifacts: Mapping[str, Artifact],
    texts: Mapping[str, str],
    now: datetime | None,
    *,
    survey: Survey | None = None,
    products: Mapping[str, Product] = {},
) -> Case:
    laid = lay(plan, inventory, recipes, drivers, artifacts, texts)
    return Case(plan, inventory, recipes, drivers, artifacts, texts, laid, now, survey=survey, products=products)


def error(code: str, path: Path, **fields: Field) -> Finding:
    return Finding(code, Severity.ERROR, path, fields)


def warning(code: str, path: Path, **fields: Field) -> Finding:
    return Finding(code, Severity.WARNING, path, fields)


def info(code: str, path: Path, **fields: Field) -> Finding:
    return Finding(code, Severity.INFO, path, fields)


def some(names: Iterable[str]) -> str:
    """Names as one field, not too many of them."""
    listed = list(names)
    more = ["…"] if len(listed) > SHOWN_MAX else []
    return ", ".join([*listed[:SHOWN_MAX], *more])


def going_up(steps: Sequence[Laid]) -> tuple[Laid, ...]:
    return tuple(one for one in steps if one.template.way != "back")


def first(steps: Sequence[Laid], wanted: Callable[[Laid], bool]) -> int | None:
    """The index of the first step that is wanted."""
    return next((index for index, one in enumerate(steps) if wanted(one)), None)
