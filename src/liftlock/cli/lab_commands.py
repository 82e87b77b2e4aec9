"""The lab: real Debian hosts on this machine, made, disturbed and taken down by hand."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from liftlock.cli.options import Json, Lang, command, commands
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import read_bounded, write_text
from liftlock.hosts.lab import fleet as fleets
from liftlock.hosts.lab import image, network, packages, power
from liftlock.hosts.lab.machine import disk_faults, require
from liftlock.hosts.lab.names import checked_name, host_groups
from liftlock.hosts.lab.record import (
    Fleet,
    Member,
    cache_folder,
    fleet_lock,
    fleet_names,
    held,
    read_record,
    state_folder,
)
from liftlock.hosts.lab.rights import sudoers
from liftlock.hosts.lab.shell import as_root, ssh_command
from liftlock.model.errors import WorldError
from liftlock.publish.plain import table

app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
lab = commands()
app.add_typer(
    lab,
    name="lab",
    help="A fleet of real Debian hosts on this machine (Linux, as root): to test, to rehearse, to try a plan.",
    epilog="\b\nExample:\n  liftlock lab up --hosts lb,app:4,db:2 --inventory hosts.yaml\n"
    "  liftlock lab ssh app-1 -- uname -a\n  liftlock lab down",
)

Name = Annotated[str, typer.Option("--name", "--fleet", help="The fleet's name.")]
Host = Annotated[str, typer.Argument(help="A host of the fleet.", show_default=False)]
Hosts = Annotated[list[str] | None, typer.Argument(help="Hosts of the fleet; else all.", show_default=False)]
USUAL = "lab"
STATES = {"on": "ui.lab.state.on", "off": "ui.lab.state.off", "cut": "ui.lab.state.cut"}


@command(
    lab,
    "liftlock lab up --hosts 3",
    "liftlock lab up --hosts lb,app:4,db:2 --image postgresql --with haproxy,curl --inventory hosts.yaml",
)
def up(
    hosts: Annotated[str, typer.Option(help="How many, or which: lb,app:4,db:2.")] = "3",
    name: Name = USUAL,
    image_name: Annotated[str, typer.Option("--image", help=f"One of: {', '.join(image.NAMED)}.")] = "base",
    more: Annotated[str, typer.Option("--with", help="More Debian packages: curl,jq.")] = "",
    release: Annotated[str, typer.Option(help=f"One of: {', '.join(image.RELEASES)}.")] = image.RELEASES[0],
    sudo: Annotated[str, typer.Option(help="limited, full, none, or a sudoers file.")] = "limited",
    inventory: Annotated[Path | None, typer.Option(help="Write the inventory here too.")] = None,
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Make a fleet, start it, and write its inventory.

    It waits until every host answers on SSH.

    The first fleet of an image takes a minute more: the image is built, and kept in LIFTLOCK_LAB_CACHE
    (/var/cache/liftlock/lab). Fleets lie in LIFTLOCK_LAB (/var/lib/liftlock/lab).
    """
    screen = open_screen(lang, as_json)
    require()
    groups, wanted = host_groups(hosts), image.image_of(image_name, [each for each in more.split(",") if each], release)
    rights = sudoers(sudo if sudo in ("limited", "full", "none") else read_bounded(Path(sudo)).decode(), "ops")
    with working_on(name) as state:
        layers = image.ensure(wanted, cache_folder(os.environ), lambda what: progress(screen, "ui.lab.build", what))
        made = bring_up(screen, state, name, layers, groups, rights)
    if inventory is not None:
        write_text(inventory, made.inventory.read_text())
    show_fleet(screen, made, inventory or made.inventory)


@contextmanager
def working_on(name: str) -> Iterator[Path]:
    """One command at a time changes a fleet."""
    state = state_folder(os.environ)
    with disk_faults(), held(fleet_lock(state, checked_name(name))):
        yield state


def progress(screen: Screen, code: str, what: str) -> None:
    screen.warn(screen.words.say(code, what=what))


def bring_up(
    screen: Screen, state: Path, name: str, layers: Sequence[str], groups: dict[str, tuple[str, ...]], rights: str
) -> Fleet:
    """What fails halfway is taken down again."""
    made = fleets.begin(state, name, layers, groups, rights)
    try:
        with disk_faults():
            fleets.outfit(made, fleets.person(os.environ))
            progress(screen, "ui.lab.start", str(len(made.members)))
            fleets.power_on(made, made.members)
    except (WorldError, KeyboardInterrupt):
        fleets.down(state, name)
        raise
    return made


def show_fleet(screen: Screen, made: Fleet, inventory: Path) -> None:
    if screen.as_json:
        screen.data(as_data(made) | {"inventory": str(inventory)})
        return
    screen.lines(table([[each.name, each.address] for each in made.members], screen.width))
    screen.say("ui.lab.up", name=made.name, inventory=str(inventory), host=made.members[0].name)


def as_data(made: Fleet) -> dict[str, Any]:
    return {
        "name": made.name,
        "folder": made.folder,
        "user": made.user,
        "key": str(made.key),
        "known_hosts": str(made.known_hosts),
        "packages": str(made.packages),
        "controller": fleets.controller(made),
        "hosts": [{"name": m.name, "address": m.address, "state": fleets.state_of(made, m)} for m in made.members],
    }


