"""Bringing an artifact to a host, and putting it where it belongs: for itself, and for every driver that needs one.

Rule: see `artifact`. What the file replaced is kept on the host, and the undo puts it back; a file that somebody
changed since then stays as it is, and a person is told.
"""

from typing import Annotated

from msgspec import Meta

from liftlock.drivers.artifact import (
    TEXTS,
    Artifact,
    complaints,
    digest_of,
    fetches,
    of_blob,
    operation_of,
    place_of,
    verification,
)
from liftlock.drivers.technology import VERSION, Complaints, Technology, pinned, read_script, split_facts, words
from liftlock.model.actions import (
    Action,
    Context,
    Delivered,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Operation,
    Outcome,
    Preview,
    Script,
    Traits,
)
from liftlock.model.part import Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

KINDS = {
    "blob": FailureKind.TRANSIENT,
    "checksum": FailureKind.TRANSIENT,
    "broken": FailureKind.TRANSIENT,
    "changed": FailureKind.DEVIATED,
}
WORDS = {
    "blob": ("The artifact is not on the host: {path}", "主机上没有该制品：{path}"),
    "checksum": ("{path} has SHA-256 {found} instead of {expected}", "{path} 的 SHA-256 为 {found}，应为 {expected}"),
    "no_tool": (
        "Neither curl nor a wget that checks certificates is on the host: install one, or say `via: controller`",
        "主机上没有 curl，也没有会校验证书的 wget:请安装其一，或写 `via: controller`",
    ),
    "refused": ("{url} cannot be got: {why}", "无法取得 {url}：{why}"),
    "broken": (
        "{url} could not be got whole ({have_kb} KiB are here): {why}",
        "{url} 未能完整取得（已有 {have_kb} KiB）：{why}",
    ),
    "size": (
        "The artifact has {size_kb} KiB or more; {most_kb} KiB are allowed (`max_mb`)",
        "制品达到或超过 {size_kb} KiB；上限为 {most_kb} KiB(`max_mb`)",
    ),
    "space": (
        "Too little space: {need_kb} KiB are needed, {free_kb} KiB are free",
        "空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "no_verifier": (
        "{tool}, which verifies the signature, is not on the host: install it",
        "主机上没有用于验证签名的 {tool}：请安装",
    ),
    "unsigned": (
        "The signature ({by}) is not a good one of {signer}: {why}. The artifact is not used",
        "签名（{by}）不是 {signer} 的有效签名：{why}。不会使用该制品",
    ),
    "not_done": ("It is not done", "尚未完成"),
    "gone": ("The controller has no copy that could be sent", "控制端没有可以发送的副本"),
    "folder": ("{path} is a folder", "{path} 是目录"),
    "owner": ("The file cannot be given to {owner}", "无法把文件的属主改为 {owner}"),
    "changed": (
        "{path} was changed since it was put there: it stays; decide what it should be",
        "{path} 放置后被改动过：保持原样，请决定应为何物",
    ),
    "lost": ("What was there before is not kept any more: {path}", "原有文件的留存已不在：{path}"),
    "digest": (
        "{source} has no digest: say `sha256`, or name a list of `checksums`",
        "{source} 没有摘要：请写 `sha256`，或用 `checksums` 指明校验和清单",
    ),
    "unlisted": (
        "{checksums} does not have {source} as it is",
        "{checksums} 中没有与现状相符的 {source}",
    ),
    "credentials": (
        "A {source} address must hold no user and password: use `headers` with a reference",
        "{source} 地址中不得含有用户和密码：请用 `headers` 并写引用",
    ),
    "header": ("{name} cannot be the name of a header", "{name} 不能作为头部名称"),
    "verifier": (
        "Say by what the signature is verified: one of `signers`, `minisign_key` and `keyring`",
        "请指明用什么验证签名：`signers`、`minisign_key`、`keyring` 三者之一",
    ),
    "nothing_signed": ("Signers are named, but no `signature`", "写了签名者，但没有 `signature`"),
    "signer": (
        "{signers} has no signer {identity} for the namespace {namespace}",
        "{signers} 中没有命名空间 {namespace} 的签名者 {identity}",
    ),
    "to": ("`to` must be an absolute path, not {to}", "`to` 必须是绝对路径，而不是 {to}"),
}


