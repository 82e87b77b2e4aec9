"""HAProxy or nginx made to take up its configuration, and a newly installed program, without losing a connection.

Rules: the configuration is tested first, and nothing is asked of the running process if it is refused; that the reload
took place is read from the processes (a new worker, of the installed version), since the command says so either way.
It is a restart that takes nothing out of service: on the way back it is done again, after the old files are back.
A reload never brings back a server that was taken out of HAProxy: it is refused where HAProxy would forget that.
"""

from typing import Any, Literal

from msgspec import field, structs

from liftlock.drivers.technology import VERSION, Complaints, Technology, body, places, read_script, split_facts, words
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
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

HAPROXY, NGINX = "reload.haproxy", "reload.nginx"
KINDS = {
    "same": FailureKind.UNHEALTHY,
    "version": FailureKind.UNHEALTHY,
    "forgot": FailureKind.UNHEALTHY,
    "binary": FailureKind.UNHEALTHY,
    "command": FailureKind.TRANSIENT,
    "silent": FailureKind.TRANSIENT,
}
WORDS = {
    "path": ("`{name}` must be an absolute path, not {path}", "`{name}` 必须是绝对路径，而不是 {path}"),
    "config": (
        "The configuration {config} is refused; the running process was asked nothing",
        "配置 {config} 未通过检查；未对运行中的进程做任何操作",
    ),
    "down": ("It does not run: no process {pid}", "未在运行：没有进程 {pid}"),
    "command": ("{unit}: the command to reload failed", "{unit}：重新加载的命令失败"),
    "same": (
        "The reload was asked for, but after {within} s the old process {pid} still does the work",
        "已请求重新加载，但 {within} 秒后仍是旧进程 {pid} 在工作",
    ),
    "old": (
        "The running process does not have what is installed and configured yet",
        "运行中的进程尚未采用已安装的程序和配置",
    ),
}
HAPROXY_WORDS = WORDS | {
    "silent": ("HAProxy does not answer on {socket}", "HAProxy 在 {socket} 上没有应答"),
    "version": (
        "HAProxy {version} runs, though {installed} is installed",
        "运行的是 HAProxy {version}，而已安装的是 {installed}",
    ),
    "forgets": (
        "{count} servers were taken out or weighted at run time ({server}), and the reload would forget it: let the "
        "configuration load the server states, and name its `state_file`",
        "有 {count} 台服务器在运行时被摘除或调整过权重（{server}），重新加载会丢失这些状态：请在配置中加载服务器状态，"
        "并写明 `state_file`",
    ),
    "taken": (
        "Another process listens at {address}; HAProxy would serve nobody while it tried to bind it. Nothing was done",
        "{address} 已被其他进程监听：HAProxy 在尝试绑定期间将无法服务；未做任何操作",
    ),
    "state": ("The server states cannot be saved to {path}", "无法把服务器状态保存到 {path}"),
    "forgot": (
        "The reload forgot that {server} was taken out; it was taken out again at once",
        "重新加载后丢失了 {server} 已被摘除的状态；已立即重新摘除",
    ),
}
NGINX_WORDS = WORDS | {
    "binary": (
        "The installed program did not take over from process {pid}, which goes on",
        "新安装的程序未能接替进程 {pid}，后者继续工作",
    ),
}


class ReloadHaproxy(Part, frozen=True):
    haproxy: Text
    socket: Text = "/run/haproxy/admin.sock"
    state_file: str = ""
    unit: Text = "haproxy"
    pid_file: str = ""
    program: Text = "/usr/sbin/haproxy"
    within_s: Duration = field(default=30.0, name="within")


class ReloadNginx(Part, frozen=True):
    nginx: Text
    pid_file: Text = "/run/nginx.pid"
    error_log: Text = "/var/log/nginx/error.log"
    unit: str = "nginx"
    program: Text = "/usr/sbin/nginx"
    replace: Literal["auto", "never"] = "auto"
    within_s: Duration = field(default=30.0, name="within")


PATHS = ("haproxy", "nginx", "socket", "state_file", "pid_file", "error_log", "program")


class ReloadDriver(Technology):
    """`facts` in the arguments: only look."""

    def __init__(self, name: str, item: type, texts: dict[str, tuple[str, str]], summary: dict[str, str]) -> None:
        self.what = name.partition(".")[2]
        self.manifest = Manifest(
            name=name,
            version=VERSION,
            item=item,
            summary=summary,
            words=words(name, texts),
            example=f"- reload: {{{self.what}: /etc/{self.what}/{self.what}.{'cfg' if name == HAPROXY else 'conf'}}}",
        )

    def expand(self, item: ReloadHaproxy | ReloadNginx, setting: Setting) -> tuple[Template, ...]:
        action = Action(Kind.RESTART, self.manifest.name, args_of(item))
        return (Template("reload", action, timeout_s=3 * item.within_s + 60.0, estimate_s=3.0),)

    def complain(self, item: ReloadHaproxy | ReloadNginx, setting: Setting) -> Complaints:
        given = {name: value for name, value in structs.asdict(item).items() if name in PATHS and value}
        wrong = {name: path for name, path in given.items() if not path.startswith(("/", "{"))}
        return tuple((f"{self.manifest.name}.path", {"name": name, "path": path}) for name, path in wrong.items())

    def inquire(self, item: ReloadHaproxy | ReloadNginx, setting: Setting) -> Template | None:
        return Template("look", Action(Kind.PRECHECK, self.manifest.name, args_of(item)), timeout_s=30.0)

    def operate(self, action: Action, context: Context) -> Script:
        return self.script(action, context, "look" if action.kind is Kind.PRECHECK else "reload")

    def script(self, action: Action, context: Context, verb: str) -> Script:
        told = {name: f"{value:g}" if name == "within" else str(value) for name, value in action.args.items()}
        return Script(body("reloading", f"{self.what}-reload"), places(context) | told | {"verb": verb})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(self.manifest.name, outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script:
        return self.script(action, context, "look")

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """Do the processes that do the work run what is installed and configured now?"""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if facts.get("taken_up") == "yes":
            return Evidence(facts)
        return Failure(FailureKind.INTERRUPTED, f"{self.manifest.name}.old")

    def preview(self, action: Action, context: Context) -> Script:
        return self.script(action, context, "look")

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts = split_facts(outcome.output)[0]
        running, installed = facts.get("version", "-"), facts.get("installed", "-")
        return Preview(True, f"{self.what}: {running}" + (f" → {installed}" if installed != running else ""))


def args_of(item: ReloadHaproxy | ReloadNginx) -> dict[str, Any]:
    """Every field, under the name that the script knows: the configuration's file is `config`."""
    args = structs.asdict(item)
    args["config"] = args.pop("haproxy" if isinstance(item, ReloadHaproxy) else "nginx")
    args["within"] = args.pop("within_s")
    return args


DRIVERS: tuple[Driver, ...] = (
    ReloadDriver(
        HAPROXY,
        ReloadHaproxy,
        HAPROXY_WORDS,
        {
            "en": "Reloads HAProxy, or puts the installed version to work, without losing a connection",
            "zh": "在不丢失连接的情况下重新加载 HAProxy，或启用已安装的新版本",
        },
    ),
    ReloadDriver(
        NGINX,
        ReloadNginx,
        NGINX_WORDS,
        {
            "en": "Reloads nginx, or puts the installed program to work, without losing a connection",
            "zh": "在不丢失连接的情况下重新加载 nginx，或启用已安装的新程序",
        },
    ),
)
