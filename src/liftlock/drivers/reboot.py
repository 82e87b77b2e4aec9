"""A reboot: asked for by one step, and over when another greets the host with another boot id.

Rule: the script notes the boot id on the host before it asks, so that neither a lost answer nor another attempt reboots
twice. Success is a changed boot id, never the command's own status.
"""

from msgspec import field

from liftlock.drivers.technology import (
    VERSION,
    Technology,
    body,
    places,
    read_script,
    shell_variables,
    split_facts,
    words,
)
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Greet,
    Greeting,
    Kind,
    Operation,
    Outcome,
    Script,
    Traits,
)
from liftlock.model.plan import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

ASK_AGAIN_S = 2.0


class Reboot(Part, frozen=True):
    command: Text = "systemctl reboot"
    within_s: Duration = field(default=600.0, name="within")


class RebootDriver(Technology):
    manifest = Manifest(
        name="reboot",
        version=VERSION,
        item=Reboot,
        summary={"en": "Reboots the host and waits until it is back", "zh": "重启主机,并等待其恢复"},
        shorthand="command",
        literal=("command",),
        words=words(
            "reboot",
            {
                "same": ("The host has not rebooted: boot id {boot}", "主机没有重启:启动标识仍为 {boot}"),
                "not_yet": ("The host has not rebooted yet", "主机尚未重启"),
            },
        ),
        example="- reboot: {within: 10m}",
    )

    def expand(self, item: Reboot, setting: Setting) -> tuple[Template, ...]:
        args = {"command": item.command, "within_s": item.within_s}
        ask = Action(Kind.REBOOT, "reboot", args, Traits(lowers_capacity=True), ("command",))
        wait = Action(Kind.VERIFY, "reboot")
        return (
            Template("reboot", ask, timeout_s=60.0, estimate_s=3.0),
            Template("return", wait, timeout_s=max(item.within_s, 1.0), estimate_s=min(item.within_s, 120.0)),
        )

    def operate(self, action: Action, context: Context) -> Operation:
        if action.kind is Kind.VERIFY:
            return Greet()
        told = {"command": action.args["command"], "within_min": str(max(round(action.args["within_s"] / 60), 1))}
        return Script(body("words", "reboot"), shell_variables(context) | places(context) | told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        if not isinstance(outcome, Greeting):
            return read_script("reboot", outcome, {})
        if outcome.boot == context.forward.get("boot_before"):
            return Again(ASK_AGAIN_S, Failure(FailureKind.TIMEOUT, "reboot.same", {"boot": outcome.boot}))
        return Evidence({**outcome.facts, "boot": outcome.boot})

    def probe(self, action: Action, context: Context) -> Script | None:
        return Script(body("reboot-look"), places(context)) if action.kind is Kind.REBOOT else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """Rebooted since; noted, and not rebooted yet: unknown; not even noted: it never began."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if not facts["boot_before"]:
            return Failure(FailureKind.INTERRUPTED, "reboot.not_yet")
        return Evidence(facts) if facts["boot_before"] != facts["boot_now"] else None


DRIVERS: tuple[Driver, ...] = (RebootDriver(),)
