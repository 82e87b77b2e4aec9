"""The fleet's repository of packages: a folder that every host sees, and apt on it uses."""

import hashlib
import shutil
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path

from liftlock.hosts.lab.machine import ask
from liftlock.hosts.lab.record import Fleet, held
from liftlock.model.errors import WorldError, WorldKind


def build(folder: Path, into: Path) -> Path:
    """A .deb of a folder with DEBIAN/control; its files belong to root. Raises WorldError."""
    if not folder.is_file() and not (folder / "DEBIAN/control").is_file():
        raise WorldError(WorldKind.MISSING, f"{folder}: no package", why="lab-package", what=str(folder))
    fields = ask(["dpkg-deb", "--field", str(folder)]) if folder.is_file() else (folder / "DEBIAN/control").read_text()
    control = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line and not line.startswith(" "))
    file = into / f"{control['Package']}_{control['Version'].replace(':', '%3a')}_{control['Architecture']}.deb"
    if folder.is_file():
        shutil.copyfile(folder, file)
    else:
        ask(["dpkg-deb", "--root-owner-group", "--build", str(folder), str(file)])
    return file


def publish(fleet: Fleet, sources: Iterable[Path]) -> list[str]:
    """Put packages (folders, or .debs) into the fleet's repository; hosts see them after `apt-get update`."""
    with held(fleet.place / ".apt.lock"):
        added = [build(source, fleet.packages) for source in sources]
        index(fleet.packages)
    return [file.name for file in added]


def index(repository: Path) -> None:
    """Packages and Release, each replaced whole: a host never reads half of one."""
    entries = [entry(file) for file in sorted(repository.glob("*.deb"))]
    replace(repository / "Packages", "\n".join(entries))
    data = (repository / "Packages").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    date = formatdate((repository / "Packages").stat().st_mtime, usegmt=True)
    replace(repository / "Release", f"Suite: lab\nDate: {date}\nSHA256:\n {digest} {len(data)} Packages\n")


def entry(file: Path) -> str:
    """A package's stanza, as apt-ftparchive writes it."""
    data = file.read_bytes()
    control = ask(["dpkg-deb", "--field", str(file)]).rstrip("\n")
    digest = hashlib.sha256(data).hexdigest()
    return f"{control}\nFilename: ./{file.name}\nSize: {len(data)}\nSHA256: {digest}\n"


def replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    part.rename(path)
