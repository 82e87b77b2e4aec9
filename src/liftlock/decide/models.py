"""Change models: which chapters and posts a standard, a normal and an emergency change want.

standard   made from a template that was approved once: it shows what differs from case to case.
normal     complete: every chapter is there, or is left out with a reason by somebody.
emergency  short, never without approval; what was left out is made up for afterwards (ITIL: retrospective duties).
"""

from msgspec import Struct

from liftlock.model.chapters import Model, Post
from liftlock.model.plan import Plan


class Wants(Struct, frozen=True):
    """What a model wants: keys of the plan, posts that somebody holds, duties afterwards (word.Retrospective)."""

    chapters: tuple[str, ...]
    posts: tuple[Post, ...] = ()
    afterwards: tuple[str, ...] = ()


WANTS: dict[Model, Wants] = {
    "standard": Wants(chapters=("windows", "approvals", "rollback", "acceptance")),
    "normal": Wants(
        chapters=(
            "background",
            "benefit",
            "goals",
            "requirements",
            "choices",
            "team",
            "communication",
            "risks",
            "tests",
            "training",
            "notices",
            "backup",
            "windows",
            "timetable",
            "resources",
            "budget",
            "approvals",
            "rollback",
            "emergency",
            "acceptance",
        ),
        posts=(
            "project manager",
            "system operations",
            "network",
            "duty officer",
            "requirements",
            "test lead",
            "quality assurance",
            "business",
            "risk control",
        ),
    ),
    "emergency": Wants(
        chapters=("background", "risks", "approvals", "rollback"),
        afterwards=("documents", "tests", "review", "register"),
    ),
}
CHAPTERS = tuple(dict.fromkeys(key for wants in WANTS.values() for key in wants.chapters))


def wanted(plan: Plan) -> Wants:
    """What the plan's model wants; of a plan without one, nothing."""
    return Wants(()) if plan.model is None else WANTS[plan.model]


def is_there(plan: Plan, chapter: str) -> bool:
    return bool(getattr(plan, chapter))


def is_wanted(plan: Plan, chapter: str) -> bool:
    """The model wants it and nobody agreed to leave it out."""
    return chapter in wanted(plan).chapters and chapter not in {each.chapter for each in plan.omitted}
