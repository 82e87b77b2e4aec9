"""Looking at a host: a port, a process, a file, what a command prints, the version that the running process reports.

Rule: a look changes nothing, and is repeated until it finds what is expected or its deadline comes. On the way back the
same looks expect the old version.
"""

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from liftlock.drivers.command import script_of
from liftlock.drivers.config import Mode
from liftlock.drivers.expecting import at_path, decode, shown
from liftlock.drivers.technology import VERSION, Complaints, Technology, read_script, script, words
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    HttpCall,
    Kind,
    Operation,
    Outcome,
    Preview,
    Replied,
    Said,
    Script,
    SocketCall,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.plan import Check
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template

ASK_AGAIN_S = 1.0
TCP, PROCESS, COMMAND, FILE, WHICH = (f"verify.{field}" for field in ("tcp", "process", "command", "file", "version"))
Fields = dict[str, str | int | float]


class VerifyTcp(Part, frozen=True):
    tcp: Text
    within_s: Duration = field(default=30.0, name="within")
    from_: Literal["controller", "host"] = field(default="controller", name="from")


class VerifyProcess(Part, frozen=True):
    process: Text
    pid_file: str = ""
    count: Annotated[int, Meta(ge=1)] = 1
    within_s: Duration = field(default=30.0, name="within")


class VerifyCommand(Part, frozen=True):
    command: Text
    equals: str | None = None
    contains: str = ""
    within_s: Duration = field(default=30.0, name="within")


class VerifyFile(Part, frozen=True):
    file: Text
    sha256: str = ""
    contains: str = ""
    link: str = ""
    mode: Mode = ""
    absent: bool = False
    within_s: Duration = field(default=5.0, name="within")


class VerifyVersion(Part, frozen=True):
    version: Text = "{version}"
    command: str = ""
    http: str = ""
    json: Text = "version"
    within_s: Duration = field(default=30.0, name="within")


