"""A reboot: asked for by one step, and over when another greets the host with another boot id.

Rules: the script notes the boot id on the host before it asks, so that neither a lost answer nor another attempt
reboots twice. Success is a changed boot id, never the command's own status; then systemd has come up with no unit
failed that was well before, the wanted units are up, and the kernel that runs is the one that the plan expects.
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
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

ASK_AGAIN_S = 2.0
# what time may heal is asked for again, until the deadline
KINDS = dict.fromkeys(("starting", "failed", "unit"), FailureKind.UNHEALTHY)


class Reboot(Part, frozen=True):
    command: str = ""
    units: tuple[Text, ...] = ()
    kernel: str = ""
    within_s: Duration = field(default=600.0, name="within")


class RebootDriver(Technology):
    manifest = Manifest(
        name="reboot",
        version=VERSION,
        item=Reboot,
        summary={"en": "Reboots the host and waits until it is back", "zh": "重启主机，并等待其恢复"},
        shorthand="command",
        literal=("command",),
        words=words(
            "reboot",
            {
                "same": ("The host has not rebooted: boot id {boot}", "主机没有重启：启动标识仍为 {boot}"),
                "not_yet": ("The host has not rebooted yet", "主机尚未重启"),
                "kernel": (
                    "The host runs the kernel {found}, not {expected}: look at the boot loader's default",
                    "主机运行的内核为 {found}，而不是 {expected}：请检查引导程序的默认项",
                ),
                "starting": ("The host is still starting: {found}", "主机仍在启动：{found}"),
                "failed": (
                    "Units have failed since the reboot that were well before: {units}",
                    "重启后有原本正常的单元失败：{units}",
                ),
                "unit": ("{unit} is not up after the reboot: {found}", "重启后 {unit} 未运行：{found}"),
            },
        ),
        example="- reboot: {within: 10m, units: [orders]}",
    )

    def expand(self, item: Reboot, setting: Setting) -> tuple[Template, ...]:
        args = {"command": item.command, "within_s": item.within_s}
        ask = Action(Kind.REBOOT, "reboot", args, Traits(lowers_capacity=True), ("command",))
        wait = Action(Kind.VERIFY, "reboot")
        ready = Action(Kind.VERIFY, "reboot", {"units": list(item.units), "kernel": item.kernel})
        within_s = max(item.within_s, 1.0)
        return (
            Template("reboot", ask, timeout_s=60.0, estimate_s=3.0),
            Template("return", wait, timeout_s=within_s, estimate_s=min(item.within_s, 120.0)),
            Template("ready", ready, timeout_s=within_s, estimate_s=min(item.within_s, 10.0)),
        )

    def operate(self, action: Action, context: Context) -> Operation:
        if "kernel" in action.args:
            told = {"units": " ".join(action.args["units"]), "kernel": action.args["kernel"]}
            return Script(body("reboot-ready"), told | {"failed_before": str(context.forward.get("failed_before", ""))})
        if action.kind is Kind.VERIFY:
            return Greet()
        told = {"command": action.args["command"], "within_min": str(max(round(action.args["within_s"] / 60), 1))}
        return Script(body("words", "reboot"), shell_variables(context) | places(context) | told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        if not isinstance(outcome, Greeting):
            result = read_script("reboot", outcome, KINDS)
            waits = isinstance(result, Failure) and result.kind is FailureKind.UNHEALTHY
            return Again(ASK_AGAIN_S, result) if waits and isinstance(result, Failure) else result
        if outcome.boot == context.forward.get("boot_before"):
            return Again(ASK_AGAIN_S, Failure(FailureKind.TIMEOUT, "reboot.same", {"boot": outcome.boot}))
        carried = {name: context.forward[name] for name in ("failed_before",) if name in context.forward}
        return Evidence({**outcome.facts, **carried, "boot": outcome.boot})

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
