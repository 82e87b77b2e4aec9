"""The codes L560-L569: a plan beside the one that it revises."""

CODES: dict[str, tuple[str, ...]] = {
    "L560": ("requirement", "revision", "differs"),  # warning: a requirement says something else under its old revision
    "L561": ("requirement", "revision"),  # warning: the next revision, and no reason
    "L562": ("requirement", "before", "after"),  # warning: an earlier revision than before
}
