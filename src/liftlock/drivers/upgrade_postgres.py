"""A PostgreSQL cluster of Debian's comes to another major version by pg_upgrade; back until somebody writes.

Rules: from `stop` until `start` nobody writes, to either cluster. The old cluster is copied, never changed, and waits
beside the new one without starting by itself; both have one port, so never two serve. What tables held when writes
ended is counted, and compared before anybody reaches the new cluster. Whoever writes to the new one ends the way back.
"""

from hashlib import sha256
from typing import Annotated

from msgspec import Meta, field

from liftlock.drivers.postgres import KINDS, Server, postgres_script, server_args, server_complaints
from liftlock.drivers.postgres import WORDS as SERVER_WORDS
from liftlock.drivers.postgres_facts import facts_script, inquiry
from liftlock.drivers.technology import VERSION, Complaints, Technology, read_script, split_facts, words
from liftlock.drivers.upgrade_postgres_words import WORDS
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Irreversible,
    Kind,
    Outcome,
    Reversible,
    Script,
    Traits,
)
from liftlock.model.part import Duration
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "upgrade.postgres"
COMMON = ("postgres-rows", "postgres-checks", "postgres-upgrade-common")
FAILURES = KINDS | {
    "long": FailureKind.TRANSIENT,
    "differs": FailureKind.UNHEALTHY,
    "version": FailureKind.UNHEALTHY,
    "not_started": FailureKind.UNHEALTHY,
    "written": FailureKind.DEVIATED,
    "unclear": FailureKind.DEVIATED,
    "new_there": FailureKind.DEVIATED,
}


class UpgradePostgres(Server, frozen=True):
    postgres: int | str  # the major version to come to
    jobs: Annotated[int, Meta(ge=1, le=64)] = 1
    clone: bool = False
    link: bool = False
    drop_slots: bool = False
    longest_s: Duration = field(default=300.0, name="longest_transaction")
    within_s: Duration = field(default=120.0, name="within")
    analyze_s: Duration = field(default=600.0, name="analyze_within")
    check_rows: Annotated[int, Meta(ge=1000)] = 10_000_000
    expect_s: Duration = field(default=60.0, name="expect")


class UpgradePostgresDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=UpgradePostgres,
        summary={
            "en": "Brings a PostgreSQL cluster to another major version by pg_upgrade, compared table by table",
            "zh": "用 pg_upgrade 将 PostgreSQL 集群升级到另一主版本，并逐表比对",
        },
        words=words(NAME, SERVER_WORDS | WORDS),
        example="- upgrade: {postgres: 17, cluster: 15/main}",
    )

    def expand(self, item: UpgradePostgres, setting: Setting) -> tuple[Template, ...]:
        args = {
            **server_args(item),
            "to": str(item.postgres),
            "mode": "--link" if item.link else "--clone" if item.clone else "",
            "jobs": str(item.jobs),
            "slots": "drop" if item.drop_slots else "keep",
            "longest": str(round(item.longest_s)),
            "within": str(max(round(item.within_s), 1)),
            "analyze": str(max(round(item.analyze_s), 1)),
            "check_rows": str(item.check_rows),
        }
        limit_s = max(3000.0, item.analyze_s + 600.0)
        back = Reversible() if not item.link else Irreversible("pg_upgrade --link changes the old cluster's files")

        def step(kind: Kind, verb: str, traits: Traits, *, undone: bool = True) -> Template:
            told = args | {"verb": verb, "way": "up"}
            undo = Action(kind, NAME, told | {"way": "back"}, Traits(writes=True)) if undone else None
            estimate_s = item.expect_s if verb == "upgrade" else max(item.expect_s / 4, 1.0)
            return Template(verb, Action(kind, NAME, told, traits), undo, timeout_s=limit_s, estimate_s=estimate_s)

        return (
            step(Kind.PRECHECK, "ready", Traits(), undone=False),
            step(Kind.COMMAND, "stop", Traits(writes=True, lowers_capacity=True)),
            step(Kind.MIGRATE, "upgrade", Traits(writes=True, stateful=True, reversal=back), undone=not item.link),
            step(Kind.COMMAND, "start", Traits(writes=True, stateful=True, reversal=back), undone=not item.link),
            Template(
                "verify", Action(Kind.VERIFY, NAME, args | {"verb": "verify", "way": ""}), timeout_s=60.0, confirm=True
            ),
        )

    def complain(self, item: UpgradePostgres, setting: Setting) -> Complaints:
        found = server_complaints(NAME, item)
        if not item.cluster or item.password or item.user or item.bin or item.socket or item.port:
            found += ((f"{NAME}.debian", {}),)
        old, new = item.cluster.partition("/")[0].partition(".")[0], str(item.postgres)
        if not (new.isascii() and new.isdigit()) or (old.isdigit() and int(new) <= int(old)):
            found += ((f"{NAME}.to", {"version": new}),)
        if item.link and item.clone:
            found += ((f"{NAME}.mode", {}),)
        return found

    def inquire(self, item: UpgradePostgres, setting: Setting) -> Template | None:
        return inquiry(NAME, item, "postgres")

    def operate(self, action: Action, context: Context) -> Script:
        if "verb" not in action.args:
            return facts_script(action, context)
        way = "postgres-upgrade-back" if action.args["way"] == "back" else "postgres-upgrade-forward"
        way = way if action.kind is not Kind.VERIFY else "postgres-upgrade-verify"
        return postgres_script(action, context, (*COMMON, way), told_of(action, context))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, FAILURES)

    def probe(self, action: Action, context: Context) -> Script | None:
        """What only looks is looked at again."""
        if action.kind in (Kind.PRECHECK, Kind.VERIFY):
            return None
        return postgres_script(action, context, (*COMMON, "postgres-upgrade-look"), told_of(action, context))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """What is not done is done again: each step clears what an attempt that was cut short has left."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if facts.pop("in_place", ""):
            return Evidence(facts | {"looked_at": "yes"})
        return Failure(FailureKind.INTERRUPTED, f"{NAME}.not_done")


def told_of(action: Action, context: Context) -> dict[str, str]:
    """`tag`: one name for all four steps of a lane, forward and back, in this run."""
    names = ("verb", "to", "mode", "jobs", "slots", "longest", "within", "analyze", "check_rows")
    told = {name: action.args[name] for name in names}
    back = action.args["way"] == "back" or (not action.args["way"] and context.back)
    return told | {"tag": tag_of(context), "back": "yes" if back else ""}


def tag_of(context: Context) -> str:
    return sha256(f"{context.run} {context.step.rpartition('/')[0]}".encode()).hexdigest()[:10]


DRIVERS: tuple[Driver, ...] = (UpgradePostgresDriver(),)
