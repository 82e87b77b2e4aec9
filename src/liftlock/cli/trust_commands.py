"""First contact with hosts: their keys are shown, a person accepts them, and that is recorded before it is written.

Rules: nothing is accepted silently. A person answers at the terminal; a program brings the fingerprints that it
expects. A changed key is accepted with --replace and a reason only. Bastions come before what lies behind them.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from liftlock.cli.clock import SystemClock
from liftlock.cli.exits import Exit
from liftlock.cli.naming import upgrade_stream
from liftlock.cli.opening import complete, opened
from liftlock.cli.options import Because, Json, Lang, Me, StoreAt, command, commands
from liftlock.cli.outside import run_inventory
from liftlock.cli.prepare import inventory_of, placed, prepare
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, read_bounded
from liftlock.cli.settings import person, store_folder
from liftlock.cli.trouble import refuse
from liftlock.cli.vaults import vault_passwords
from liftlock.hosts.keys import Greeter, Shown, accept, ways_first
from liftlock.hosts.limits import Limits
from liftlock.model.errors import WorldError
from liftlock.model.events import KeyAccepted
from liftlock.model.inventory import Host
from liftlock.model.ports import Store
from liftlock.planfile.inventories import read_inventory
from liftlock.publish.paint import Style
from liftlock.publish.words import zone_of

app = commands()
IS_PLAN = re.compile(rb"^upgrade\s*:", re.MULTILINE)
STREAM = "hosts"  # of what is accepted without a plan
SIDE_BY_SIDE = 20
KNOWN_MAX = 20  # hosts named where one is not known
STYLES: dict[str, Style] = {"known": "good", "authority": "good", "new": "warn", "changed": "bad", "revoked": "bad"}

Where = Annotated[Path, typer.Argument(help="A plan file, or an inventory.", show_default=False)]
Only = Annotated[list[str] | None, typer.Option("--host", help="Only this host; may be said again.")]
Expect = Annotated[
    list[str] | None, typer.Option("--fingerprint", help="Accept keys of this SHA256 fingerprint; may be said again.")
]
ExpectFile = Annotated[
    Path | None, typer.Option("--fingerprints", help="A file of lines `HOST SHA256:…`: accept exactly these.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Accept also a key that has changed; needs a reason.")]


class Asked(Struct, frozen=True):
    """What the command line says. `expected`: fingerprint -> the host that it is for, empty for any."""

    expected: dict[str, set[str]]
    may_replace: bool
    reason: str
    by: str
    stream: str

    def expects(self, shown: Shown) -> bool:
        names = self.expected.get(shown.fingerprint, set())
        return "" in names or shown.host in names


@command(
    app,
    "liftlock trust plan.yaml",
    "liftlock trust hosts.yaml --host app-01 --fingerprint SHA256:4fJ2…",
    "liftlock trust plan.yaml --host app-01 --replace --reason 'installed anew, ticket 4711'",
)
def trust(
    where: Where,
    host: Only = None,
    fingerprint: Expect = None,
    fingerprints: ExpectFile = None,
    is_replacing: Replace = False,
    reason: Because = "",
    me: Me = "",
    store: StoreAt = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """Show the keys of hosts, and accept those that are right. What was accepted, by whom, is recorded.

    Status 1 if a key was not accepted.
    """
    screen = open_screen(lang, as_json)
    if is_replacing and not reason.strip():
        raise refuse("trust-why")
    hosts, stream, zone = hosts_of(screen, where, host or [])
    asked = Asked(expected(fingerprint or [], fingerprints), is_replacing, reason, person(me, os.environ), stream)
    clock = SystemClock(zone_of(zone))

    async def work() -> bool:
        async with opened(store_folder(store, os.environ, where), make=True) as journal:
            return await Trusting(screen, journal, clock, asked).all(hosts)

    raise typer.Exit(Exit.OK if complete(work()) else Exit.FINDINGS)


def hosts_of(screen: Screen, where: Path, only: Sequence[str]) -> tuple[list[Host], str, str]:
    """The hosts that are meant, the stream in which it is recorded, and the plan's time zone."""
    found = drivers_for(screen)
    if IS_PLAN.search(read_bounded(where)):
        prepared = prepare(where, found)
        plan, inventory = prepared.plan, inventory_of(prepared.documents)
        if plan is None or inventory is None:
            screen.findings(prepared.findings, prepared.sources)
            raise typer.Exit(Exit.FINDINGS)
        screen.speak(language=plan.language, zone=plan.timezone)
        named = dict.fromkeys(name for part in plan.components for name in inventory.members(part.hosts))
        used = prepared.schedule.hosts if prepared.schedule is not None else {n: inventory.hosts[n] for n in named}
        known, stream, zone = used, upgrade_stream(prepared.upgrade), plan.timezone
    else:
        read = read_inventory(where.name, where.parent, vault_passwords, run_inventory)
        if read.loaded is None or read.loaded.inventory is None:
            raise refuse("inventory-unreadable", file=str(where))
        folder = read.relative_to.resolve()
        known, stream, zone = {n: placed(h, folder) for n, h in read.loaded.inventory.hosts.items()}, STREAM, ""
    for name in only:
        if name not in known:
            raise refuse("no-such-host", host=name, known=", ".join(list(known)[:KNOWN_MAX]))
    return [entry for name, entry in known.items() if not only or name in only], stream, zone


