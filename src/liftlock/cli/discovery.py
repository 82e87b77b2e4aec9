"""Which drivers there are: ours and those that other packages bring, through entry points.

An entry point of the group `liftlock.drivers` names a tuple of drivers. One that is broken is left out and reported;
ours come first, and nobody else may take their names.
"""

from importlib.metadata import EntryPoint, entry_points

from msgspec import Struct

from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Driver, Manifest

GROUP = "liftlock.drivers"
ASKED = (
    "expand",
    "complain",
    "gauge",
    "measure",
    "inquire",
    "operate",
    "read",
    "probe",
    "settle",
    "preview",
    "show",
)


class Broken(Struct, frozen=True):
    """An entry point that could not be used, and why."""

    name: str
    package: str
    why: str


class Found(Struct, frozen=True):
    drivers: dict[str, Driver]
    broken: tuple[Broken, ...] = ()

    @property
    def manifests(self) -> dict[str, Manifest]:
        return {name: driver.manifest for name, driver in self.drivers.items()}


def find_drivers() -> Found:
    """Every usable driver by its name, in a stable order."""
    drivers: dict[str, Driver] = {}
    broken: list[Broken] = []
    for point in sorted(entry_points(group=GROUP), key=lambda each: (package_of(each) != "liftlock", each.name)):
        brought = load(point)
        if isinstance(brought, str):
            broken.append(Broken(point.name, package_of(point), brought))
            continue
        for driver in brought:
            if driver.manifest.name in drivers:
                broken.append(Broken(point.name, package_of(point), f"{driver.manifest.name}: the name is taken"))
            else:
                drivers[driver.manifest.name] = driver
    return Found(drivers, tuple(broken))


def load(point: EntryPoint) -> tuple[Driver, ...] | str:
    """The drivers, or why there are none. Ours are not excused: an error in them is a bug, and crashes."""
    if package_of(point) == "liftlock":
        return as_drivers(point.load())
    try:
        return as_drivers(point.load())
    except Exception as error:  # noqa: BLE001 - whatever a stranger's module raises, ours go on without it
        return f"{type(error).__name__}: {error}"


def as_drivers(value: object) -> tuple[Driver, ...]:
    if not isinstance(value, tuple):
        raise TypeError("not a tuple of drivers")
    for driver in value:
        lacking = [name for name in ASKED if not callable(getattr(driver, name, None))]
        if lacking or not isinstance(getattr(driver, "manifest", None), Manifest):
            raise TypeError(f"{type(driver).__name__} is no driver: {', '.join(lacking) or 'manifest'}")
    return value


def package_of(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else ""


def ours(found: Found) -> Found:
    """Raises WorldError if nothing was found: the program is not installed as it should be."""
    if not found.drivers:
        raise WorldError(WorldKind.MISSING, "no driver was found: install liftlock as a package", what="drivers")
    return found