class Looking(Technology, ABC):
    """A look of one kind. Its action's arguments are the item's fields."""

    def template(self, args: dict[str, Any], within_s: float, *, at: str = "") -> tuple[Template, ...]:
        action = Action(Kind.VERIFY, self.manifest.name, args, literal=self.manifest.literal)
        return (Template("verify", action, at=at, timeout_s=max(within_s, 1.0), estimate_s=2.0, confirm=True),)

    def not_yet(self, what: str, fields: Fields, output: str = "") -> Again:
        code = f"{self.manifest.name}.{what}"
        return Again(ASK_AGAIN_S, Failure(FailureKind.UNHEALTHY, code, fields, output))

    def facts(self, outcome: Outcome) -> dict[str, Any] | Failure:
        result = read_script(self.manifest.name, outcome, {})
        return result if isinstance(result, Failure) else result.facts

    @abstractmethod
    def operate(self, action: Action, context: Context) -> Operation: ...

    @abstractmethod
    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again: ...

    def preview(self, action: Action, context: Context) -> Operation | None:
        return self.operate(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        result = self.read(action, context, outcome)
        if isinstance(result, Evidence):
            return Preview(False, ", ".join(f"{name}: {value}" for name, value in result.facts.items()))
        failure = result.so_far if isinstance(result, Again) else result
        fields = failure.fields if failure else {}
        return Preview(False, ", ".join(f"{name}: {value}" for name, value in fields.items()))


class TcpDriver(Looking):
    manifest = Manifest(
        name=TCP,
        version=VERSION,
        item=VerifyTcp,
        summary={"en": "Looks whether a port takes connections", "zh": "查看端口是否接受连接"},
        words=words(
            TCP,
            {"address": ("`tcp` must be host:port, not {tcp}", "`tcp` 须为 主机：端口，而不是 {tcp}")},
            common=False,
        ),
        example='- verify: {tcp: "{address}:8080"}',
    )

    def expand(self, item: VerifyTcp, setting: Setting) -> tuple[Template, ...]:
        at = CONTROLLER if item.from_ == "controller" else ""
        return self.template({"tcp": item.tcp}, item.within_s, at=at)

    def complain(self, item: VerifyTcp, setting: Setting) -> Complaints:
        host, _, port = item.tcp.rpartition(":")
        if host and (port.isdigit() or "{" in port):
            return ()
        return ((f"{TCP}.address", {"tcp": item.tcp}),)

    def operate(self, action: Action, context: Context) -> SocketCall:
        return SocketCall(action.args["tcp"], "")

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence:
        assert isinstance(outcome, Said)
        return Evidence({"tcp": action.args["tcp"]})


class ProcessDriver(Looking):
    manifest = Manifest(
        name=PROCESS,
        version=VERSION,
        item=VerifyProcess,
        summary={"en": "Looks whether a process runs", "zh": "查看进程是否在运行"},
        words=words(
            PROCESS,
            {
                "count": (
                    "{found} processes {process} run, {expected} are expected",
                    "有 {found} 个 {process} 进程在运行，应有 {expected} 个",
                ),
                "pid_file": ("No process {process} runs as {pid_file} says", "没有与 {pid_file} 相符的进程 {process}"),
            },
        ),
        example="- verify: {process: orders, pid_file: /run/orders.pid}",
    )

    def expand(self, item: VerifyProcess, setting: Setting) -> tuple[Template, ...]:
        args = {"process": item.process, "pid_file": item.pid_file, "count": item.count}
        return self.template(args, item.within_s)

    def operate(self, action: Action, context: Context) -> Script:
        return script("verify-process", {name: action.args[name] for name in ("process", "pid_file")})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        facts = self.facts(outcome)
        if isinstance(facts, Failure):
            return facts
        args, found = action.args, int(facts["count"])
        if args["pid_file"] and not found:
            return self.not_yet("pid_file", {"process": args["process"], "pid_file": args["pid_file"]})
        if found < args["count"] and not args["pid_file"]:
            return self.not_yet("count", {"process": args["process"], "found": found, "expected": args["count"]})
        return Evidence({"pids": facts["pids"], "count": found})


class CommandDriver(Looking):
    manifest = Manifest(
        name=COMMAND,
        version=VERSION,
        item=VerifyCommand,
        summary={"en": "Looks at what a command of your own prints", "zh": "查看自定义命令的输出"},
        literal=("command",),
        words=words(
            COMMAND,
            {
                "status": ("The command ended with status {status}", "命令以状态码 {status} 结束"),
                "equals": ("The command prints {found} instead of {expected}", "命令输出 {found}，应为 {expected}"),
                "contains": ("What the command prints does not hold {expected}", "命令输出中没有 {expected}"),
                "no_number": ("The command prints no number: {found}", "命令输出的不是数字：{found}"),
            },
        ),
        example='- verify: {command: "orders --version", contains: "{version}"}',
    )

    def expand(self, item: VerifyCommand, setting: Setting) -> tuple[Template, ...]:
        args = {"command": item.command, "equals": item.equals, "contains": item.contains}
        return self.template(args, item.within_s)

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        if not check.command:
            return None
        action = Action(Kind.VERIFY, COMMAND, {"command": check.command, "gauge": True}, literal=("command",))
        return Template("look", action, timeout_s=30.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> Script:
        return script_of(action, context, action.args["command"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        printed, args = printed_by(outcome), action.args
        if isinstance(printed, int):
            output = outcome.output if isinstance(outcome, Exited) else ""
            again = self.not_yet("status", {"status": printed}, output)
            return again.so_far if args.get("gauge") and again.so_far else again
        if args.get("gauge"):
            return self.number(printed)
        if args["equals"] is not None and printed.strip() != args["equals"].strip():
            return self.not_yet("equals", {"found": brief(printed), "expected": args["equals"]}, printed)
        if args["contains"] not in printed:
            return self.not_yet("contains", {"expected": args["contains"]}, printed)
        return Evidence({"printed": brief(printed)}, printed)

    def number(self, printed: str) -> Evidence | Failure:
        """The last word that it prints, which must be a number."""
        last = (printed.split() or [""])[-1]
        try:
            value = float(last)
        except ValueError:
            value = float("nan")
        if value - value != 0:  # neither infinity nor what is no number
            return Failure(FailureKind.UNHEALTHY, f"{COMMAND}.no_number", {"found": brief(printed)}, printed)
        return Evidence({"value": value})


class FileDriver(Looking):
    manifest = Manifest(
        name=FILE,
        version=VERSION,
        item=VerifyFile,
        summary={
            "en": "Looks at a file: digest, text, link, mode, absence",
            "zh": "查看文件：摘要、内容、链接、权限、是否不存在",
        },
        words=words(
            FILE,
            {
                "path": ("`file` must be an absolute path, not {file}", "`file` 必须是绝对路径，而不是 {file}"),
                "lines": ("`contains` looks for one line", "`contains` 只能写一行"),
                "other": (
                    "{file}: {what} is {found} instead of {expected}",
                    "{file}：{what} 为 {found}，应为 {expected}",
                ),
                "contains": ("{file} does not hold {expected}", "{file} 中没有 {expected}"),
                "unread": ("{path} may not be looked into", "无权查看 {path}"),
            },
        ),
        example="- verify: {file: /srv/orders/current, link: releases/1.1}",
    )

    def expand(self, item: VerifyFile, setting: Setting) -> tuple[Template, ...]:
        args = {name: getattr(item, name) for name in ("file", "sha256", "contains", "link", "mode", "absent")}
        return self.template(args, item.within_s)

    def complain(self, item: VerifyFile, setting: Setting) -> Complaints:
        found: Complaints = ()
        if not item.file.startswith(("/", "{")):
            found += ((f"{FILE}.path", {"file": item.file}),)
        if "\n" in item.contains.rstrip("\n"):
            found += ((f"{FILE}.lines", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        digest = "yes" if args["sha256"] else "no"
        return script(
            "verify-file", {"file": args["file"], "digest": digest, "contains": args["contains"].rstrip("\n")}
        )

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        facts = self.facts(outcome)
        if isinstance(facts, Failure):
            return facts
        file = action.args["file"]
        for what, expected in expected_of(action.args):
            found = str(facts.get(what, "-"))
            if not fits(what, found, expected):
                return self.not_yet("other", {"file": file, "what": what, "found": found, "expected": expected})
        if action.args["contains"] and facts.get("contains") != "yes":
            return self.not_yet("contains", {"file": file, "expected": action.args["contains"]})
        return Evidence(facts)


class VersionDriver(Looking):
    manifest = Manifest(
        name=WHICH,
        version=VERSION,
        item=VerifyVersion,
        summary={"en": "Compares the version that the running process reports", "zh": "比对运行中的进程所报告的版本"},
        literal=("command",),
        words=words(
            WHICH,
            {
                "one_of": ("Say where the version is read: command or http", "须写明从何处读取版本：command 或 http"),
                "status": ("The version could not be read: status {status}", "无法读取版本：状态 {status}"),
                "other": (
                    "The running version is {found} instead of {expected}",
                    "运行中的版本为 {found}，应为 {expected}",
                ),
            },
        ),
        example='- verify: {version: "{version}", http: "http://{address}:8080/healthz", json: build.version}',
    )

    def expand(self, item: VerifyVersion, setting: Setting) -> tuple[Template, ...]:
        args = {"version": item.version, "command": item.command, "http": item.http, "json": item.json}
        return self.template(args, item.within_s, at=CONTROLLER if item.http else "")

    def complain(self, item: VerifyVersion, setting: Setting) -> Complaints:
        return () if bool(item.command) != bool(item.http) else ((f"{WHICH}.one_of", {}),)

    def operate(self, action: Action, context: Context) -> HttpCall | Script:
        if action.args["http"]:
            return HttpCall(action.args["http"])
        return script_of(action, context, action.args["command"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        path = action.args["json"]
        found = reported(outcome, path) if isinstance(outcome, Replied) else printed_by(outcome)
        if isinstance(found, int):
            return self.not_yet("status", {"status": found})
        if found.strip() != action.args["version"]:
            return self.not_yet("other", {"found": brief(found), "expected": action.args["version"]})
        return Evidence({"version": found.strip()})


def printed_by(outcome: Outcome) -> str | int:
    """What a command printed, or the status with which it failed."""
    if not isinstance(outcome, Exited):
        return -1
    result = read_script(COMMAND, outcome, {})
    if isinstance(result, Failure):
        return int(result.fields.get("status", outcome.code))
    return outcome.output.strip("\n")


def reported(answer: Replied, path: str) -> str | int:
    """The version in an answer: a text, at a path; or the status if it is no answer."""
    if answer.status != 200:
        return answer.status
    found = at_path(decode(answer.body), path)
    return found if isinstance(found, str) else shown(found)


def expected_of(args: dict[str, Any]) -> list[tuple[str, str]]:
    """What a file is expected to be, as facts."""
    if args["absent"]:
        return [("kind", "absent")]
    named = [(name, args[name]) for name in ("sha256", "link", "mode") if args[name]]
    return named or [("kind", "present")]


def fits(what: str, found: str, expected: str) -> bool:
    if what == "mode":
        return found.zfill(4) == expected.zfill(4)
    return found == expected if expected != "present" else found != "absent"


def brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:200]}…"


DRIVERS: tuple[Driver, ...] = (TcpDriver(), ProcessDriver(), CommandDriver(), FileDriver(), VersionDriver())
