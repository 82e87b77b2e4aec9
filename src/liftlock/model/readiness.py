"""What must be ready before the start (投产前准备): what hosts must be, and what only a person can look at.

What a machine can answer is probed in the survey, and once more immediately before the start; the rest is a checklist
whose items are answered by named people, signed where the item names keys.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from liftlock.model.part import Part, Text

ItemArea = Literal[
    "architecture",
    "rack and power",
    "network lines",
    "operating system",
    "storage",
    "backup environment",
    "database",
    "middleware",
    "failover",
    "communications",
    "clients",
    "hardware",
    "program and data",
    "documents",
    "training",
    "people",
    "other",
]
AtLeast = Annotated[float, Meta(gt=0)]


class Expected(Part, frozen=True):
    """What is planned for a group's hosts. Sizes are GiB; what a host does not answer is not as planned."""

    hosts: Text
    os: str = ""
    os_version: str = ""  # 12 holds for 12.5
    kernel: str = ""  # 6.1 holds for 6.1.0-28-amd64
    arch: str = ""
    name: str = ""  # a regular expression for the host's own name
    zone: str = ""
    cpu_model: str = ""  # is in the processor's name
    cpus: Annotated[int, Meta(ge=1)] | None = None
    memory: AtLeast | None = None
    disks: dict[str, AtLeast] = {}  # path -> free
    mounts: dict[str, str] = {}  # path -> type of its file system
    interfaces: dict[str, str] = {}  # network card -> `up`, or Mbit/s at least
    fibre_channel: Annotated[int, Meta(ge=1)] | None = None  # ports that are online
    settings: dict[str, str] = {}  # kernel parameter -> value
    services: tuple[str, ...] = ()  # run
    ports_free: tuple[int, ...] = ()
    resolves: tuple[str, ...] = ()  # names
    reaches: tuple[str, ...] = ()  # host:port


class ChecklistItem(Part, frozen=True):
    """One line of the checklist. `by`: who may answer it; with `keys`, the answer must be signed by one of them."""

    id: Text
    item: Text
    by: tuple[str, ...]
    area: ItemArea = "other"
    keys: tuple[str, ...] = ()  # lines of OpenSSH's allowed_signers


class Readiness(Part, frozen=True):
    expected: tuple[Expected, ...] = field(default=(), name="hosts")
    items: tuple[ChecklistItem, ...] = field(default=(), name="checklist")
