"""Real hosts for tests: a small fleet of the lab for each worker, made when the first test asks for it.

    def test_something(lab: Lab) -> None:
        web, db = lab.hosts(2)          # clean: as the image has them, booted
        web.root("systemctl start nginx")
        assert db.ops("id -un") == "ops"

A host that was handed out counts as used, and is given back to the image's state before it is handed out again (half a
second). Packages that tests need stand in PACKAGES: extend it. Their services are installed, and not started at boot.
"""

import fcntl
import os
import shlex
import subprocess
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import pytest
from msgspec.structs import replace

from liftlock.hosts.lab import fleet as fleets
from liftlock.hosts.lab import image, network, packages, power
from liftlock.hosts.lab.machine import require
from liftlock.hosts.lab.names import host_groups, subnet
from liftlock.hosts.lab.record import CACHE, STATE, Fleet, Member
from liftlock.hosts.lab.rights import sudoers
from liftlock.hosts.lab.shell import ssh_command
from liftlock.hosts.limits import Limits
from liftlock.hosts.reach import Reach
from liftlock.model.errors import WorldError
from liftlock.model.inventory import Host
from tests.hosts.grounds import QUICK, WallClock

PACKAGES = (
    "haproxy",
    "mariadb-server",
    "nginx-light",
    "postgresql",
    "postgresql-client",
    "python3",
    "python3-psycopg2",
    "redis-server",
)
IMAGE = image.Image(packages=PACKAGES, idle=True)
HOSTS = 8  # of a worker's fleet: those that no test asks for are never started
WITHIN_S = 60.0


class LabHost:
    """One real host."""

    def __init__(self, fleet: Fleet, member: Member) -> None:
        self.fleet, self.member = fleet, member
        self.name, self.address = member.name, member.address

    def root(self, command: str, *, stdin: str = "", check: bool = True, within_s: float = WITHIN_S) -> str:
        """What a shell command prints that root runs, from below: without network, sshd or sudo."""
        return told(power.inside(self.fleet, self.member, ["sh", "-c", command]), stdin, check, within_s)

    def ops(self, command: str, *, stdin: str = "", check: bool = True, within_s: float = WITHIN_S) -> str:
        """The same as the login user, over SSH."""
        return told(ssh_command(self.fleet, self.member, ["sh", "-c", command]), stdin, check, within_s)

    def put(self, path: str, text: str, *, mode: int = 0o644, owner: str = "root:root") -> None:
        """A file, with its folders."""
        words = {name: shlex.quote(value) for name, value in {"path": path, "owner": owner}.items()}
        script = 'mkdir -p "$(dirname {path})" && cat >{path} && chmod {mode} {path} && chown {owner} {path}'
        self.root(script.format(mode=f"{mode:o}", **words), stdin=text)

    def read(self, path: str) -> str:
        return self.root(f"cat {shlex.quote(path)}")

    def sudoers(self, text: str) -> None:
        """What the login user may do from now on: `limited`, `full`, `none`, or lines of a sudoers file."""
        self.put("/etc/sudoers.d/lab", sudoers(text, self.fleet.user), mode=0o440)
        self.root("visudo -cqf /etc/sudoers.d/lab")

    def boot_id(self) -> str:
        return self.root("cat /proc/sys/kernel/random/boot_id").strip()

    def cut(self) -> None:
        network.cut(self.fleet, self.member)

    def heal(self) -> None:
        network.heal(self.fleet, self.member)

    def kill(self) -> None:
        power.kill(self.fleet, self.member)

    def start(self) -> None:
        fleets.power_on(self.fleet, [self.member])

    def reboot(self) -> None:
        power.reboot(self.fleet, self.member)

    def entry(self, **more: Any) -> Host:
        """As an inventory has it; `more`: other fields of it."""
        user, key, known = self.fleet.user, str(self.fleet.key), str(self.fleet.known_hosts)
        return replace(Host(self.name, self.address, user=user, key=key, known_hosts=known), **more)


