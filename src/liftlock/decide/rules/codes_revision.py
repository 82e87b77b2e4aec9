"""The codes L690-L699: a plan beside the one that it revises."""

CODES: dict[str, tuple[str, ...]] = {
    "L690": ("requirement", "revision", "differs"),  # warning: a requirement says something else under its old revision
    "L691": ("requirement", "revision"),  # warning: the next revision, and no reason
    "L692": ("requirement", "before", "after"),  # warning: an earlier revision than before
}
