"""The person's own command: skipped where it is done already, looked at afterwards, undone by another one.

Rule: the words are the plan's, and never filled: they see $host, $version … as variables, and secrets as environment.
With `done_when`, success is what that look says; without it, an exit status of 0 is all there is.
"""

from typing import Any, Literal

from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    read_script,
    shell_variables,
    split_facts,
    text_of,
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
from liftlock.model.part import Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template
from liftlock.model.secret import SecretRef

LITERAL = ("run", "done_when", "undo", "undo_done_when")
KINDS = {"status": FailureKind.REFUSED, "undone": FailureKind.UNHEALTHY}
WORDS = {
    "env": ("{name} cannot be the name of a variable", "{name} 不能作为变量名"),
    "undo": ("`undo_done_when` needs an `undo`", "`undo_done_when` 需要有 `undo`"),
    "both": ("Say one of undo, irreversible and restorable", "undo、irreversible、restorable 只能写一个"),
    "status": ("The command ended with status {status}", "命令以状态码 {status} 结束"),
    "undone": ("The command succeeded, but what it is for is not there", "命令成功返回，但未达到预期结果"),
    "not_done": ("The command's effect is not there", "命令的效果不存在"),
}


class Secret(Part, frozen=True):
    secret: Text


class Command(Part, frozen=True):
    run: Text
    done_when: str = ""
    undo: str = ""
    undo_done_when: str = ""
    irreversible: str = ""
    restorable: bool = False
    writes: bool = True
    kind: Literal["command", "migrate"] = "command"
    env: dict[str, str | Secret] = {}
    interpreter: Text = "sh"


class CommandDriver(Technology):
    manifest = Manifest(
        name="command",
        version=VERSION,
        item=Command,
        summary={
            "en": "Runs a command of your own, once, with a look and an undo",
            "zh": "执行自定义命令，可判断是否已完成，可撤销",
        },
        shorthand="run",
        literal=LITERAL,
        words=words("command", WORDS),
        example='- command: {run: "/opt/orders/bin/migrate $to_version", done_when: "/opt/orders/bin/at $to_version", '
        'undo: "/opt/orders/bin/migrate $from_version", kind: migrate}',
    )

    def expand(self, item: Command, setting: Setting) -> tuple[Template, ...]:
        kind = Kind.MIGRATE if item.kind == "migrate" else Kind.COMMAND
        traits = Traits(
            item.writes, kind is Kind.MIGRATE, reversal=reversal_of_words(item.irreversible, item.restorable)
        )
        undo = None
        if item.undo:
            undo = Action(kind, "command", args_of(item, item.undo, item.undo_done_when), Traits(item.writes), ARGS)
        action = Action(kind, "command", args_of(item, item.run, item.done_when), traits, ARGS)
        return (Template(item.kind, action, undo, timeout_s=600.0, estimate_s=10.0),)

    def complain(self, item: Command, setting: Setting) -> Complaints:
        found: Complaints = tuple(("command.env", {"name": name}) for name in item.env if not is_variable(name))
        if item.undo_done_when and not item.undo:
            found += (("command.undo", {}),)
        if sum(map(bool, (item.undo, item.irreversible, item.restorable))) > 1:
            found += (("command.both", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        if is_bare(action):
            return with_env(action, context, text_of("command-bare"), {"text": action.args["text"]})
        return script_of(action, context, action.args["text"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        if is_bare(action) and isinstance(outcome, Exited) and outcome.code:
            _, said = split_facts(outcome.output)
            return Failure(FailureKind.REFUSED, "command.status", {"status": outcome.code}, said)
        return read_script("command", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        return look_of(action, context) if action.args["done_when"] else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        if split_facts(outcome.output)[0].get("done") == "yes":
            return Evidence({"done": "yes"})
        return Failure(FailureKind.INTERRUPTED, "command.not_done")

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        done = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not done, str(action.args["text"]))


ARGS = ("text", "done_when", "env", "interpreter")


def args_of(item: Command, text: str, done_when: str) -> dict[str, Any]:
    env = {name: {"secret": value.secret} if isinstance(value, Secret) else value for name, value in item.env.items()}
    return {"text": text, "done_when": done_when, "env": env, "interpreter": item.interpreter}


def script_of(action: Action, context: Context, text: str) -> Script:
    """A person's words as a script. `env` of the action: texts become variables, references are resolved on use."""
    told = {"text": text, "done_when": action.args.get("done_when", ""), "shell": action.args.get("interpreter", "sh")}
    return with_env(action, context, body("words", "command"), told)


def is_bare(action: Action) -> bool:
    """Nothing is looked at before or after the words, and they ask for nobody's rights (as_root, as_user): they need
    no shell beside the script's own (a fork less)."""
    asks = "as_root" in action.args["text"] or "as_user" in action.args["text"]
    return not asks and not action.args.get("done_when") and action.args.get("interpreter", "sh") == "sh"


def look_of(action: Action, context: Context) -> Script:
    return with_env(action, context, body("words", "command-look"), {"done_when": action.args["done_when"]})


def with_env(action: Action, context: Context, text: str, told: dict[str, str]) -> Script:
    env: dict[str, Any] = action.args.get("env", {})
    seen = shell_variables(context)
    texts = {name: value for name, value in env.items() if isinstance(value, str)}
    seen |= {f"u_{name}": value for name, value in texts.items()}
    seen["names"] = " ".join(dict.fromkeys((*seen["names"].split(), *texts)))
    secrets = {name: SecretRef(value["secret"]) for name, value in env.items() if not isinstance(value, str)}
    return Script(text, seen | {"state": context.state} | told, secrets)


def reversal_of_words(irreversible: str, restorable: bool) -> Reversal:
    """What a person declared about a way back."""
    if irreversible:
        return Irreversible(irreversible)
    return Restorable() if restorable else Reversible()


def is_variable(name: str) -> bool:
    return name.isidentifier() and name.isascii()


DRIVERS: tuple[Driver, ...] = (CommandDriver(),)
