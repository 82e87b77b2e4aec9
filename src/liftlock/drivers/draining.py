"""Taking a host out of service and bringing it back by commands of the person's own, for any load balancer.

Rule: the command is said once, then `done_when` is asked until it holds; a drain that is not over by its deadline is a
hold.
"""

from msgspec import field

from liftlock.drivers.command import look_of, with_env
from liftlock.drivers.technology import VERSION, Technology, body, read_script, split_facts, words
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

DRAIN, READMIT = "drain.command", "readmit.command"
KINDS = {"late": FailureKind.TIMEOUT, "status": FailureKind.TRANSIENT}
WORDS = {
    "status": ("The command ended with status {status}", "命令以状态码 {status} 结束"),
    "late": ("It is not so after {deadline} s", "{deadline} 秒后仍未完成"),
    "not_done": ("It is not so", "尚未完成"),
}


class DrainCommand(Part, frozen=True):
    command: Text
    done_when: str = ""
    undo: str = ""
    deadline_s: Duration = field(default=60.0, name="deadline")


class DrainingDriver(Technology):
    """Both directions; `at:` beside the item says where the command runs, if not at the host itself."""

    def __init__(self, name: str, summary: dict[str, str], example: str) -> None:
        self.kind = Kind.DRAIN if name == DRAIN else Kind.READMIT
        self.manifest = Manifest(
            name=name,
            version=VERSION,
            item=DrainCommand,
            summary=summary,
            literal=("command", "done_when", "undo"),
            words=words(name, WORDS),
            example=example,
        )

    def expand(self, item: DrainCommand, setting: Setting) -> tuple[Template, ...]:
        opposite = Kind.READMIT if self.kind is Kind.DRAIN else Kind.DRAIN
        undo = self.action(opposite, item.undo, "", item.deadline_s) if item.undo else None
        action = self.action(self.kind, item.command, item.done_when, item.deadline_s)
        return (Template(self.kind.value, action, undo, timeout_s=item.deadline_s + 30.0, estimate_s=5.0),)

    def action(self, kind: Kind, text: str, done_when: str, deadline_s: float) -> Action:
        args = {"text": text, "done_when": done_when, "deadline_s": deadline_s}
        traits = Traits(lowers_capacity=kind is Kind.DRAIN)
        return Action(kind, self.manifest.name, args, traits, ("text", "done_when"))

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        told = {"text": args["text"], "done_when": args["done_when"], "within": str(round(args["deadline_s"]))}
        return with_env(action, context, body("words", "draining"), told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(self.manifest.name, outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        return look_of(action, context) if action.args["done_when"] else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        if split_facts(outcome.output)[0].get("done") == "yes":
            return Evidence({"done": "yes"})
        return Failure(FailureKind.INTERRUPTED, f"{self.manifest.name}.not_done")

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        done = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not done, str(action.args["text"]))


DRIVERS: tuple[Driver, ...] = (
    DrainingDriver(
        DRAIN,
        {"en": "Takes a host out of service by a command of your own", "zh": "用自定义命令使主机退出服务"},
        '- drain: {command: "lbctl out $host", done_when: "lbctl idle $host", deadline: 60s}\n  at: lb-1',
    ),
    DrainingDriver(
        READMIT,
        {"en": "Brings a host back into service by a command of your own", "zh": "用自定义命令使主机恢复服务"},
        '- readmit: {command: "lbctl in $host", done_when: "lbctl up $host"}\n  at: lb-1',
    ),
)