class Lab:
    """A worker's fleet. `fleet`: its record; `inventory`: its hosts.yaml."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.used: set[str] = set()

    @property
    def inventory(self) -> Path:
        return self.fleet.inventory

    @property
    def controller(self) -> str:
        """This machine's address, as the hosts see it."""
        return fleets.controller(self.fleet)

    @property
    def subnet(self) -> str:
        return str(subnet(self.fleet.number))

    def hosts(self, count: int = 1) -> list[LabHost]:
        """That many clean hosts, booted."""
        assert count <= len(self.fleet.members), f"the lab of tests has {len(self.fleet.members)} hosts"
        members = self.fleet.members[:count]
        dirty = [member for member in members if member.name in self.used]
        self.used |= {member.name for member in members}
        fleets.reset(self.fleet, dirty)
        fleets.power_on(self.fleet, members)
        for member in members:
            network.heal(self.fleet, member)
        return [LabHost(self.fleet, member) for member in members]

    def host(self) -> LabHost:
        return self.hosts(1)[0]

    def reach(self, *hosts: LabHost, limits: Limits = QUICK, **more: Any) -> Reach:
        """The port `Hosts` to these hosts, as a controller has it. `more`: fields of their inventory entries."""
        return Reach({host.name: host.entry(**more) for host in hosts}, WallClock(), limits=limits)

    def package(
        self,
        name: str,
        version: str,
        files: Mapping[str, str],
        *,
        scripts: Mapping[str, str] | None = None,
        fields: str = "",
    ) -> Path:
        """Build a package and put it into the repository that all hosts see (`apt-get update` there).

        `files`: path -> text (executable if it begins with #!); `scripts`: postinst, prerm …; `fields`: more lines of
        the control file (Depends: …).
        """
        control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: lab <lab@localhost>\n"
        with TemporaryDirectory(prefix="liftlock-deb-") as folder:
            root = Path(folder) / "root"
            inside = {f"DEBIAN/{script}": text for script, text in (scripts or {}).items()}
            more = f"{fields.strip()}\n" if fields else ""
            inside["DEBIAN/control"] = f"{control}{more}Description: made for a test\n"
            if conffiles := [path for path in files if path.startswith("/etc/")]:
                inside["DEBIAN/conffiles"] = "".join(f"{path}\n" for path in conffiles)
            for path, text in {**files, **inside}.items():
                lay(root / path.lstrip("/"), textwrap.dedent(text))
            (added,) = packages.publish(self.fleet, [root])
        return self.fleet.packages / added


def lay(file: Path, text: str) -> None:
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755 if text.startswith("#!") else 0o644)


def told(argv: list[str], stdin: str, check: bool, within_s: float) -> str:
    done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=within_s, check=False)
    assert done.returncode == 0 or not check, f"{argv[-1]}: status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


# --- the fleet of a worker -----------------------------------------------------------------------------------


def own_name(held: ExitStack) -> str:
    """A fleet's name that is this process's own; what a killed one left under it is taken down."""
    Path(STATE).mkdir(mode=0o755, parents=True, exist_ok=True)
    for number in range(100):
        name = f"t{sha256(str(Path(__file__).parent).encode()).hexdigest()[:6]}-{number}"
        lock = held_now(Path(STATE) / f".{name}.session")
        if lock is not None:
            held.enter_context(lock)
            return name
    raise AssertionError("a hundred sessions of tests at once")


def held_now(path: Path) -> IO[str] | None:
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


@contextmanager
def own_fleet(made_of: image.Image = IMAGE) -> Iterator[Lab]:
    """This process's fleet, taken down at the end."""
    with ExitStack() as held:
        name = own_name(held)
        fleets.down(Path(STATE), name)
        layers = image.ensure(made_of, Path(CACHE), lambda *_: None)
        fleet = fleets.begin(Path(STATE), name, layers, host_groups(str(HOSTS)), sudoers("limited", "ops"))
        fleets.outfit(fleet, (-1, -1))
        try:
            yield Lab(fleet)
        finally:
            fleets.down(Path(STATE), name)


@pytest.fixture(scope="session")
def lab_fleet() -> Iterator[Lab]:
    """Skipped where the lab cannot be had; never where everything must be tried."""
    try:
        require()
    except WorldError as error:
        if os.environ.get("LIFTLOCK_REAL") == "required":
            raise
        pytest.skip(f"no lab here: {error.message}")
    with own_fleet() as made:
        yield made


@pytest.fixture
def lab(lab_fleet: Lab) -> Lab:
    return lab_fleet


if __name__ == "__main__":  # build the image now, so that no test waits for it
    image.ensure(IMAGE, Path(CACHE), lambda what: print(f"building {what}", flush=True))
