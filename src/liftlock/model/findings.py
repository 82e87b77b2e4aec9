"""What is wrong or risky with a plan: found together, shown together. Words are made in `publish`."""

from enum import Enum

from msgspec import Struct

Field = str | int | float
Path = tuple[str | int, ...]


class Severity(Enum):
    ERROR = "error"  # blocks
    WARNING = "warning"
    INFO = "info"


class Finding(Struct, frozen=True):
    """One rule's complaint. `code` (L012) names the words; `path` leads to the key in `source`'s document."""

    code: str
    severity: Severity
    path: Path = ()
    fields: dict[str, Field] = {}
    source: str = "plan"  # plan | inventory | survey


class Located(Struct, frozen=True):
    """A finding with the place that a person can open. Line and column count from 1; 0 where there is none."""

    finding: Finding
    file: str
    line: int
    column: int
