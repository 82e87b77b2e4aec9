"""A backup of files: an archive with a list of digests, which counts only after it was restored on trial.

Rules: the list is made before and after archiving and must be the same; the proof compares every restored file, its
mode, its owner (for root) and every link with the list; restoring verifies the archive first and the result last.
"""

import re
from hashlib import sha256
from typing import Annotated, Any

from msgspec import Meta

from liftlock.drivers.technology import VERSION, Complaints, Technology, body, pinned, places, read_script, words
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Kind, Outcome, Script, Traits
from liftlock.model.part import Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

NAME = "backup.files"
KINDS = {"changed": FailureKind.TRANSIENT, "unread": FailureKind.TRANSIENT}
WORDS = {
    "path": ("{path} is not an absolute path on one line", "{path} 不是单行的绝对路径"),
    "whole": (
        "{path} cannot be put back as files: name folders below /, without . and ..",
        "{path} 无法作为文件恢复：请写明 / 之下的目录，不含 . 与 ..",
    ),
    "relative": ("{path} is not an absolute path", "{path} 不是绝对路径"),
    "missing": ("There is nothing to back up at {path}", "没有可备份的内容：{path}"),
    "unread": ("Not everything could be read; there is no backup", "有内容无法读取；未形成备份"),
    "changed": ("The files changed while they were archived; there is no backup", "归档期间文件有变化；未形成备份"),
    "none": ("There is no backup to read", "没有可读取的备份"),
    "damaged": (
        "{path} is damaged: SHA-256 {found} instead of {expected}",
        "{path} 已损坏：SHA-256 为 {found}，应为 {expected}",
    ),
    "unpack": ("The backup cannot be unpacked", "备份无法解包"),
    "differs": ("What was restored is not what was backed up", "恢复的内容与备份时不一致"),
}


class BackupFiles(Part, frozen=True):
    files: Text | tuple[Text, ...]
    to: str = ""
    keep: Annotated[int, Meta(ge=0)] = 0
    sudo: bool = False


class BackupDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=BackupFiles,
        summary={
            "en": "Archives files and folders, and proves the archive by a trial restore",
            "zh": "归档文件和目录，并以试恢复证明其可用",
        },
        words=words(NAME, WORDS),
        example="- backup: {files: [/etc/orders, /var/lib/orders], keep: 5}",
    )

    def expand(self, item: BackupFiles, setting: Setting) -> tuple[Template, ...]:
        rights = {"sudo": item.sudo}
        args = {"files": [pinned(file) for file in names_of(item)], "to": pinned(item.to)} | rights
        return (
            Template(
                "backup",
                Action(Kind.BACKUP, NAME, args),
                Action(Kind.RESTORE, NAME, rights, Traits(writes=True)),
                timeout_s=3600.0,
                estimate_s=20.0,
            ),
            Template(
                "prove", Action(Kind.PROVE, NAME, {"keep": item.keep} | rights), timeout_s=3600.0, estimate_s=20.0
            ),
        )

    def complain(self, item: BackupFiles, setting: Setting) -> Complaints:
        wrong = [name for name in names_of(item) if "\n" in name or not name.startswith(("/", "{"))]
        if item.to and not item.to.startswith(("/", "{")):
            wrong.append(item.to)
        found = [("path", name) for name in wrong]
        found += [("whole", name) for name in names_of(item) if name not in wrong and is_whole(name)]
        return tuple((f"{NAME}.{what}", {"path": name}) for what, name in found)

    def operate(self, action: Action, context: Context) -> Script:
        args = action.args
        told = places(context) | {"sudo": "yes" if args["sudo"] else "no"}
        if action.kind is Kind.BACKUP:
            files = "\n".join(clean(file) for file in args["files"])
            told |= {"files": files, "to": args["to"], "set": set_of(action, context)}
            return Script(body("rights", "manifest", "backup-take"), told)
        if action.kind is Kind.PROVE:
            told |= {"keep": str(args["keep"])}
            return Script(body("rights", "manifest", "older", "backup-prove"), told | taken(context))
        return Script(body("rights", "manifest", "backup-restore"), told | taken(context))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script(NAME, outcome, KINDS)


def taken(context: Context) -> dict[str, str]:
    """Which backup: what the step that took it says. Empty if it says nothing."""
    return {name: str(context.forward.get(name, "")) for name in ("path", "sha256", "manifest")}


def names_of(item: BackupFiles) -> tuple[str, ...]:
    return (item.files,) if isinstance(item.files, str) else item.files


def set_of(action: Action, context: Context) -> str:
    """A name for the backups of these files of this host: readable, safe, the same in every run."""
    readable = re.sub(r"[^A-Za-z0-9-]", "_", f"{context.component}-{context.host}")[:80]
    return (
        f"{readable}-{sha256(repr((context.host, context.component, action.args['files'])).encode()).hexdigest()[:12]}"
    )


def is_whole(name: str) -> bool:
    """The whole file system, or a path that could lead there: putting it back would empty its folder first."""
    parts = [part for part in name.split("/") if part]
    return not parts or not {".", ".."}.isdisjoint(parts)


def clean(name: Any) -> str:
    """Without slashes at its end, which would make another name of a link."""
    return str(name).rstrip("/") or "/"


DRIVERS: tuple[Driver, ...] = (BackupDriver(),)
