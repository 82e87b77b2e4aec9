"""Options: every one scored on every criterion, a decision with its reason, and how firm that decision is."""

from collections.abc import Iterator

from liftlock.decide.case import Case, Rule, error, info, some, warning
from liftlock.decide.options import is_score, ranges_of, weigh
from liftlock.model.appraisal import Weighing
from liftlock.model.chapters import Choice
from liftlock.model.findings import Finding, Path

OPTIONS_MIN = 2


def choices(case: Case) -> Iterator[tuple[Path, Choice]]:
    for index, choice in enumerate(case.plan.choices):
        yield ("choices", index), choice


def there_is_something_to_choose(case: Case) -> Iterator[Finding]:
    for path, choice in choices(case):
        if len(choice.options) < OPTIONS_MIN or not choice.criteria:
            yield warning("L533", path, question=choice.question, count=len(choice.options))


def options_are_scored(case: Case) -> Iterator[Finding]:
    for path, choice in choices(case):
        for index, option in enumerate(choice.options):
            place = (*path, "options", index)
            missing = [each.name for each in choice.criteria if each.name not in option.scores]
            if missing:
                yield error("L525", place, question=choice.question, option=option.name, criteria=some(missing))
            for name, score in option.scores.items():
                if not is_score(score):
                    yield error(
                        "L526",
                        (*place, "scores", name),
                        question=choice.question,
                        option=option.name,
                        criterion=name,
                        score=score,
                    )


def decisions_have_reason_and_author(case: Case) -> Iterator[Finding]:
    for path, choice in choices(case):
        missing = [key for key in ("because", "by") if not getattr(choice, key)]
        weighing = weigh(choice)
        if weighing is not None and not weighing.is_best and not choice.because:
            best = weighing.best[0]
            yield warning(
                "L528",
                path,
                question=choice.question,
                decision=choice.decision,
                score=weighing.scores[choice.decision],
                best=best,
                best_score=weighing.scores[best],
            )
            missing.remove("because")
        if missing:
            yield warning("L527", path, question=choice.question, missing=", ".join(missing))


def decisions_are_firm(case: Case) -> Iterator[Finding]:
    """What would have to be weighed otherwise for another option to win."""
    for path, choice in choices(case):
        weighing = weigh(choice) if len(choice.options) >= OPTIONS_MIN else None
        if weighing is None:
            continue
        if len(weighing.best) > 1:
            tied = some(weighing.best)
            yield info("L529", path, question=choice.question, tied=tied, score=weighing.scores[weighing.best[0]])
        yield firmness(path, weighing)


def firmness(path: Path, weighing: Weighing) -> Finding:
    question, decision = weighing.question, weighing.decision
    ranges = ranges_of(weighing.sensitivity)
    if not weighing.is_best:
        return info("L532", path, question=question, decision=decision, best=some(weighing.best), ranges=ranges or "-")
    if ranges:
        return info("L530", path, question=question, decision=decision, ranges=ranges)
    return info("L531", path, question=question, decision=decision)


RULES: tuple[Rule, ...] = (
    there_is_something_to_choose,
    options_are_scored,
    decisions_have_reason_and_author,
    decisions_are_firm,
)
