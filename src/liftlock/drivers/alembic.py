"""Alembic's migrations: the person's own `alembic`, in its own environment on the host; never a part of Liftlock.

Rules: the revision is a fixed one, so that the plan that was approved is what runs. Alembic writes its revision in the
transaction of its migration: what it says afterwards is where the database stands. The way back goes to where it stood.
"""

import re
from typing import Any

from msgspec import field

from liftlock.drivers.command import Secret, is_variable
from liftlock.drivers.migrations import PLAIN
from liftlock.drivers.postgres_marked import milliseconds
from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    pinned,
    places,
    read_script,
    split_facts,
    words,
)
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
    Preview,
    Restorable,
    Reversal,
    Reversible,
    Script,
    Traits,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template
from liftlock.model.secret import SecretRef

NAME = "migrate.alembic"
REVISION = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
KINDS = {"locked": FailureKind.TRANSIENT, "elsewhere": FailureKind.UNHEALTHY}
WORDS = {
    "folder": ("{folder} is not an absolute path", "{folder} 不是绝对路径"),
    "fixed": (
        "`to` names one revision, not {revision}: what is approved must be what runs",
        "`to` 应写明确的版本号，而不是 {revision}：审批的与执行的必须一致",
    ),
    "class": (
        "`class` is expand, contract, reversible, restore-only, or irreversible because …",
        "`class` 应为 expand、contract、reversible、restore-only 或 irreversible because …",
    ),
    "env": ("{name} cannot be the name of a variable", "{name} 不能作为变量名"),
    "alembic": ("Alembic refuses; its words are in the output", "Alembic 拒绝执行；详见输出"),
    "locked": ("A lock could not be had in time; it is tried again", "未能及时取得锁；将重试"),
    "revision": ("Alembic knows no revision {revision} here", "Alembic 找不到版本 {revision}"),
    "elsewhere": ("The database stands at {found} instead of {expected}", "数据库处于 {found}，应为 {expected}"),
    "lost": ("Where the database stood before is not known: go back by hand", "不知道数据库之前的版本：请手工回退"),
    "not_done": ("The database stands at {found}", "数据库处于 {found}"),
}


class Alembic(Part, frozen=True):
    alembic: Text
    to: Text
    class_: str = field(default="reversible", name="class")
    command: Text = "alembic"
    config: Text = "alembic.ini"
    as_: str = field(default="", name="as")
    env: dict[str, Secret] = {}
    lock_timeout_s: Duration = field(default=5.0, name="lock_timeout")
    statement_timeout_s: Duration = field(default=600.0, name="statement_timeout")


class AlembicDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=Alembic,
        summary={
            "en": "Brings a database to a fixed revision with the host's own Alembic, and back to where it stood",
            "zh": "用主机自己的 Alembic 把数据库升到指定版本，并可退回原版本",
        },
        words=words(NAME, WORDS),
        example="- migrate: {alembic: /srv/orders/current, to: 3f2a9c1b7d10, command: venv/bin/alembic, class: expand}",
    )

    def expand(self, item: Alembic, setting: Setting) -> tuple[Template, ...]:
        args = {
            "folder": pinned(item.alembic),
            "to": item.to,
            "class": item.class_,
            "alembic": item.command,
            "config": item.config,
            "user": item.as_,
            "lock": milliseconds(item.lock_timeout_s),
            "statement": milliseconds(item.statement_timeout_s),
            "env": {name: {"secret": value.secret} for name, value in item.env.items()},
        }
        traits = Traits(writes=True, stateful=True, reversal=reversal(item.class_))
        action = Action(Kind.MIGRATE, NAME, args | {"way": "upgrade"}, traits)
        return (Template("migrate", action, undo_of(item, args), timeout_s=1800.0, estimate_s=20.0),)

    def complain(self, item: Alembic, setting: Setting) -> Complaints:
        found: Complaints = tuple((f"{NAME}.env", {"name": name}) for name in item.env if not is_variable(name))
        if not item.alembic.startswith(("/", "{")):
            found += ((f"{NAME}.folder", {"folder": item.alembic}),)
        if item.to in ("head", "heads", "base") or not REVISION.fullmatch(item.to):
            found += ((f"{NAME}.fixed", {"revision": item.to}),)
        said = PLAIN.fullmatch(item.class_)
        if said is None or (said[1] == "irreversible" and not said[2]):
            found += ((f"{NAME}.class", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script | Failure:
        way, to = action.args["way"], action.args["to"]
        if way == "keep":
            return script_of(action, context, to, ("alembic-look",))
        if way == "downgrade":
            to = str(context.forward.get("before", ""))
            if not to:
                return Failure(FailureKind.REFUSED, f"{NAME}.lost")
        return script_of(action, context, to, ("alembic-look", "alembic-do"))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, KINDS, FailureKind.REFUSED)

    def probe(self, action: Action, context: Context) -> Script | None:
        return script_of(action, context, action.args["to"], ("alembic-look",))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """An upgrade whose evidence was lost does not say where it began: only what was not done is certain."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        at, way = split_facts(outcome.output)[0]["at"], action.args["way"]
        wanted = context.forward.get("before") if way == "downgrade" else action.args["to"]
        if way == "keep" or (at == wanted and way == "downgrade"):
            return Evidence({"after": at})
        if at == wanted:
            return None if action.args["class"] == "reversible" else Evidence({"after": at})
        return Failure(FailureKind.INTERRUPTED, f"{NAME}.not_done", {"found": at})

    def preview(self, action: Action, context: Context) -> Script | None:
        return script_of(action, context, action.args["to"], ("alembic-look", "alembic-show"))

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, text = split_facts(outcome.output)
        return Preview(facts["at"] != action.args["to"], f"{facts['at']} → {action.args['to']}\n{text}".strip())


def reversal(class_: str) -> Reversal:
    said = PLAIN.fullmatch(class_)
    match said[1] if said else "":
        case "restore-only":
            return Restorable()
        case "contract":
            return Irreversible("contract: the old version needs what this takes away")
        case "irreversible":
            return Irreversible(said[2] if said else "")
    return Reversible()


def undo_of(item: Alembic, args: dict[str, Any]) -> Action | None:
    match item.class_:
        case "reversible":
            return Action(Kind.MIGRATE, NAME, args | {"way": "downgrade"}, Traits(writes=True))
        case "expand":
            return Action(Kind.MIGRATE, NAME, args | {"way": "keep"}, Traits())
    return None


def script_of(action: Action, context: Context, to: str, parts: tuple[str, ...]) -> Script:
    args = action.args
    told = {name: args[name] for name in ("folder", "alembic", "config", "user", "lock", "statement", "way")}
    secrets = {name: SecretRef(value["secret"]) for name, value in args["env"].items()}
    return Script(body(*parts), places(context) | told | {"to": to}, secrets)


DRIVERS: tuple[Driver, ...] = (AlembicDriver(),)