class Fetch(Artifact, frozen=True):
    source: Text
    to: str = ""
    mode: Annotated[str, Meta(pattern="^[0-7]{3,4}$")] = "644"
    owner: str = ""


class FetchDriver(Technology):
    manifest = Manifest(
        name="fetch",
        version=VERSION,
        item=Fetch,
        summary={
            "en": "Brings a file to the host, verified by digest and signature, and puts it in its place",
            "zh": "把文件送到主机，按摘要和签名验证，并放到指定位置",
        },
        shorthand="source",
        artifacts=("source",),
        texts=TEXTS,
        words=words("fetch", WORDS),
        example='- fetch: {source: dist/orders-tool, to: /usr/local/bin/orders-tool, mode: "755", owner: root, '
        "signature: dist/orders-tool.sig, signers: allowed_signers, identity: release@example.com}",
    )

    def expand(self, item: Fetch, setting: Setting) -> tuple[Template, ...]:
        steps = fetches(item, item.source, setting)
        if not item.to:
            return steps
        args = {"to": pinned(item.to), "mode": item.mode, "owner": item.owner}
        args["sha256"] = digest_of(item, item.source, setting)
        place = Action(Kind.INSTALL, "fetch", args, Traits(writes=True), ("sha256",))
        undo = Action(Kind.INSTALL, "fetch", args | {"undo": True}, Traits(writes=True), ("sha256",))
        return (*steps, Template("place", place, undo, timeout_s=300.0, estimate_s=2.0))

    def complain(self, item: Fetch, setting: Setting) -> Complaints:
        found = complaints(item, item.source, setting)
        if item.to and not item.to.startswith(("/", "{")):
            found += (("fetch.to", {"to": item.to}),)
        return found

    def operate(self, action: Action, context: Context) -> Operation | Failure:
        if action.kind is Kind.FETCH:
            return operation_of(action, context)
        name = "fetch-unplace" if action.args.get("undo") else "fetch-place"
        return of_blob(name, context, {name: str(action.args[name]) for name in ("to", "mode", "owner", "sha256")})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        if isinstance(outcome, Delivered):
            return Evidence({"path": outcome.path, "size": outcome.size_bytes, "sha256": action.args["sha256"]})
        return read_script("fetch", outcome, KINDS)

    def probe(self, action: Action, context: Context) -> Script | None:
        args = action.args
        if "signature" in args:
            return verification(action, context)
        if "to" in args:
            return of_blob("fetch-at", context, {"sha256": args["sha256"], "to": args["to"]})
        return of_blob("fetch-look", context, {"sha256": args["sha256"]} | place_of(args)) if "url" in args else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        if "signature" in action.args:
            return self.read(action, context, outcome)
        if not isinstance(outcome, Exited) or outcome.code:
            return None
        facts = split_facts(outcome.output)[0]
        done = is_placed(action, facts) if "to" in action.args else facts.get("done") == "yes"
        return Evidence(facts) if done else Failure(FailureKind.INTERRUPTED, "fetch.not_done")

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context) if "to" in action.args else None

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        if not isinstance(outcome, Exited) or outcome.code:
            return Preview(changes=True)
        found, wanted = split_facts(outcome.output)[0]["found"], action.args["sha256"]
        return Preview(found != wanted, f"{action.args['to']}: {found or '-'} → {wanted}")


def is_placed(action: Action, facts: dict[str, str]) -> bool:
    """As it should be, with what was there before kept; on the way back, as it was."""
    if not action.args.get("undo"):
        return facts["found"] == action.args["sha256"] and facts["before"] != ""
    return facts["found"] == facts["was"] if facts["before"] else True


DRIVERS: tuple[Driver, ...] = (FetchDriver(),)
