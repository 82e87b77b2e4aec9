"""Units of systemd: started, stopped, restarted, reloaded, enabled, disabled; and their drop-ins.

Rule: that it happened is read from the unit. After a start or a restart another run of it is active, with another main
process, and stays so without systemd having to restart it; a reload took place if the unit's own command for it ran and
ended well. What the unit said meanwhile stands beside a failure.
"""

import re
from typing import Any, Literal

from msgspec import field

from liftlock.drivers.systemd_words import DROP_IN_WORDS, KINDS, WORDS
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
    Kind,
    Outcome,
    Preview,
    Script,
    Traits,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

Verb = Literal["start", "stop", "restart", "reload", "enable", "disable"]
ACTS: dict[Verb, tuple[Kind, Traits]] = {
    "start": (Kind.START, Traits()),
    "stop": (Kind.STOP, Traits(lowers_capacity=True)),
    "restart": (Kind.RESTART, Traits(lowers_capacity=True)),
    "reload": (Kind.RESTART, Traits()),
    "enable": (Kind.CONFIGURE, Traits(writes=True)),
    "disable": (Kind.CONFIGURE, Traits(writes=True)),
}
OPPOSITE: dict[Verb, Verb] = {"start": "stop", "stop": "start"}
MARKS = ("enable", "disable")
UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+", re.ASCII)
SUFFIX = re.compile(r".*\.(service|socket|timer|path|target|mount|slice|scope|device|swap|automount)")


class Systemd(Part, frozen=True):
    start: str = ""
    stop: str = ""
    restart: str = ""
    reload: str = ""
    enable: str = ""
    disable: str = ""
    stays_s: Duration = field(default=5.0, name="stays")
    within_s: Duration = field(default=90.0, name="within")


