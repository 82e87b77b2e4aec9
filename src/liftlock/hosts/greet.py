"""What a shell's greeting says: the host's stable facts, its clock, and whether its state folder is safe to use."""

from msgspec import Struct

from liftlock.model.actions import Greeting
from liftlock.model.errors import WorldError, WorldKind

STABLE = ("hostname", "kernel", "arch", "machine", "os", "os_version")
UNSAFE = {
    "link": "is a symbolic link, not a folder",
    "open": "can be entered by others than its owner; it must have mode 0700",
    "alien": "is not a folder of the login user",
}


class Welcome(Struct, frozen=True):
    """`state`: the state folder. `unsafe`: why no step may run there, with `unsafe_kind`; empty if it may."""

    greeting: Greeting
    state: str
    unsafe: str = ""
    unsafe_kind: WorldKind = WorldKind.REFUSED

    def folder(self) -> str:
        """The state folder. Raises WorldError if it is not ours alone, or could not be made."""
        if self.unsafe:
            raise WorldError(self.unsafe_kind, f"state folder {self.state}: {self.unsafe}", folder=self.state)
        return self.state


def read_welcome(payload: bytes, now_s: float, noise: str) -> Welcome:
    """`now_s`: the controller's time (seconds since the epoch) when the greeting came."""
    lines = (line.partition(" ") for line in payload.decode("utf-8", "replace").splitlines())
    said = {name: value.strip() for name, _, value in lines}
    facts = {name: said[name].strip("\"'") for name in STABLE if said.get(name)}
    facts["cpus"] = str(count_cpus(said.get("cpus", "")))
    facts["memory_mb"] = str(count_kib(said.get("memory", "")) // 1024)
    facts["uid"] = said.get("uid", "")
    verdict, _, epoch = said.get("folder", "").partition(" ")
    greeting = Greeting(said.get("boot", ""), facts, skew_s(epoch, now_s))
    if verdict == "unmade":
        return Welcome(greeting, said.get("home", ""), f"could not be made: {noise}", WorldKind.HOST_FULL)
    return Welcome(greeting, said.get("home", ""), UNSAFE.get(verdict, ""))


def skew_s(epoch: str, now_s: float) -> float:
    """How far the host's clock is ahead. The host tells whole seconds: less than two are none."""
    if not epoch.isdigit():
        return 0.0
    skew = int(epoch) + 0.5 - now_s
    return round(skew, 1) if abs(skew) >= 2 else 0.0


def count_cpus(ranges: str) -> int:
    """`0-3,8` are five."""
    bounds = [part.partition("-") for part in ranges.split(",") if part]
    return sum(int(last or first) - int(first) + 1 for first, _, last in bounds if (last or first).isdigit())


def count_kib(meminfo: str) -> int:
    return next((int(part) for part in meminfo.split() if part.isdigit()), 0)