@command(lab, "liftlock lab down", "liftlock lab down --name rehearsal")
def down(name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Take a fleet down, whatever is left of it.

    Hosts, network, disks and keys go; the image stays. Status 0 also if there was nothing."""
    screen = open_screen(lang, as_json)
    require()
    with working_on(name) as state:
        was_there = fleets.down(state, name)
    if screen.as_json:
        screen.data({"name": name, "was_there": was_there})
    else:
        screen.say("ui.lab.down" if was_there else "ui.lab.nothing", name=name)


@command(lab, "liftlock lab list", "liftlock lab list --json", name="list")
def list_(lang: Lang = "", as_json: Json = False) -> None:
    """The fleets of this machine: hosts on, off, cut."""
    screen = open_screen(lang, as_json)
    require()
    state = state_folder(os.environ)
    found = [read_record(state, name) for name in fleet_names(state)]
    if screen.as_json:
        screen.data([as_data(each) for each in found])
        return
    rows = [
        [each.name, m.name, m.address, screen.words.say(STATES[fleets.state_of(each, m)])]
        for each in found
        for m in each.members
    ]
    screen.lines(table(rows, screen.width) if rows else [screen.words.say("ui.lab.none")])


@command(lab, "liftlock lab ssh app-1", "liftlock lab ssh app-1 --root -- journalctl -n 20")
def ssh(
    host: Host,
    argv: Annotated[list[str] | None, typer.Argument(metavar="[-- COMMAND …]", show_default=False)] = None,
    root: Annotated[
        bool, typer.Option("--root", help="As root from below, also where network or sshd is down.")
    ] = False,
    name: Name = USUAL,
    lang: Lang = "",
) -> None:
    """A shell on a host, or a command, as the login user. Ends with its status.

    One argument is a line for the host's shell (-- 'ls /srv | wc -l'); several are a command and its arguments.
    """
    open_screen(lang)
    require()
    fleet = read_record(state_folder(os.environ), name)
    member = fleet.member(host)
    if root:
        line = power.inside(fleet, member, as_root(argv or []), term=os.environ.get("TERM", "dumb"))
    else:
        line = ssh_command(fleet, member, argv or [])
    sys.stdout.flush()
    raise typer.Exit(subprocess.run(line, check=False).returncode)


@command(lab, "liftlock lab cut db-2")
def cut(host: Host, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Cut a host off: nothing passes, in silence.

    In either direction, and neither end is told."""
    change("cut", [host], name, lang, as_json)


@command(lab, "liftlock lab heal db-2")
def heal(host: Host, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Connect a host again that was cut off."""
    change("heal", [host], name, lang, as_json)


@command(lab, "liftlock lab kill app-1")
def kill(host: Host, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Switch a host off hard, as a power cut does. It stays off until `lab start`."""
    change("kill", [host], name, lang, as_json)


@command(lab, "liftlock lab start app-1", "liftlock lab start")
def start(hosts: Hosts = None, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Switch hosts on that are off, and wait for them.

    Without a host, all of them: also after this machine's restart."""
    change("start", hosts or [], name, lang, as_json)


@command(lab, "liftlock lab reboot app-1")
def reboot(host: Host, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Restart a host in order, and wait until it answers."""
    change("reboot", [host], name, lang, as_json)


@command(lab, "liftlock lab reset app-1", "liftlock lab reset")
def reset(hosts: Hosts = None, name: Name = USUAL, lang: Lang = "", as_json: Json = False) -> None:
    """Give hosts back as they were made.

    Whatever was changed on them is gone."""
    change("reset", hosts or [], name, lang, as_json)


def change(act: str, hosts: Sequence[str], name: str, lang: str, as_json: bool) -> None:
    screen = open_screen(lang, as_json)
    require()
    with working_on(name) as state:
        fleet = read_record(state, name)
        members = [fleet.member(host) for host in hosts] or list(fleet.members)
        do(act, fleet, members)
    if screen.as_json:
        screen.data(as_data(fleet))
    else:
        screen.say(f"ui.lab.did.{act}", hosts=", ".join(each.name for each in members), name=name)


def do(act: str, fleet: Fleet, members: Sequence[Member]) -> None:
    match act:
        case "start":
            fleets.power_on(fleet, members)
        case "reset":
            fleets.reset(fleet, members)
        case _:
            acts = {"cut": network.cut, "heal": network.heal, "kill": power.kill, "reboot": power.reboot}
            for member in members:
                acts[act](fleet, member)


@command(lab, "liftlock lab package ./orders-1.1", "liftlock lab package orders_1.1_all.deb")
def package(
    sources: Annotated[list[Path], typer.Argument(help="Folders with DEBIAN/control, or .deb files.")],
    name: Name = USUAL,
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Put packages into the fleet's own repository.

    Hosts see them after `apt-get update`."""
    screen = open_screen(lang, as_json)
    require()
    with disk_faults():
        added = packages.publish(read_record(state_folder(os.environ), name), sources)
    if screen.as_json:
        screen.data({"name": name, "packages": added})
    else:
        screen.say("ui.lab.package", packages=", ".join(added))
