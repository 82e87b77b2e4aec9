"""Images: Debian trees that hosts' disks lie on, built once and kept.

Rule: an image is there whole or not at all. It is built in a `.part` folder, under a lock, by a process that ends with
the one that asked for it, and renamed when it is whole. Its name follows from what is in it. More packages are a layer
of their own above the base. Where Debian's packages come from is read from this machine's own settings of apt.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from liftlock.hosts.lab.machine import ask, environment
from liftlock.hosts.lab.record import held
from liftlock.model.errors import WorldError, WorldKind

BASE = ("systemd", "systemd-sysv", "dbus", "openssh-server", "iproute2", "sudo")
NAMED: dict[str, tuple[str, ...]] = {
    "base": (),
    "web": ("haproxy", "nginx-light"),
    "postgresql": ("postgresql",),
    "mariadb": ("mariadb-server",),
    "redis": ("redis-server",),
    "tiers": ("haproxy", "nginx-light", "postgresql", "redis-server", "python3"),
}
RELEASES = ("bookworm", "trixie")
PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+(/(bookworm|trixie))?")
LONGEST_S = 1800.0
SAID_LINES = 15
Progress = Callable[[str], None]  # the name of an image that is being built


class Image(Struct, frozen=True):
    """`idle`: the services that the packages bring are not started at boot. A package of another release than the
    image's says so, as apt has it: postgresql-15/bookworm."""

    release: str = "bookworm"
    packages: tuple[str, ...] = ()
    idle: bool = False


class Sources(Struct, frozen=True):
    """Where Debian's packages come from, and apt's settings on the way there."""

    mirror: str
    security: str
    settings: str
    proxy: str


def image_of(name: str, more: Sequence[str], release: str) -> Image:
    """By the names that a person gives. Raises WorldError(REFUSED)."""
    wrong = [package for package in more if PACKAGE.fullmatch(package) is None]
    if name not in NAMED or release not in RELEASES or wrong:
        known = f"{', '.join(NAMED)}; {', '.join(RELEASES)}"
        what = wrong[0] if wrong else name if name not in NAMED else release
        raise WorldError(WorldKind.REFUSED, f"{what}: no such image", why="lab-image", what=what, known=known)
    return Image(release, tuple(dict.fromkeys((*NAMED[name], *more))))


def layer_names(image: Image) -> tuple[str, ...]:
    """The folders that it consists of, the uppermost first."""
    script = script_text()
    base = f"{image.release}-{digest(script, *BASE)}"
    if not image.packages:
        return (base,)
    return f"{base}-{digest(script, image.idle, *sorted(image.packages))}", base


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def script_text() -> str:
    return files("liftlock.hosts.lab").joinpath("image.sh").read_text(encoding="utf-8")


def ensure(image: Image, cache: Path, progress: Progress) -> tuple[str, ...]:
    """The image's folders, built where they are missing. Raises WorldError."""
    names = layer_names(image)
    trees = tuple(str(cache / name / "tree") for name in names)
    if all(Path(tree).is_dir() for tree in trees):
        return trees
    with held(cache / ".lock"):
        cache.chmod(0o700)  # images have files that run with root's rights
        sources = machine_sources()
        build(cache / names[-1], base_command(image, cache / names[-1], sources), sources, progress)
        if len(names) > 1:
            build(cache / names[0], more_command(image, cache / names[0], trees[-1]), sources, progress)
    return trees


def build(place: Path, command: Sequence[str], sources: Sources, progress: Progress) -> None:
    if place.is_dir():
        return
    progress(place.name)
    part = place.with_name(f"{place.name}.part")
    if part.exists():
        shutil.rmtree(part)
    for name in ("tree", "work", "root"):
        (part / name).mkdir(parents=True)
    (part / "tree").chmod(0o755)
    log = part / "log"
    with log.open("wb") as out:
        done = subprocess.run(
            [*APART, "sh", "-c", script_text(), "image.sh", *command],
            input=sources.settings.encode(),
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment() | {"PACKAGES": ",".join(BASE)} | ({"http_proxy": sources.proxy} if sources.proxy else {}),
            timeout=LONGEST_S,
            check=False,
        )
    if done.returncode != 0:
        said = "\n".join(log.read_text("utf-8", "replace").splitlines()[-SAID_LINES:])
        raise WorldError(WorldKind.REFUSED, f"{place.name}: {said}", why="lab-build", what=place.name, said=said)
    for name in ("work", "root"):
        shutil.rmtree(part / name)
    part.rename(place)


# Mounts and processes end with whoever asked: the kernel sees to it.
APART = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def base_command(image: Image, place: Path, sources: Sources) -> list[str]:
    return ["base", image.release, f"{place}.part/tree", sources.mirror, sources.security]


def more_command(image: Image, place: Path, base: str) -> list[str]:
    part, idle = f"{place}.part", "idle" if image.idle else "started"
    return ["more", base, f"{part}/tree", f"{part}/work", f"{part}/root", idle, *image.packages]


# --- where packages come from --------------------------------------------------------------------------------


def machine_sources(etc: Path = Path("/etc/apt")) -> Sources:
    """Raises WorldError(MISSING) where this machine has no source of Debian's packages itself."""
    paths = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    found = [pair for path in paths if path.is_file() for pair in places(path.read_text("utf-8", "replace"))]
    mirror = next((uri for uri, suite in found if suite in RELEASES), "")
    security = next((uri for uri, suite in found if suite in {f"{name}-security" for name in RELEASES}), "")
    if not mirror:
        raise WorldError(WorldKind.MISSING, f"{etc}: no source", why="lab-mirror", what=str(etc))
    settings = apt_settings(ask(["apt-config", "dump"]))
    return Sources(mirror, security or mirror, settings, proxy_of(settings))


def places(text: str) -> list[tuple[str, str]]:
    """(address, suite) in apt's one-line form and in its deb822 form."""
    found = [(match[1], match[2]) for match in re.finditer(r"(?m)^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)", text)]
    for stanza in re.split(r"\n\s*\n", text):
        fields = {key.lower(): value for key, value in re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*)$", stanza)}
        if "deb" in fields.get("types", "").split():
            uris, suites = fields.get("uris", "").split(), fields.get("suites", "").split()
            found += [(uri, suite) for uri in uris for suite in suites]
    return found


def apt_settings(dump: str) -> str:
    """What apt is told about proxies and transports: lines of a file in apt.conf.d."""
    return "".join(f"{line}\n" for line in dump.splitlines() if re.match(r"Acquire::(https?|ftp|Retries)\b", line))


def proxy_of(settings: str) -> str:
    found = re.search(r'(?m)^Acquire::http::Proxy "([^"]+)"', settings)
    return found[1] if found else ""
