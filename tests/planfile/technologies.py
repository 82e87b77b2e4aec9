"""Drivers that only say what their items look like: the plan reader asks them for nothing else."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Drivers, Manifest


class Release(Part, frozen=True):
    archive: Text
    into: Text
    sha256: str = ""
    keep: Annotated[int, Meta(ge=1)] = 3


class FilesBackup(Part, frozen=True):
    files: Text | tuple[Text, ...]


class Balancer(Part, frozen=True):
    haproxy: Text
    backend: Text
    deadline_s: Duration = 60.0


class Service(Part, frozen=True):
    restart: Text


class HttpProbe(Part, frozen=True):
    http: Text
    json: dict[str, Any] = {}
    headers: dict[str, str] = {}


class VersionProbe(Part, frozen=True):
    version: Text
    http: str = ""


class TcpProbe(Part, frozen=True):
    tcp: Text


class Command(Part, frozen=True):
    run: Text | tuple[Text, ...]
    undo: str = ""
    stdin: str = ""
    folder: str = ""

    def __post_init__(self) -> None:
        if self.run == "rm -rf /":
            raise ValueError("no")


class Reboot(Part, frozen=True):
    settle_s: Duration = 30.0


class Stub:
    def __init__(self, name: str, item: type[Struct], **says: Any) -> None:
        self.manifest = Manifest(name, "1", item, {"en": f"{name} in English", "zh": f"{name} 中文"}, **says)


STUBS = (
    Stub("release", Release, artifacts=("archive",), example="- release: {archive: a.tar, into: /srv/a}"),
    Stub("backup.files", FilesBackup),
    Stub("drain.haproxy", Balancer),
    Stub("readmit.haproxy", Balancer),
    Stub("service", Service, shorthand="restart"),
    Stub("verify.http", HttpProbe),
    Stub("verify.version", VersionProbe),
    Stub("verify.tcp", TcpProbe),
    Stub("command", Command, shorthand="run", texts=("stdin",), folders=("folder",)),
    Stub("reboot", Reboot),
)
DRIVERS: Drivers = {stub.manifest.name: stub for stub in STUBS}
