"""Debian packages in exact versions, through apt: checked and fetched first, then installed, with the old ones kept.

Rules: what apt would remove, add or change beyond the plan's own packages is refused unless the plan names it; a
version falls only on the way back; the archive of every version that goes is on the host before anything is written;
packages restart no service; that it happened is read from dpkg, never from apt's exit status.
"""

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, field

from liftlock.drivers.apt_words import KINDS, WORDS
from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    pinned,
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
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]*[a-z0-9+](:[a-z0-9-]+)?", re.ASCII)
RELEASE = re.compile(r"([0-9]+:)?[0-9][A-Za-z0-9.+~:-]*", re.ASCII)
PATTERN = re.compile(r"[a-z0-9*?][a-z0-9+.*?-]*(:[a-z0-9-]+)?", re.ASCII)
HOLDS = {None: "as_is", True: "held", False: "free"}
SLOW_S = 1800.0  # downloading, unpacking and configuring


class Apt(Part, frozen=True):
    packages: Annotated[dict[Text, Text], Meta(min_length=1)]
    update: bool = True
    fresh_s: Duration = field(default=0.0, name="fresh")
    conffiles: Literal["keep", "replace"] = "keep"
    hold: bool | None = None
    also: tuple[Text, ...] = ()
    removes: tuple[Text, ...] = ()
    lock_wait_s: Duration = field(default=300.0, name="lock_wait")


class AptDriver(Technology):
    manifest = Manifest(
        name="apt",
        version=VERSION,
        item=Apt,
        summary={
            "en": "Installs Debian packages in exact versions, keeping the old ones for the way back",
            "zh": "安装指定版本的 Debian 软件包，并保留旧版本以备回退",
        },
        words=words("apt", WORDS),
        example='- apt: {packages: {orders: "{version}-1"}, also: [orders-common], conffiles: keep}',
    )

    def expand(self, item: Apt, setting: Setting) -> tuple[Template, ...]:
        args = arguments(item)
        writes = Traits(writes=True)
        fetch = Action(Kind.FETCH, "apt", args)
        install = Action(Kind.INSTALL, "apt", args, writes)
        undo = Action(Kind.INSTALL, "apt", {**args, "undo": True}, writes)
        timeout_s = SLOW_S + 2 * item.lock_wait_s
        return (
            Template("fetch", fetch, timeout_s=timeout_s, estimate_s=15.0),
            Template("install", install, undo, timeout_s=timeout_s, estimate_s=20.0),
        )

    def complain(self, item: Apt, setting: Setting) -> Complaints:
        return tuple((f"apt.{what}", fields) for what, fields in faults(arguments(item), written=True))

    def inquire(self, item: Apt, setting: Setting) -> Template:
        return Template("packages", Action(Kind.PRECHECK, "apt", arguments(item)), timeout_s=60.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> Script | Failure:
        for what, fields in faults(action.args):
            return Failure(FailureKind.REFUSED, f"apt.{what}", fields)
        args, told = action.args, known(action, context)
        if action.kind is Kind.PRECHECK:
            return Script(body("apt", "apt-world", "apt-inquire"), told)
        if action.kind is Kind.FETCH:
            told |= {"update": "yes" if args["update"] else "no", "fresh_min": str(round(args["fresh_s"] / 60))}
            return Script(body("apt", "apt-world", "apt-fetch"), told)
        kept = {"kept": str(context.forward.get("kept", ""))}
        return Script(body("apt", "apt-world", "apt-undo" if args.get("undo") else "apt-install"), told | kept)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("apt", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        """Fetching again is harmless, and tells more than a look."""
        if action.kind is not Kind.INSTALL:
            return None
        kept = {"kept": str(context.forward.get("kept", ""))}
        return Script(body("apt", "apt-world", "apt-look"), known(action, context) | kept)

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """In place: all of it, dpkg at rest, and nothing of ours left in the way. Somebody still installs: unknown."""
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        if facts["busy"]:
            return None
        rests = facts["interrupted"] == "no" and facts["policy"] == "free"
        if action.args.get("undo"):
            done = facts["began"] == "no" and facts["is_old"] in ("yes", "unknown")
        else:
            done = facts["began"] == "yes" and facts["is_new"] == "yes" and facts["marked"] == "yes"
        if done and rests:
            return Evidence({**context.forward, "after": facts["now"]} if not action.args.get("undo") else facts)
        return Failure(FailureKind.INTERRUPTED, "apt.partly", {"found": facts["now"]})

    def preview(self, action: Action, context: Context) -> Script | None:
        if action.kind is not Kind.INSTALL or action.args.get("undo") or faults(action.args):
            return None
        return Script(body("apt", "apt-world", "apt-show"), known(action, context))

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        result = self.read(action, context, outcome)
        if isinstance(result, Evidence):
            return Preview(bool(result.output.strip()), result.output.strip())
        told = WORDS[result.code.partition(".")[2]][0] if result.code.partition(".")[2] in WORDS else result.code
        return Preview(True, f"{result.output.strip()}\n{told.format(**result.fields)}".strip())


def arguments(item: Apt) -> dict[str, Any]:
    return {
        "packages": {pinned(name): pinned(version) for name, version in item.packages.items()},
        "update": item.update,
        "fresh_s": item.fresh_s,
        "conffiles": item.conffiles,
        "hold": HOLDS[item.hold],
        "also": list(item.also),
        "removes": list(item.removes),
        "lock_wait_s": item.lock_wait_s,
    }


def faults(args: dict[str, Any], *, written: bool = False) -> Complaints:
    """Names and versions that apt would take for something else. `written`: before variables are filled in."""
    found: Complaints = ()
    for name, version in args["packages"].items():
        if not PACKAGE.fullmatch(name):
            found += (("name", {"package": name}),)
        if not RELEASE.fullmatch(version) and not (written and "{" in version):
            found += (("exact", {"package": name, "version": version}),)
    patterns = [pattern for pattern in (*args["also"], *args["removes"]) if not PATTERN.fullmatch(pattern)]
    return found + tuple(("name", {"package": pattern}) for pattern in patterns)


def known(action: Action, context: Context) -> dict[str, str]:
    """What every script of this driver reads. On the way back files are the old packages' own."""
    args = action.args
    undo = bool(args.get("undo"))
    return places(context) | {
        "packages": "".join(f"{name} {version}\n" for name, version in args["packages"].items()),
        "also": " ".join(args["also"]),
        "removes": " ".join(args["removes"]),
        "lock_wait": str(round(args["lock_wait_s"])),
        "conffiles": "replace" if undo else args["conffiles"],
        "hold": "as_is" if undo else args["hold"],
    }


DRIVERS: tuple[Driver, ...] = (AptDriver(),)
