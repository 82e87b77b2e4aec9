"""Which kernel the boot loader (GRUB) starts next, chosen by its release, and chosen back.

Rules: a kernel is chosen only if its image, its initial file system and its entry of the menu are there. `once`: the
choice counts for one boot, so that a kernel that does not come up is not started again by whoever cuts the power. The
way back chooses the kernel that ran before. Whether it runs is looked at by the reboot.
"""

from typing import Any

from liftlock.drivers.technology import (
    VERSION,
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
from liftlock.model.part import Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

KINDS = {"other": FailureKind.INTERRUPTED, "not_chosen": FailureKind.UNHEALTHY}
WORDS = {
    "image": (
        "There is no kernel {release} to boot: {path} is missing. Install its package first",
        "没有可引导的内核 {release}：缺少 {path}。请先安装其软件包",
    ),
    "entry": (
        "The boot loader's menu has no entry for the kernel {release}: run update-grub and look",
        "引导菜单中没有内核 {release} 的条目：请运行 update-grub 并检查",
    ),
    "default": (
        "The boot loader does not remember a choice: /etc/default/grub must say GRUB_DEFAULT=saved (then update-grub)",
        "引导程序不会记住选择：/etc/default/grub 须写 GRUB_DEFAULT=saved（并运行 update-grub）",
    ),
    "not_chosen": (
        "The boot loader has chosen {found} instead of {expected}",
        "引导程序选择的是 {found}，而不是 {expected}",
    ),
    "other": ("The kernel {release} is not chosen for the next boot", "下次启动未选择内核 {release}"),
}


class Kernel(Part, frozen=True):
    boot: Text
    once: bool = False


class KernelDriver(Technology):
    manifest = Manifest(
        name="kernel",
        version=VERSION,
        item=Kernel,
        summary={
            "en": "Chooses the kernel that GRUB starts next, by its release",
            "zh": "按内核版本选择 GRUB 下次启动的内核",
        },
        shorthand="boot",
        words=words("kernel", WORDS),
        example="- kernel: {boot: 6.1.0-31-amd64}",
    )

    def expand(self, item: Kernel, setting: Setting) -> tuple[Template, ...]:
        args = {"release": item.boot, "once": item.once}
        choose = Action(Kind.CONFIGURE, "kernel", args, Traits(writes=True))
        undo = Action(Kind.CONFIGURE, "kernel", {**args, "once": False, "undo": True}, Traits(writes=True))
        return (Template("choose", choose, undo, timeout_s=60.0, estimate_s=1.0),)

    def operate(self, action: Action, context: Context) -> Script:
        return Script(body("kernel", "kernel-choose"), known(action, context))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("kernel", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        """Choosing back again is harmless, and tells more than a look."""
        return None if action.args.get("undo") else Script(body("kernel", "kernel-look"), known(action, context))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if is_chosen(action, facts) and facts["before"]:
            return Evidence(facts)
        return Failure(FailureKind.INTERRUPTED, "kernel.other", {"release": action.args["release"]})

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts = split_facts(outcome.output)[0]
        return Preview(not is_chosen(action, facts), f"{facts['running']} → {action.args['release']}")


def known(action: Action, context: Context) -> dict[str, str]:
    """The way back is to the kernel that ran when the step began."""
    undo, before = bool(action.args.get("undo")), str(context.forward.get("before", ""))
    told = {"release": before if undo else action.args["release"], "once": "yes" if action.args["once"] else "no"}
    return places(context) | told | {"back": "yes" if undo else "no"}


def is_chosen(action: Action, facts: dict[str, Any]) -> bool:
    return bool(facts["entry"]) and facts["entry"] == facts["next" if action.args["once"] else "saved"]


DRIVERS: tuple[Driver, ...] = (KernelDriver(),)