def expected(given: Iterable[str], file: Path | None) -> dict[str, set[str]]:
    """Refused where a line of the file, or an option, is no fingerprint."""
    found: dict[str, set[str]] = {}
    lines = [("", each) for each in given]
    for line in read_bounded(file).decode("utf-8", "replace").splitlines() if file else ():
        words = line.split()
        if words and not words[0].startswith("#"):
            lines.append((words[0], words[1] if len(words) > 1 else ""))
    for host, text in lines:
        if not re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", text):
            raise refuse("no-fingerprint", given=text or host)
        found.setdefault(text, set()).add(host)
    return found


class Trusting:
    def __init__(self, screen: Screen, store: Store, clock: SystemClock, asked: Asked) -> None:
        self.screen, self.store, self.clock, self.asked = screen, store, clock, asked
        self.told: list[dict[str, object]] = []

    async def all(self, hosts: Sequence[Host]) -> bool:
        """Whether every host's key is known in the end."""
        greeter, good = Greeter(self.clock, Limits()), True
        try:
            for level in ways_first(hosts):
                good = await self.level(greeter, level) and good
        finally:
            await greeter.close()
        if self.screen.as_json:
            self.screen.data(self.told)
        return good

    async def level(self, greeter: Greeter, hosts: Sequence[Host]) -> bool:
        gate = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(host: Host) -> tuple[Shown, ...] | WorldError:
            async with gate:
                try:
                    return await greeter.keys(host)
                except WorldError as error:
                    return error

        answers = await asyncio.gather(*map(one, hosts))
        shown = [each for answer in answers if not isinstance(answer, WorldError) for each in answer]
        for host, answer in zip(hosts, answers, strict=True):
            if isinstance(answer, WorldError):
                self.silent(host, answer)
        for each in shown:
            self.show(each)
        open_ = [each for each in shown if each.standing in ("new", "changed")]
        taken = self.choose(open_)
        await self.take(taken)
        refused = [each for each in shown if each.standing == "revoked" or (each in open_ and each not in taken)]
        covered = {each.host for each in shown if each not in refused}
        self.told += [self.as_data(each, each in taken) for each in shown]
        return all(not isinstance(answer, WorldError) for answer in answers) and {h.name for h in hosts} <= covered

    def silent(self, host: Host, error: WorldError) -> None:
        self.screen.warn(
            self.screen.words.say("ui.trust.silent", host=host.name, problem=self.screen.words.world(error))
        )
        self.told.append({"host": host.name, "error": error.kind.value, "message": error.message})

    def show(self, shown: Shown) -> None:
        if self.screen.as_json:
            return
        words = self.screen.words
        standing = self.screen.paint(STYLES[shown.standing], words.say(f"ui.trust.{shown.standing}"))
        self.screen.text(f"{shown.host}  {shown.algorithm} {shown.fingerprint}  {standing}")
        if shown.standing == "changed":
            self.screen.text(f"  {words.say('ui.trust.before', file=shown.file, before=words.join(shown.before))}")

    def choose(self, open_: Sequence[Shown]) -> list[Shown]:
        """The keys that are accepted: those that were expected, else those that a person says yes to."""
        may = [each for each in open_ if each.standing == "new" or self.asked.may_replace]
        for each in open_:
            if each not in may:
                self.screen.warn(self.screen.words.say("ui.trust.needs_replace", host=each.host))
        if self.asked.expected:
            self.tell_unexpected(each for each in may if not self.asked.expects(each))
            return [each for each in may if self.asked.expects(each)]
        if not may:
            return []
        if self.screen.as_json or not os.isatty(0):
            raise refuse("trust-needs-answer", hosts=", ".join(sorted({each.host for each in may})))
        hosts = len({each.host for each in may})
        question = self.screen.words.say(
            "ui.trust.ask", hosts=hosts, file=self.screen.words.join({e.file for e in may})
        )
        return may if typer.confirm(question, default=False) else []

    def tell_unexpected(self, found: Iterable[Shown]) -> None:
        for each in found:
            self.screen.warn(self.screen.words.say("ui.trust.unexpected", host=each.host, fingerprint=each.fingerprint))

    async def take(self, taken: Sequence[Shown]) -> None:
        """Recorded first: what is trusted was accepted by somebody."""
        if not taken:
            return
        events = [
            KeyAccepted(
                host=each.host,
                name=each.name,
                algorithm=each.algorithm,
                fingerprint=each.fingerprint,
                file=each.file,
                by=self.asked.by,
                replaced=each.before if each.standing == "changed" else (),
                note=self.asked.reason,
            )
            for each in taken
        ]
        await self.store.append(self.asked.stream, events, self.clock.now())
        for file in dict.fromkeys(each.file for each in taken):
            accept(file, [each for each in taken if each.file == file])
        if not self.screen.as_json:
            self.screen.say("ui.trust.accepted", keys=len(taken), by=self.asked.by)

    def as_data(self, shown: Shown, is_taken: bool) -> dict[str, object]:
        plain = to_builtins(replace(shown, line=""))
        del plain["line"]
        return {**plain, "accepted": is_taken}
