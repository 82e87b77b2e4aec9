"""A container's image: brought by digest, named where the container's start reads it, started, and watched; and back.

Rules: a tag is resolved to a digest when the image is brought, and that digest is what runs; success is the id of the
image that runs, healthy, for a while; the image that ran before is never removed by us, and the way back names it.
"""

from typing import Annotated, Any

from msgspec import Meta, field

from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    pinned,
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
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

LITERAL = ("apply",)
KINDS = {
    "pull": FailureKind.TRANSIENT,
    "image": FailureKind.UNHEALTHY,
    "unwell": FailureKind.UNHEALTHY,
}
WORDS = {
    "no_tool": (
        "Neither a docker daemon nor podman is on the host: install one, or say `tool`",
        "主机上没有可用的 docker 守护进程或 podman:请安装，或用 `tool` 指明",
    ),
    "pull": ("{image} could not be pulled: see the output", "无法拉取 {image}：请查看输出"),
    "absent": ("{image} is not on the host", "主机上没有 {image}"),
    "digest": ("{image} was asked for, but what is here is {found}", "需要 {image}，但主机上的是 {found}"),
    "line": (
        "{file} has {count} lines for {key}; there must be one, which names the image",
        "{file} 中有 {count} 行 {key}；应恰有一行，用于指明镜像",
    ),
    "apply": ("The container could not be started: see the output", "容器无法启动：请查看输出"),
    "image": (
        "{name} runs image {found} instead of {expected}",
        "{name} 运行的镜像为 {found}，应为 {expected}",
    ),
    "unwell": (
        "{name} did not run well in time: it is {state}, its health is {health}",
        "{name} 未在规定时间内正常运行：状态为 {state}，健康状况为 {health}",
    ),
    "not_done": ("{found} runs, not {expected}", "运行的是 {found}，而不是 {expected}"),
    "start": (
        "Say how the container is started: one of `unit`, `compose` and `apply`",
        "请指明如何启动容器：`unit`、`compose`、`apply` 三者之一",
    ),
    "steady": ("`within` must be longer than `steady`", "`within` 必须长于 `steady`"),
    "file": ("`file` must be an absolute path, not {file}", "`file` 必须是绝对路径，而不是 {file}"),
}


class Container(Part, frozen=True):
    image: Text
    name: Text
    file: Text
    key: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]*$")] = "IMAGE"
    unit: str = ""
    compose: str = ""
    service: str = ""
    apply: str = ""
    pull: bool = True
    tool: str = ""
    steady_s: Duration = field(default=5.0, name="steady")
    within_s: Duration = field(default=120.0, name="within")


class ContainerDriver(Technology):
    manifest = Manifest(
        name="container",
        version=VERSION,
        item=Container,
        summary={
            "en": "Switches a container to another image, by digest, and back",
            "zh": "把容器按摘要切换到另一个镜像，可切换回来",
        },
        literal=LITERAL,
        words=words("container", WORDS),
        example='- container: {image: "registry.example/orders:{version}", name: orders, file: /srv/orders/.env, '
        "key: ORDERS_IMAGE, compose: /srv/orders/compose.yaml, service: orders}",
    )

    def expand(self, item: Container, setting: Setting) -> tuple[Template, ...]:
        named = {"image": pinned(item.image), "name": pinned(item.name), "tool": item.tool}
        brought = Action(Kind.FETCH, "container", named | {"pull": "yes" if item.pull else "no"})
        args = named | {
            "file": pinned(item.file),
            "key_name": item.key,
            "unit": item.unit,
            "compose": item.compose,
            "service": item.service,
            "apply": item.apply,
            "steady_s": str(round(item.steady_s)),
            "within_s": str(round(item.within_s)),
        }
        writes = Traits(writes=True, lowers_capacity=True)
        switch = Action(Kind.INSTALL, "container", args, writes, LITERAL)
        undo = Action(Kind.INSTALL, "container", args | {"undo": True}, writes, LITERAL)
        timeout_s = item.within_s + 300.0
        return (
            Template("pull", brought, timeout_s=1800.0, estimate_s=20.0),
            Template("switch", switch, undo, timeout_s=timeout_s, estimate_s=15.0),
        )

    def complain(self, item: Container, setting: Setting) -> Complaints:
        found: Complaints = ()
        if sum(map(bool, (item.unit, item.compose, item.apply))) != 1:
            found += (("container.start", {}),)
        if not item.file.startswith(("/", "{")):
            found += (("container.file", {"file": item.file}),)
        if item.steady_s >= item.within_s:
            found += (("container.steady", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        if action.kind is Kind.FETCH:
            told = {name: str(args[name]) for name in ("image", "name", "tool", "pull")}
            return Script(body("container", "container-pull"), places(context) | told)
        if args.get("undo"):
            return script_of("container-back", action, context, {})
        return script_of("container-switch", action, context, {"ref": reference(action, context)})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("container", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        if action.kind is Kind.FETCH:
            return self.operate(action, context)  # bringing what is there changes nothing
        return script_of("container-look", action, context, {"ref": reference(action, context)})

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if action.kind is Kind.FETCH:
            return self.read(action, context, outcome)
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        wanted = (facts["old"] or facts["id"]) if action.args.get("undo") else facts["wanted"]
        if facts["id"] == wanted and facts["status"] == "running" and facts["health"] in ("", "healthy"):
            return Evidence(facts | {"previous": facts["old"]})
        return Failure(FailureKind.INTERRUPTED, "container.not_done", {"found": facts["id"], "expected": wanted})

    def preview(self, action: Action, context: Context) -> Script | None:
        return None if action.kind is Kind.FETCH else self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        done = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not done, f"{action.args['name']} → {action.args['image']}")


def reference(action: Action, context: Context) -> str:
    """The digest that the step before has found; the plan's own words where it has not run."""
    return str(context.forward.get("image", action.args["image"]))


def script_of(name: str, action: Action, context: Context, more: dict[str, str]) -> Script:
    args: dict[str, Any] = action.args
    known = ("name", "tool", "file", "key_name", "unit", "compose", "service", "steady_s", "within_s")
    told = {each: str(args[each]) for each in known} | {"words": args["apply"]} | more
    return Script(body("words", "container", name), places(context) | shell_variables(context) | told)


DRIVERS: tuple[Driver, ...] = (ContainerDriver(),)
