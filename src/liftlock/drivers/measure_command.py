"""What a command of a person's own prints on each host, as readings (`figures.py` has the form).

Rule: the words are the plan's, and never filled: they see $host, $version … as variables, and the interval that the
look is about as $since and $until, in seconds since the epoch. A status other than 0 is no figure.
"""

from msgspec.structs import replace

from liftlock.drivers.command import script_of
from liftlock.drivers.figures import Unread, reading_of
from liftlock.drivers.measuring import Measuring, evidence, look, manifest_of, of_kind, until
from liftlock.drivers.technology import read_script
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Outcome, Script
from liftlock.model.plan import Canary, Metric
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Source

NAME = "measure.command"
CUTS = ("\n[...]\n", "\n…")  # what stands where a host printed more than is kept
WORDS = {
    "status": ("The command ended with status {status}", "命令以状态码 {status} 结束"),
    "unread": (
        "The command prints {line}, which is neither a number nor a count: see the how-to for the form",
        "命令输出了 {line}，既不是数字也不是计数：格式见操作指南",
    ),
    "cut": (
        "The command prints more than is kept: print sums and buckets instead of every request",
        "命令的输出超出保留上限：请输出合计与分桶，而不是逐条请求",
    ),
    "other": (
        "What the command prints is no figure of the kind {kind}: see the how-to for the form",
        "命令的输出不是 {kind} 类指标：格式见操作指南",
    ),
}


class MeasureCommand(Measuring):
    manifest = manifest_of(
        NAME,
        {"en": "Reads what a command of your own prints on each host", "zh": "读取自定义命令在每台主机上的输出"},
        WORDS,
    )

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        if not metric.command:
            return None
        args = {"command": metric.command, "kind": metric.kind}
        return Source(look(NAME, args, literal=("command",)), key="")

    def operate(self, action: Action, context: Context) -> Script:
        span = context.span
        env = {"since": f"{span.since:.3f}", "until": f"{span.until:.3f}"} if span else {}
        return script_of(replace(action, args={**action.args, "env": env}), context, action.args["command"])

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        result, kind = read_script(NAME, outcome, {}), action.args["kind"]
        if isinstance(result, Failure):
            return result
        if any(cut in result.output for cut in CUTS):
            return Failure(FailureKind.REFUSED, f"{NAME}.cut")
        found = reading_of(result.output, until(context))
        if isinstance(found, Unread):
            return Failure(FailureKind.REFUSED, f"{NAME}.unread", {"line": found.line[:200]})
        reading = of_kind(kind, found)
        if reading is None:
            return Failure(FailureKind.REFUSED, f"{NAME}.other", {"kind": kind})
        return evidence({"": [reading]}, {})


DRIVERS: tuple[Driver, ...] = (MeasureCommand(),)
