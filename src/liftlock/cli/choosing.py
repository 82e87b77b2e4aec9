"""Which upgrade and which run a command is about.

Rule: a plan file, an upgrade, a run, or nothing at all: then the only open run, else the last one. Two candidates are
named and refused, never guessed between.
"""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, json

from liftlock.cli.naming import is_run, number_of, run_stream, runs_of, spoken, upgrade_id, upgrade_of, upgrade_stream
from liftlock.cli.opening import prove
from liftlock.cli.trouble import refuse
from liftlock.journal.sqlite import SqliteStore
from liftlock.model.events import Entry
from liftlock.model.fold import fold
from liftlock.model.ports import Store
from liftlock.model.run import Run
from liftlock.model.schedule import Schedule

SHOWN_MAX = 8
CAUSES_MAX = 50


class Chosen(Struct, frozen=True):
    """A run with its entries, folded, and the schedule that it follows now."""

    upgrade: str
    stream: str
    entries: tuple[Entry, ...]
    run: Run
    schedule: Schedule

    @property
    def name(self) -> str:
        """As people name it: `orders-1-1-3f9a2c/r1`."""
        return spoken(self.stream)


def is_plan(which: str) -> bool:
    return bool(which) and (Path(which).is_file() or Path(which).suffix in (".yaml", ".yml"))


def plan_in(which: str) -> Path | None:
    """The plan file that is meant, if one is. Refused if it is not there."""
    return existing(Path(which)) if is_plan(which) else None


def existing(plan: Path) -> Path:
    if not plan.exists():
        raise refuse("no-such-plan", file=str(plan), looked_at=str(plan.absolute()))
    return plan


async def choose_upgrade(store: SqliteStore, which: str, title: str = "") -> str:
    """The upgrade's id. `title`: of the plan, where `which` is a plan file."""
    known = sorted({upgrade_of(stream) for stream in await store.streams("u-")})
    if title:
        return upgrade_id(title)
    if not known:
        raise refuse("nothing-planned-yet")
    wanted = upgrade_of(which if which.startswith("u-") else f"u-{which}") if which else ""
    if wanted in known:
        return wanted
    near = [name for name in known if name.startswith(wanted)]
    if not near:
        raise refuse("no-such-upgrade", name=wanted or "-", known=listed(known))
    if len(near) == 1:
        return near[0]
    running = [name for name in near if await open_run_of(store, name)]
    if len(running) == 1:
        return running[0]
    raise refuse("several-upgrades", known=listed(near))


async def choose_run(store: SqliteStore, which: str, title: str = "") -> Chosen:
    """Refused if there is none."""
    stream = which if which.startswith("u-") else f"u-{which}"
    if not title and is_run(stream) and await store.head(stream):
        return await load_run(store, stream)
    upgrade = await choose_upgrade(store, "" if title else which.partition("/")[0], title)
    runs = runs_of(upgrade, await store.streams(upgrade_stream(upgrade)))
    if not runs:
        planned = await store.head(upgrade_stream(upgrade))
        raise refuse("no-run-yet" if planned else "nothing-planned", upgrade=upgrade)
    if "/" in which and not title:
        raise refuse("no-run-so-named", run=which, known=listed([spoken(run) for run in runs]))
    return await load_run(store, runs[-1])


async def load_run(store: SqliteStore, stream: str) -> Chosen:
    """Raises WorldError(STORE_CORRUPT) if it is not what was recorded: nothing is decided on that."""
    await prove(store, stream)
    entries = await store.entries(stream)
    run = fold(entries)
    schedule = json.decode(await store.get(run.schedule), type=Schedule)
    return Chosen(upgrade_of(stream), stream, entries, run, schedule)


async def open_run_of(store: SqliteStore, upgrade: str) -> Chosen | None:
    """The upgrade's run that is not closed: there is one at most, as its hosts are locked."""
    for stream in reversed(runs_of(upgrade, await store.streams(upgrade_stream(upgrade)))):
        chosen = await load_run(store, stream)
        if chosen.run.result is None:
            return chosen
    return None


async def next_run(store: Store, upgrade: str) -> str:
    runs = runs_of(upgrade, await store.streams(upgrade_stream(upgrade)))
    return run_stream(upgrade, number_of(runs[-1]) + 1 if runs else 1)


async def causes_of(store: Store, stream: str, run: Run) -> dict[str, Entry]:
    """What came of the steps that are held: subject -> the entry of the attempt's end."""
    found: dict[str, Entry] = {}
    for subject in list(run.holds)[:CAUSES_MAX]:
        lane_id, _, name = subject.rpartition("/")
        seq = run.lanes[lane_id].step(name).seq if lane_id in run.lanes else -1
        if seq >= 0:
            found |= dict.fromkeys([subject], (await store.entries(stream, seq, 1))[0])
    return found


def listed(names: Sequence[str]) -> str:
    more = f" … (+{len(names) - SHOWN_MAX})" if len(names) > SHOWN_MAX else ""
    return ", ".join(names[:SHOWN_MAX]) + more if names else "-"
