"""A script (or a program) of the person's own: brought to the host, hashed, run once, with a look and an undo.

Rule: what runs is the file whose digest was approved; a changed script is another schedule. Its arguments are filled
and reach it as they are; it sees $host, $version … and `env` in its environment. With `done_when`, success is what that
look says; without it, an exit status of 0 is all there is.
"""

from typing import Any, Literal

from liftlock.drivers.artifact import TEXTS, Artifact, complaints, digest_of, fetch, fetches, step
from liftlock.drivers.command import Secret, is_variable, look_of, reversal_of_words, with_env
from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
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
from liftlock.model.part import Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

LITERAL = ("sha256", "file", "done_when")
KINDS = {
    "status": FailureKind.REFUSED,
    "undone": FailureKind.UNHEALTHY,
    "blob": FailureKind.TRANSIENT,
    "checksum": FailureKind.TRANSIENT,
}
WORDS = {
    "status": ("The script ended with status {status}", "脚本以状态码 {status} 结束"),
    "undone": ("The script succeeded, but what it is for is not there", "脚本成功返回，但未达到预期结果"),
    "not_done": ("The script's effect is not there", "脚本的效果不存在"),
    "blob": ("The script is not on the host: {path}", "主机上没有该脚本：{path}"),
    "checksum": ("{path} has SHA-256 {found} instead of {expected}", "{path} 的 SHA-256 为 {found}，应为 {expected}"),
    "user": ("Nothing can be run as {user}", "无法以 {user} 的身份执行"),
    "env": ("{name} cannot be the name of a variable", "{name} 不能作为变量名"),
    "undo": ("`undo_args` and `undo_done_when` need an `undo`", "`undo_args` 和 `undo_done_when` 需要有 `undo`"),
    "both": ("Say one of undo, irreversible and restorable", "undo、irreversible、restorable 只能写一个"),
}


class OwnScript(Artifact, frozen=True):
    file: Text
    args: tuple[str, ...] = ()
    interpreter: str = ""
    env: dict[str, str | Secret] = {}
    user: str = ""
    done_when: str = ""
    undo: str = ""
    undo_args: tuple[str, ...] = ()
    undo_done_when: str = ""
    irreversible: str = ""
    restorable: bool = False
    writes: bool = True
    kind: Literal["command", "migrate", "install", "configure"] = "command"


class ScriptDriver(Technology):
    manifest = Manifest(
        name="script",
        version=VERSION,
        item=OwnScript,
        summary={
            "en": "Runs a script or a program of your own, brought to the host, once, with a look and an undo",
            "zh": "把自己的脚本或程序送到主机并执行一次，可判断是否已完成，可撤销",
        },
        shorthand="file",
        artifacts=("file", "undo"),
        texts=TEXTS,
        literal=("done_when", "undo_done_when"),
        words=words("script", WORDS),
        example='- script: {file: scripts/migrate.sh, args: ["--to", "{version}"], user: orders, '
        'done_when: "/opt/orders/bin/at $to_version", undo: scripts/back.sh}',
    )

    def expand(self, item: OwnScript, setting: Setting) -> tuple[Template, ...]:
        kind = Kind(item.kind)
        traits = Traits(
            item.writes, kind is Kind.MIGRATE, reversal=reversal_of_words(item.irreversible, item.restorable)
        )
        run = args_of(item, item.file, item.args, item.done_when, setting)
        brought, undo = fetches(item, item.file, setting), None
        if item.undo:
            back = args_of(item, item.undo, item.undo_args, item.undo_done_when, setting)
            undo = Action(kind, "script", back, Traits(item.writes), LITERAL)
            if item.undo != item.file:
                source = setting.artifacts[item.undo].path if item.undo in setting.artifacts else item.undo
                brought += (step("fetch-undo", fetch({"source": source, "sha256": back["sha256"]})),)
        action = Action(kind, "script", run, traits, LITERAL)
        return (*brought, Template("script", action, undo, timeout_s=600.0, estimate_s=10.0))

    def complain(self, item: OwnScript, setting: Setting) -> Complaints:
        found = complaints(item, item.file, setting)
        found += tuple(("script.env", {"name": name}) for name in item.env if not is_variable(name))
        if (item.undo_args or item.undo_done_when) and not item.undo:
            found += (("script.undo", {}),)
        if sum(map(bool, (item.undo, item.irreversible, item.restorable))) > 1:
            found += (("script.both", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        args: dict[str, Any] = action.args
        told = {"sha256": args["sha256"], "shell": args["interpreter"], "user": args["user"]}
        told |= {"done_when": args["done_when"], "count": str(len(args["args"]))}
        told |= {f"arg_{index}": value for index, value in enumerate(args["args"])}
        told["exported"] = " ".join(name for name, value in args["env"].items() if not isinstance(value, str))
        return with_env(action, context, body("words", "blob", "script-run"), places(context) | told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("script", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        return look_of(action, context) if action.args["done_when"] else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        if split_facts(outcome.output)[0].get("done") == "yes":
            return Evidence({"done": "yes"})
        return Failure(FailureKind.INTERRUPTED, "script.not_done")

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        done = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not done, " ".join((action.args["file"], *action.args["args"])))


def args_of(item: OwnScript, file: str, given: tuple[str, ...], done_when: str, setting: Setting) -> dict[str, Any]:
    env = {name: {"secret": value.secret} if isinstance(value, Secret) else value for name, value in item.env.items()}
    found = setting.artifacts.get(file)
    return {
        "file": file,
        "sha256": digest_of(item, file, setting) if file == item.file else found.sha256 if found else "",
        "args": list(given),
        "interpreter": item.interpreter,
        "user": item.user,
        "env": env,
        "done_when": done_when,
    }


DRIVERS: tuple[Driver, ...] = (ScriptDriver(),)
