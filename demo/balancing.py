"""Who of a backend gets the next request: one after the other, of those that are up and not taken out."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Admin = Literal["ready", "drain", "maint"]


@dataclass
class Server:
    """One server, as HAProxy counts it."""

    name: str
    address: str
    port: int
    number: int
    admin: Admin = "ready"
    up: bool = True
    bad_looks: int = 0
    good_looks: int = 0
    running: int = 0
    total: int = 0
    econ: int = 0
    eresp: int = 0
    by_class: Counter[int] = field(default_factory=Counter)
    changed_at: float = field(default_factory=time.monotonic)

    @property
    def status(self) -> str:
        """`UP`, `DOWN`, `DRAIN` or `MAINT`."""
        if self.admin == "maint":
            return "MAINT"
        if not self.up:
            return "DOWN"
        return "DRAIN" if self.admin == "drain" else "UP"

    def set_admin(self, admin: Admin) -> None:
        if admin == self.admin:
            return
        if self.admin == "maint":  # its health is not known: HAProxy begins with the benefit of the doubt
            self.up, self.bad_looks, self.good_looks = True, 0, 0
        self.admin = admin
        self.changed_at = time.monotonic()

    def looked(self, healthy: bool, *, fall: int, rise: int) -> None:
        """One health check's result."""
        self.good_looks = self.good_looks + 1 if healthy else 0
        self.bad_looks = 0 if healthy else self.bad_looks + 1
        if self.up and self.bad_looks >= fall:
            self.up, self.changed_at = False, time.monotonic()
        elif not self.up and self.good_looks >= rise:
            self.up, self.changed_at = True, time.monotonic()

    def begin(self) -> None:
        self.running += 1
        self.total += 1

    def end(self, status: int) -> None:
        self.running -= 1
        self.by_class[status // 100] += 1


@dataclass
class Backend:
    frontend: str
    name: str
    servers: list[Server]
    turns: Iterator[int]
    variables: dict[str, str] = field(default_factory=dict)  # of the whole process, by name, as `get var` shows them

    def next(self) -> Server | None:
        """The next server in turn, or None if nobody is there."""
        able = [server for server in self.servers if server.status == "UP"]
        return able[next(self.turns) % len(able)] if able else None

    def find(self, name: str) -> Server | None:
        return next((server for server in self.servers if server.name == name), None)
