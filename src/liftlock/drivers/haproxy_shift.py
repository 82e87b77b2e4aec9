"""A server's share of HAProxy's traffic, raised step by step: `10%`, `50%`, `100%` of its configured weight.

Rules: the weight that a step finds is remembered in HAProxy's own memory, in the same line that changes it, and is what
the undo says again; success is the weight that HAProxy then tells. A share that HAProxy would round down to nothing is
refused, since weight 0 takes the server out.
"""

import re
from hashlib import sha256

from msgspec import Struct, field

from liftlock.drivers import haproxy_runtime as runtime
from liftlock.drivers.haproxy import WORDS as SHARED
from liftlock.drivers.technology import VERSION, Complaints, Technology, words
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Failure,
    FailureKind,
    Kind,
    Outcome,
    Preview,
    Said,
    SocketCall,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template

NAME = "shift.haproxy"
WEIGHT = re.compile(r"(\d{1,3})(%?)")
TOLD = re.compile(r"(\d+) \(initial (\d+)\)")
HEAVIEST = 256
DENIED = "Permission denied"
WORDS = {name: SHARED[name] for name in ("host", "address", "unknown", "refused")} | {
    "weight": (
        "{to} is no weight: say a share as 0% to 100%, or a weight from 0 to 256",
        "{to} 不是权重：请写 0% 到 100% 的比例，或 0 到 256 的权重",
    ),
    "coarse": (
        "{to} of the configured weight {initial} of {backend}/{server} is less than 1, and would take it out: "
        "configure a larger weight, such as 100",
        "{backend}/{server} 的配置权重 {initial} 的 {to} 小于 1，会使其停止服务：请在配置中使用更大的权重，例如 100",
    ),
    "other": (
        "HAProxy gives {backend}/{server} the weight {weight} instead of {wanted}",
        "HAProxy 中 {backend}/{server} 的权重为 {weight}，应为 {wanted}",
    ),
}


class ShiftHaproxy(Part, frozen=True):
    haproxy: Text | tuple[Text, ...]
    backend: Text
    to: Text | tuple[Text, ...]
    server: Text = "{host}"
    every_s: Duration = field(default=0.0, name="every")


class Weights(Struct, frozen=True):
    """What HAProxy told: the weight first and last, the configured one, and the former one that our mark remembers."""

    first: int
    last: int
    initial: int
    former: int | None
    knows_marks: bool
    asked: int  # how often it was told


class ShiftDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=ShiftHaproxy,
        summary={
            "en": "Gives a server of HAProxy its share of the traffic step by step",
            "zh": "分步调整 HAProxy 中服务器的流量权重",
        },
        words=words(NAME, WORDS, common=False),
        example="- shift: {haproxy: lb-1, backend: orders, to: [10%, 50%, 100%], every: 2m}",
    )

    def expand(self, item: ShiftHaproxy, setting: Setting) -> tuple[Template, ...]:
        found: list[Template] = []
        for weight in weights_of(item):
            if found and item.every_s:
                pause = Action(Kind.WAIT, "wait", {"for_s": item.every_s})
                timeout_s = item.every_s + 60.0
                found.append(Template("wait", pause, None, CONTROLLER, timeout_s, item.every_s, way="up"))
            found += steps_to(weight, item, setting)
        return tuple(found)

    def complain(self, item: ShiftHaproxy, setting: Setting) -> Complaints:
        found = runtime.faulty(runtime.names_of(item.haproxy), setting)
        found += tuple(("weight", {"to": to}) for to in weights_of(item) if "{" not in to and not is_weight(to))
        return tuple((f"{NAME}.{what}", fields) for what, fields in found)

    def operate(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        told = weights(action, context, outcome)
        if isinstance(told, Failure):
            return told
        former = former_of(action, context, told)
        wanted = former if action.args.get("undo") else share(action.args["to"], told.initial)
        if wanted is None:
            return Evidence({"undone": "nothing", "weight": told.last})
        if wanted == 0 and action.args.get("to", "0").strip("0%"):
            return failed(action, told, "coarse", wanted, FailureKind.REFUSED)
        if told.last == wanted:
            return Evidence({"weight": wanted, "former": former, "initial": told.initial})
        so_far = failed(action, told, "other", wanted, FailureKind.UNHEALTHY)
        if told.asked > 1:
            return so_far
        return Again(0.0, so_far, order(action, context, told))

    def probe(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        answer = self.read(action, context, outcome)
        if isinstance(answer, Again):
            return answer.so_far
        return answer if isinstance(answer, Evidence) else None

    def preview(self, action: Action, context: Context) -> SocketCall:
        return look(action)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        told = weights(action, context, outcome)
        if isinstance(told, Failure):
            return Preview(changes=True, text=str(told.fields.get("said", "")))
        wanted = share(str(action.args.get("to", "")), told.initial)
        text = f"{runtime.target(action)}: weight {told.last} → {'-' if wanted is None else wanted}"
        return Preview(wanted != told.last, text)


def weights_of(item: ShiftHaproxy) -> tuple[str, ...]:
    return (item.to,) if isinstance(item.to, str) else item.to


def steps_to(weight: str, item: ShiftHaproxy, setting: Setting) -> list[Template]:
    """One step for each load balancer."""
    names, readable = runtime.names_of(item.haproxy), re.sub(r"\D", "", weight) or "x"
    found = []
    for index, one in enumerate((runtime.balancer(name, setting) for name in names), 1):
        which = "" if len(names) == 1 else f"-{index if runtime.is_address(one.name) else one.name}"
        args = {"address": one.address, "backend": item.backend, "server": item.server, "to": weight}
        undo = Action(Kind.CALL, NAME, {**args, "undo": True})
        verb = f"shift-{readable}{which}"
        found.append(Template(verb, Action(Kind.CALL, NAME, args), undo, one.at, timeout_s=30.0, estimate_s=1.0))
    return found


def is_weight(text: str) -> bool:
    found = WEIGHT.fullmatch(text)
    return found is not None and int(found[1]) <= (100 if found[2] else HEAVIEST)


def share(text: str, initial: int) -> int | None:
    """The weight that HAProxy makes of it; None if it is none."""
    if (found := WEIGHT.fullmatch(text)) is None:
        return None
    return initial * int(found[1]) // 100 if found[2] else int(found[1])


def look(action: Action) -> SocketCall:
    return runtime.call(action, runtime.asked(mark_of(action)), f"get weight {runtime.target(action)}")


def order(action: Action, context: Context, told: Weights) -> SocketCall:
    """Say the weight, between two looks. The undo says the former one; nothing is remembered then."""
    undo, name, said = action.args.get("undo"), mark_of(action), f"get weight {runtime.target(action)}"
    note = runtime.noted(name, "str()" if undo else f"str({key_of(context)}:{told.last})") if told.knows_marks else ()
    weight = former_of(action, context, told) if undo else action.args["to"]
    change = f"set weight {runtime.target(action)} {weight}"
    changed = (change, *note) if undo else (*note, change)
    return runtime.call(action, runtime.asked(name), said, *changed, said)


def mark_of(action: Action) -> str:
    return runtime.variable_of(action, f"weight_{re.sub(r'[^0-9]', '', str(action.args['to']))}")


def key_of(context: Context) -> str:
    """The forward step, in this run."""
    lane, _, name = context.step.rpartition("/")
    return sha256(f"{context.run} {lane}/{name.lstrip('u')}".encode()).hexdigest()[:12]


def weights(action: Action, context: Context, outcome: Outcome) -> Weights | Failure:
    assert isinstance(outcome, Said)
    found = TOLD.findall(outcome.text)
    rest = runtime.hear(Said(TOLD.sub("", outcome.text)))
    mark = rest.variable(mark_of(action))
    denied = DENIED in outcome.text
    if not found or denied or (rest.said and mark is not None):
        known = denied or (rest.said and not rest.said.startswith(("No such", "Require")))
        fields = runtime.named(action) | {
            "said": DENIED if denied else rest.said or "-",
            "address": action.args["address"],
        }
        return Failure(FailureKind.REFUSED, f"{NAME}.{'refused' if known else 'unknown'}", fields)
    key, _, former = (mark or "").partition(":")
    remembered = int(former) if key == key_of(context) and former.isdigit() else None
    return Weights(int(found[0][0]), int(found[-1][0]), int(found[0][1]), remembered, mark is not None, len(found))


def former_of(action: Action, context: Context, told: Weights) -> int | None:
    """What it was before the step: as its evidence says, as HAProxy remembers, else what is there now."""
    if action.args.get("undo"):
        return int(context.forward["former"]) if "former" in context.forward else told.former
    return told.first if told.former is None else told.former


def failed(action: Action, told: Weights, what: str, wanted: int, kind: FailureKind) -> Failure:
    fields = runtime.named(action) | {"weight": told.last, "initial": told.initial, "wanted": wanted}
    return Failure(kind, f"{NAME}.{what}", fields | {"to": str(action.args["to"])})


DRIVERS: tuple[Driver, ...] = (ShiftDriver(),)
