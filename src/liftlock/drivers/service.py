"""A service restarted, started or stopped: by systemd, or by the plan's own commands.

Rule: that it happened is read from the host. After a restart another process runs; with `stays` it still runs so many
seconds later; after a stop none does.
"""

from typing import Any, Literal

from msgspec import field

from liftlock.drivers.technology import (
    VERSION,
    Complaints,
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
from liftlock.model.part import Duration, Part
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

Verb = Literal["restart", "start", "stop"]
VERBS: dict[Verb, tuple[Kind, Traits]] = {
    "restart": (Kind.RESTART, Traits(lowers_capacity=True)),
    "start": (Kind.START, Traits()),
    "stop": (Kind.STOP, Traits(lowers_capacity=True)),
}
OPPOSITE: dict[Verb, Verb] = {"start": "stop", "stop": "start"}
COMMANDS = ("start_command", "stop_command", "status_command")
OWN = (*COMMANDS, "pid_file")
KINDS = {
    "refused": FailureKind.TRANSIENT,
    "systemctl": FailureKind.TRANSIENT,
    "down": FailureKind.UNHEALTHY,
    "died": FailureKind.UNHEALTHY,
    "same": FailureKind.UNHEALTHY,
    "still_up": FailureKind.UNHEALTHY,
    "other": FailureKind.INTERRUPTED,
}
WORDS = {
    "one_of": ("Say exactly one of restart, start and stop", "restart、start、stop 须写且只写一个"),
    "commands": (
        "{missing} is missing: without systemd, say how it is started, stopped and looked at",
        "缺少 {missing}：不用 systemd 时，须写明如何启动、停止和查看",
    ),
    "unknown": ("systemd knows no service {unit}", "systemd 中没有服务 {unit}"),
    "systemctl": ("systemd does not answer", "systemd 没有应答"),
    "refused": ("{unit}: the command to {verb} failed", "{unit}：执行 {verb} 的命令失败"),
    "down": ("{unit} is not up: {found}", "{unit} 未运行：{found}"),
    "died": ("{unit} came up and was gone within {stays} s: {found}", "{unit} 启动后不到 {stays} 秒就退出：{found}"),
    "same": ("{unit} was restarted, but the process is still {process}", "{unit} 重启后仍是原来的进程 {process}"),
    "still_up": ("{unit} is still up: process {process}", "{unit} 仍在运行：进程 {process}"),
    "other": ("{unit} is {found}", "{unit} 的状态为 {found}"),
}


class Service(Part, frozen=True):
    restart: str = ""
    start: str = ""
    stop: str = ""
    start_command: str = ""
    stop_command: str = ""
    status_command: str = ""
    pid_file: str = ""
    stays_s: Duration = field(default=0.0, name="stays")
    within_s: Duration = field(default=60.0, name="within")
    sudo: bool = False


class ServiceDriver(Technology):
    manifest = Manifest(
        name="service",
        version=VERSION,
        item=Service,
        summary={
            "en": "Restarts, starts or stops a service and sees that it happened",
            "zh": "重启、启动或停止服务，并确认确已生效",
        },
        literal=COMMANDS,
        words=words("service", WORDS),
        example="- service: {restart: orders, stays: 2s}",
    )

    def expand(self, item: Service, setting: Setting) -> tuple[Template, ...]:
        verb, unit = chosen(item)
        undo = action_of(item, OPPOSITE[verb], unit) if verb in OPPOSITE else None
        timeout_s = 2 * item.within_s + item.stays_s + 60.0
        estimate_s = 3.0 + item.stays_s
        return (Template(verb, action_of(item, verb, unit), undo, timeout_s=timeout_s, estimate_s=estimate_s),)

    def complain(self, item: Service, setting: Setting) -> Complaints:
        found: Complaints = ()
        if sum(map(bool, (item.restart, item.start, item.stop))) != 1:
            found += (("service.one_of", {}),)
        if own(item):
            looks = item.pid_file or item.status_command
            missing = [name for name in ("start_command", "stop_command") if not getattr(item, name)]
            missing += [] if looks else ["pid_file"]
            found += tuple(("service.commands", {"missing": name}) for name in missing)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        told = {"verb": args["verb"], "stays": number(args["stays_s"]), "within": str(round(args["within_s"]))}
        return Script(body("words", "service-state", "service-do"), known(action, context) | told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("service", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        """A stop or a start can be looked at; whether a restart took place cannot be told afterwards."""
        return None if action.kind is Kind.RESTART else self.preview(action, context)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        wanted = ("running",) if action.kind is Kind.START else ("stopped", "failed")
        if facts["found"] in wanted:
            return Evidence({"after": facts["found"], "after_process": facts["process"]})
        return Failure(FailureKind.INTERRUPTED, "service.other", {"unit": action.args["unit"], "found": facts["found"]})

    def preview(self, action: Action, context: Context) -> Script:
        return Script(body("words", "service-state", "service-look"), known(action, context))

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts = split_facts(outcome.output)[0]
        changes = not isinstance(self.settle(action, context, outcome), Evidence) or action.kind is Kind.RESTART
        return Preview(changes, f"{action.args['unit']}: {facts['found']} {facts['process']}".rstrip())


def chosen(item: Service) -> tuple[Verb, str]:
    if item.start:
        return "start", item.start
    return ("stop", item.stop) if item.stop else ("restart", item.restart)


def own(item: Service) -> bool:
    return any(getattr(item, name) for name in OWN)


def action_of(item: Service, verb: Verb, unit: str) -> Action:
    kind, traits = VERBS[verb]
    args: dict[str, Any] = {"verb": verb, "unit": unit, "stays_s": item.stays_s, "within_s": item.within_s}
    args |= {name: getattr(item, name) for name in OWN} | {"sudo": item.sudo}
    return Action(kind, "service", args, traits, COMMANDS)


def known(action: Action, context: Context) -> dict[str, str]:
    told = {name: str(action.args[name]) for name in ("unit", *OWN)}
    told |= {"sudo": "yes" if action.args["sudo"] else "no"}
    return shell_variables(context) | places(context) | told


def number(seconds: float) -> str:
    return f"{seconds:g}"


DRIVERS: tuple[Driver, ...] = (ServiceDriver(),)
