"""What every noun of the plan file is made of."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Duration = Annotated[float, Meta(ge=0, extra={"form": "duration"}, description="like 30s, 10m, 2h, 1d")]
Text = Annotated[str, Meta(min_length=1)]
Level = Literal["low", "medium", "high"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A mapping of the plan file: unknown keys are findings."""
