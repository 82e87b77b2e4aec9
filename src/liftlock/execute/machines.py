"""What a step left at the controller (its mark) lies on the machine of the controller that began it.

Rule: on another machine no mark does not mean "never started"; then only the step's own probe, or a person, can tell.
"""

from collections.abc import Collection, Iterable

from liftlock.model import events as ev
from liftlock.model.actions import Kind
from liftlock.model.schedule import CONTROLLER, Schedule

SCRIPTED = (Kind.COMMAND, Kind.INSTALL, Kind.CONFIGURE, Kind.MIGRATE, Kind.FETCH)


def begun_elsewhere(entries: Iterable[ev.Entry], steps: Collection[str], controller: str) -> frozenset[str]:
    """Those of `steps` that a controller on another machine than `controller`'s began last."""
    driver, begun = "", dict.fromkeys(steps, controller)
    for entry in entries:
        match entry.event:
            case ev.RunOpened(controller=name) | ev.ControllerTookOver(controller=name):
                driver = name
            case ev.StepStarted(step=step) if step in begun:
                begun[step] = driver
    return frozenset(step for step, name in begun.items() if machine_of(name) != machine_of(controller))


def machine_of(controller: str) -> str:
    """`person@machine:process`."""
    return controller.rpartition(":")[0].rpartition("@")[2]


def leaves_marks_here(schedule: Schedule) -> bool:
    """Does any step run a script at the controller? What is asked of peers from here leaves nothing."""
    templates = [each for recipe in schedule.recipes.values() for each in recipe.templates]
    return any(each.at == CONTROLLER and each.action.kind in SCRIPTED for each in templates)
