"""The documentation's picture of a step's states, drawn from the one table of transitions.

`python -m liftlock.publish.transitions` prints it; `docs/concepts/step-states.md` holds what it prints.
"""

from liftlock.model.run import TRANSITIONS, StepState

INTRO = """\
# The states of a step

Drawn from `TRANSITIONS` in `liftlock.model.run` by `python -m liftlock.publish.transitions`: what is not an arrow here
is an illegal event, and the fold refuses it. Names in quotes are a person's answers to a hold.
"""


def diagram() -> str:
    """A Mermaid state diagram: one arrow for each pair of states, with everything that leads along it."""
    arrows: dict[tuple[StepState, StepState], list[str]] = {}
    for (before, cause), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(cause if isinstance(cause, str) else cause.__name__)
    lines = ["stateDiagram-v2", f"    [*] --> {StepState.READY.value}"]
    for (before, after), causes in arrows.items():
        names = ", ".join(f'"{cause}"' if cause.islower() else cause for cause in causes)
        lines.append(f"    {before.value} --> {after.value}: {names}")
    lines += [
        f"    {state.value} --> [*]" for state in StepState if not any(state is before for before, _ in TRANSITIONS)
    ]
    return "\n".join(lines) + "\n"


def page() -> str:
    """The documentation's page."""
    rows = [
        f"| {before.value} | {cause if isinstance(cause, str) else cause.__name__} | {after.value} |"
        for (before, cause), after in TRANSITIONS.items()
    ]
    table = "\n".join(["| state | event or answer | next state |", "| --- | --- | --- |", *rows])
    return f"{INTRO}\n```mermaid\n{diagram()}```\n\n{table}\n"


if __name__ == "__main__":
    print(page(), end="")
