"""The change model: what it wants is there, or was left out with a reason; an emergency is approved, too."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, info, warning
from liftlock.decide.models import CHAPTERS, is_there, is_wanted, wanted
from liftlock.decide.people import team_of
from liftlock.model.findings import Finding
from liftlock.model.near import near


def wanted_chapters_are_there(case: Case) -> Iterator[Finding]:
    """Approvals have a rule of their own."""
    plan = case.plan
    for key in wanted(plan).chapters:
        if key != "approvals" and is_wanted(plan, key) and not is_there(plan, key):
            yield warning("L505", ("model",), chapter=key, key=key, model=plan.model or "")


def omissions_have_reason_and_consent(case: Case) -> Iterator[Finding]:
    for index, omission in enumerate(case.plan.omitted):
        path, key = ("omitted", index), omission.chapter
        if key not in CHAPTERS:
            yield error("L507", (*path, "chapter"), given=key, known=near(key, CHAPTERS) or ", ".join(CHAPTERS))
            continue
        missing = [name for name in ("because", "by") if not getattr(omission, name)]
        if missing:
            yield warning("L506", path, key=key, missing=", ".join(missing))
        if is_there(case.plan, key):
            yield warning("L508", path, chapter=key, key=key)


def every_model_is_approved(case: Case) -> Iterator[Finding]:
    """Also an emergency: it may skip the assessment, never the authorisation."""
    if case.plan.model is not None and not case.plan.approvals:
        yield error("L509", ("model",), model=case.plan.model)


def standard_changes_have_a_template(case: Case) -> Iterator[Finding]:
    if case.plan.model == "standard" and not case.plan.template:
        yield error("L510", ("model",))


def duties_afterwards_are_said(case: Case) -> Iterator[Finding]:
    for duty in wanted(case.plan).afterwards:
        yield info("L511", ("model",), duty=duty)


def posts_are_held(case: Case) -> Iterator[Finding]:
    people = team_of(case.plan)
    held = {post for person in people.values() for post in person.posts}
    for post in wanted(case.plan).posts if people else ():
        if post not in held:
            yield warning("L512", ("team", "people"), post=post, model=case.plan.model or "")


RULES: tuple[Rule, ...] = (
    wanted_chapters_are_there,
    omissions_have_reason_and_consent,
    every_model_is_approved,
    standard_changes_have_a_template,
    duties_afterwards_are_said,
    posts_are_held,
)
