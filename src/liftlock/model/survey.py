"""What was seen on the hosts, and when."""

from datetime import datetime

from msgspec import Struct


class HostSurvey(Struct, frozen=True):
    """One host's facts: os, os_version, kernel, arch, cpus, memory_mb, disk_free_mb, zone, boot …, and
    `version:<component>`, `service:<name>`, `port:<number>` where the plan makes them worth asking."""

    host: str
    reachable: bool
    facts: dict[str, str] = {}
    clock_skew_s: float = 0.0
    problem: str = ""
    kind: str = ""  # of the WorldError that kept us out
    fields: dict[str, str | int | float] = {}  # its fields, for the words


class Survey(Struct, frozen=True):
    at: datetime
    hosts: dict[str, HostSurvey] = {}