class SystemdDriver(Technology):
    manifest = Manifest(
        name="systemd",
        version=VERSION,
        item=Systemd,
        summary={
            "en": "Starts, stops, restarts, reloads, enables or disables a unit, and sees that it lasts",
            "zh": "启动、停止、重启、重载、启用或禁用 systemd 单元，并确认其持续有效",
        },
        words=words("systemd", WORDS),
        example="- systemd: {restart: orders, stays: 10s}",
    )

    def expand(self, item: Systemd, setting: Setting) -> tuple[Template, ...]:
        verb, unit = chosen(item)[0]
        undo = None
        if verb in MARKS:
            undo = action_of(item, verb, unit, {"undo": True})
        elif verb in OPPOSITE:
            undo = action_of(item, OPPOSITE[verb], unit)
        timeout_s, estimate_s = item.within_s + item.stays_s + 60.0, 3.0 + item.stays_s
        return (Template(verb, action_of(item, verb, unit), undo, timeout_s=timeout_s, estimate_s=estimate_s),)

    def complain(self, item: Systemd, setting: Setting) -> Complaints:
        found = chosen(item)
        if len(found) != 1:
            return (("systemd.one_of", {}),)
        return wrong_unit("systemd", found[0][1])

    def operate(self, action: Action, context: Context) -> Script | Failure:
        args, told = action.args, known(action, context)
        if isinstance(told, Failure):
            return told
        if args["verb"] in MARKS:
            verb = "as_before" if args.get("undo") else args["verb"]
            return Script(
                body("systemd", "systemd-enable"), told | {"verb": verb, "before": str(context.forward.get("was", ""))}
            )
        bounds = {"stays": str(round(args["stays_s"])), "within": str(round(args["within_s"]))}
        return Script(body("systemd", "systemd-do"), told | {"verb": args["verb"]} | bounds)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("systemd", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        told = known(action, context)
        return None if isinstance(told, Failure) else Script(body("systemd", "systemd-look"), told)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """A run of the unit that began after the step did, and is up, is what the step wanted. While systemd still has
        a job for it: unknown."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if facts["job"]:
            return None
        if is_so(action, facts):
            return Evidence({"after": facts["found"], "after_process": facts["process"], "was": facts.get("was", "")})
        fields: dict[str, str | int | float] = {"unit": action.args["unit"], "found": facts["found"]}
        return Failure(FailureKind.INTERRUPTED, "systemd.other", fields)

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, verb = split_facts(outcome.output)[0], action.args["verb"]
        stands = {"start": up(facts), "stop": facts["found"].startswith(("inactive", "failed"))}
        stands |= {mark: facts["enabled"] == f"{mark}d" for mark in MARKS}
        text = f"{action.args['unit']}: {facts['loaded']}, {facts['found']}, {facts['enabled']} → {verb}"
        return Preview(not stands.get(verb, False), text)


class DropIn(Part, frozen=True):
    dropin: Text
    content: Text
    name: str = "50-liftlock"


class DropInDriver(Technology):
    manifest = Manifest(
        name="systemd.dropin",
        version=VERSION,
        item=DropIn,
        summary={
            "en": "Writes a drop-in of a unit and has systemd read it",
            "zh": "写入单元的 drop-in 配置，并让 systemd 重新读取",
        },
        literal=("content",),
        words=words("systemd.dropin", DROP_IN_WORDS),
        example='- systemd: {dropin: orders, content: "[Service]\\nLimitNOFILE=65536\\n"}',
    )

    def expand(self, item: DropIn, setting: Setting) -> tuple[Template, ...]:
        args = {"unit": pinned(item.dropin), "name": item.name, "content": ended(item.content)}
        write = Action(Kind.CONFIGURE, self.manifest.name, args, Traits(writes=True), ("content",))
        undo = Action(Kind.CONFIGURE, self.manifest.name, {**args, "undo": True}, Traits(writes=True), ("content",))
        return (Template("dropin", write, undo, timeout_s=120.0, estimate_s=1.0),)

    def complain(self, item: DropIn, setting: Setting) -> Complaints:
        return wrong_unit("systemd.dropin", item.dropin) + wrong_unit("systemd.dropin", item.name)

    def operate(self, action: Action, context: Context) -> Script | Failure:
        told = drop_in(action, context)
        if isinstance(told, Failure):
            return told
        return Script(body("systemd", "systemd-dropin-undo" if action.args.get("undo") else "systemd-dropin"), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("systemd.dropin", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        """Also the preview. Going back again is harmless, and tells more than a look."""
        told = drop_in(action, context)
        if action.args.get("undo") or isinstance(told, Failure):
            return None
        return Script(body("systemd", "systemd-dropin-look"), told)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if facts["same"] == facts["read"] == facts["began"] == "yes" and facts["stale"] == "no":
            return Evidence({"path": file_of(action)})
        return Failure(FailureKind.INTERRUPTED, "systemd.dropin.other", {"path": file_of(action)})

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, difference = split_facts(outcome.output)
        return Preview(facts["same"] != "yes" or facts["read"] != "yes", difference.strip("\n"))


def chosen(item: Systemd) -> list[tuple[Verb, str]]:
    return [(verb, getattr(item, verb)) for verb in ACTS if getattr(item, verb)]


def wrong_unit(driver: str, unit: str) -> Complaints:
    return () if UNIT.fullmatch(unit) or "{" in unit else ((f"{driver}.unit", {"unit": unit}),)


def action_of(item: Systemd, verb: Verb, unit: str, more: dict[str, Any] | None = None) -> Action:
    kind, traits = ACTS[verb]
    args = {"verb": verb, "unit": unit, "stays_s": item.stays_s, "within_s": item.within_s}
    return Action(kind, "systemd", args | (more or {}), traits)


def whole_name(unit: str) -> str:
    """As systemd names it: a plain name is a service."""
    return unit if SUFFIX.fullmatch(unit) else f"{unit}.service"


def known(action: Action, context: Context) -> dict[str, str] | Failure:
    unit = action.args["unit"]
    if not UNIT.fullmatch(unit):
        return Failure(FailureKind.REFUSED, f"{action.driver}.unit", {"unit": unit})
    return places(context) | {"unit": whole_name(unit)}


def file_of(action: Action) -> str:
    return f"/etc/systemd/system/{whole_name(action.args['unit'])}.d/{action.args['name']}.conf"


def drop_in(action: Action, context: Context) -> dict[str, str] | Failure:
    told = known(action, context)
    if isinstance(told, Failure):
        return told
    return told | {"file": file_of(action), "content": action.args["content"]}


def ended(text: str) -> str:
    """Its last line has an end: systemd would read the next file's first line into it otherwise."""
    return text if text.endswith("\n") else f"{text}\n"


def up(facts: dict[str, Any]) -> bool:
    return bool(facts["found"].startswith(("active", "reloading")))


def is_so(action: Action, facts: dict[str, Any]) -> bool:
    verb, began = action.args["verb"], facts["began"] == "yes"
    if verb in MARKS:
        return not action.args.get("undo") and facts["enabled"] == f"{verb}d"
    if verb == "stop":
        return bool(facts["found"].startswith(("inactive", "failed")))
    ran = facts["type"] == "oneshot" and facts["result"] == "success" and facts.get("another") == "yes"
    if verb == "restart":
        return began and (ran or (up(facts) and facts["another"] == "yes"))
    if verb == "reload":
        return began and up(facts) and facts["reloaded"] == "yes"
    return ran or up(facts)


DRIVERS: tuple[Driver, ...] = (SystemdDriver(), DropInDriver())
