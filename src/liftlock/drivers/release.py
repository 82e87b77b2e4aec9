"""A versioned folder from an archive: `into/releases/<version>`, with `current` switched to it in one rename.

Rules: nothing is unpacked before its SHA-256 and every member were checked on the host; what the switch replaced is
remembered there before the switch; the undo switches back to it and removes nothing that it did not make.
"""

from typing import Annotated, Literal

from msgspec import Meta

from liftlock.drivers.artifact import TEXTS, Artifact, complaints, digest_of, fetches
from liftlock.drivers.technology import (
    Complaints,
    Technology,
    body,
    pinned,
    places,
    read_script,
    script,
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

FORMATS = {
    ".tar": "tar",
    ".tar.gz": "tar.gz",
    ".tgz": "tar.gz",
    ".tar.bz2": "tar.bz2",
    ".tbz2": "tar.bz2",
    ".tar.xz": "tar.xz",
    ".txz": "tar.xz",
    ".zip": "zip",
}
KINDS = {"blob": FailureKind.TRANSIENT, "checksum": FailureKind.TRANSIENT, "moved": FailureKind.DEVIATED}
WORDS = {
    "format": (
        "{archive} is no archive that can be unpacked: .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz or .zip",
        "{archive} 不是可以解包的归档：应为 .tar、.tar.gz、.tgz、.tar.bz2、.tar.xz 或 .zip",
    ),
    "into": ("`into` must be an absolute path, not {into}", "`into` 必须是绝对路径，而不是 {into}"),
    "blob": ("The archive is not on the host: {path}", "主机上没有归档文件：{path}"),
    "checksum": (
        "The archive on the host has SHA-256 {found} instead of {expected}",
        "主机上归档的 SHA-256 为 {found}，应为 {expected}",
    ),
    "broken": ("The archive cannot be read; nothing was unpacked", "归档无法读取；未解出任何内容"),
    "unpack": ("Unpacking failed; what was unpacked is removed", "解包失败；已解出的内容已删除"),
    "strip": ("The archive does not hold exactly one folder at its top", "归档顶层不是恰好一个目录"),
    "space": (
        "Too little space: {need_kb} KiB are needed, {free_kb} KiB are free",
        "空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "owner": ("The release cannot be given to {owner}", "无法把发布目录的属主改为 {owner}"),
    "member_absolute": ("The archive holds an absolute path: {member}", "归档中有绝对路径：{member}"),
    "member_outside": ("The archive holds a path that leads outside: {member}", "归档中有指向外部的路径：{member}"),
    "member_link": ("The archive holds a link that leads outside: {member}", "归档中有指向外部的链接：{member}"),
    "member_special": (
        "The archive holds a device, a pipe or a socket: {member}",
        "归档中有设备、管道或套接字：{member}",
    ),
    "member_setuid": (
        "The archive holds a set-user-ID or set-group-ID member: {member}",
        "归档中有 setuid 或 setgid 成员：{member}",
    ),
    "member_unreadable": (
        "The archive holds a member whose listing cannot be trusted: {member}",
        "归档中有无法可靠列出的成员：{member}",
    ),
    "version": ("{version} cannot be the name of a folder", "{version} 不能作为目录名"),
    "occupied": ("{path} exists and is not a release of ours", "{path} 已存在，且不是本工具发布的目录"),
    "in_use": ("{path} is in use and came from another archive", "{path} 正在使用，且来自另一个归档"),
    "current": ("{path} is not a link", "{path} 不是链接"),
    "switch": ("{path} could not be switched", "{path} 无法切换"),
    "gone": ("The release to go back to is not there any more: {path}", "要回退到的发布目录已不存在：{path}"),
    "moved": (
        "`current` leads to {current} instead of {expected}: somebody moved it",
        "`current` 指向 {current} 而不是 {expected}：有人改动过",
    ),
}


class Release(Artifact, frozen=True):
    archive: Text
    into: Text
    keep: Annotated[int, Meta(ge=1)] = 3
    strip: Literal[0, 1] = 0
    owner: str = ""
    version: Text = "{version}"


class ReleaseDriver(Technology):
    manifest = Manifest(
        name="release",
        version="2",
        item=Release,
        summary={
            "en": "Unpacks an archive into releases/<version> and switches `current` to it",
            "zh": "把归档解到 releases/<version>，并原子地切换 `current`",
        },
        artifacts=("archive",),
        texts=TEXTS,
        words=words("release", WORDS),
        example="- release: {archive: dist/orders-1.1.tar.gz, sha256: 6f2c…, into: /srv/orders, keep: 3}",
    )

    def expand(self, item: Release, setting: Setting) -> tuple[Template, ...]:
        args = {
            "sha256": digest_of(item, item.archive, setting),
            "format": format_of(item.archive),
            "into": pinned(item.into).rstrip("/"),
            "version": pinned(item.version),
            "keep": item.keep,
            "strip": item.strip,
            "owner": item.owner,
        }
        writes = Traits(writes=True)
        install = Action(Kind.INSTALL, "release", args, writes, ("sha256", "format"))
        undo = Action(Kind.INSTALL, "release", {**args, "undo": True}, writes, ("sha256", "format"))
        return (
            *fetches(item, item.archive, setting),
            Template("install", install, undo, timeout_s=900.0, estimate_s=10.0),
        )

    def complain(self, item: Release, setting: Setting) -> Complaints:
        found = complaints(item, item.archive, setting)
        if not format_of(item.archive):
            found += (("release.format", {"archive": item.archive}),)
        if not item.into.startswith(("/", "{")):
            found += (("release.into", {"into": item.into}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        if action.args.get("undo"):
            known = "previous" in context.forward
            remembered = {"known": "yes" if known else "no", "previous": str(context.forward.get("previous", ""))}
            return script("release-undo", where(action, context) | remembered)
        told = {name: str(action.args[name]) for name in ("sha256", "format", "keep", "strip", "owner")}
        return Script(body("blob", "release-install"), where(action, context) | told)

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("release", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script:
        return script("release-look", where(action, context))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        new = f"releases/{action.args['version']}"
        if action.args.get("undo"):
            before = context.forward.get("previous", facts["previous"] if "remembered" in facts else None)
            done = before is None or facts["current"] == before
        else:
            done = facts["current"] == new and facts["sha256"] == action.args["sha256"] and "remembered" in facts
        fields: dict[str, str | int | float] = {"current": facts["current"], "expected": new}
        return Evidence(facts) if done else Failure(FailureKind.INTERRUPTED, "release.moved", fields)

    def preview(self, action: Action, context: Context) -> Script:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        facts, new = split_facts(outcome.output)[0], f"releases/{action.args['version']}"
        same = facts["current"] == new and facts["sha256"] == action.args["sha256"]
        return Preview(not same, f"{action.args['into']}/current: {facts['current'] or '-'} → {new}")


def where(action: Action, context: Context) -> dict[str, str]:
    return places(context) | {"into": action.args["into"], "version": action.args["version"]}


def format_of(archive: str) -> str:
    """How it is packed, by its name; empty if it is not an archive."""
    name = archive.lower().partition("?")[0]
    return next((kind for ending, kind in FORMATS.items() if name.endswith(ending)), "")


DRIVERS: tuple[Driver, ...] = (ReleaseDriver(),)
