"""An Ansible playbook that exists already, as a step: run at the controller by the person's own `ansible-playbook`.

Rules: it is limited to the lane's host; what came of it is read from what Ansible counted for each host, never from an
exit status or from what is printed; a host that it could not reach, or never touched, is a failure. It runs under a
mark of the controller's own keeper, so a controller that dies finds it again. Playbook, inventory and project run only
if they are what was approved. Extra variables go through a private file, secrets through the environment, a vault
password through a descriptor: never through a command line.
"""

from hashlib import sha256
from typing import Any, Literal

import msgspec

from liftlock.drivers.ansible_inventory import generated
from liftlock.drivers.command import Secret, is_variable, reversal_of_words
from liftlock.drivers.technology import (
    SH,
    VERSION,
    Complaints,
    Technology,
    body,
    places,
    read_script,
    words,
)
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
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
from liftlock.model.schedule import CONTROLLER, Template
from liftlock.model.secret import SecretRef

COUNTS = ("ok", "changed", "unreachable", "failures", "skipped", "rescued", "ignored")
OWN_OPTIONS = ("-i", "-e", "-l", "-C", "-D", "--inventory", "--extra-vars", "--limit", "--check", "--diff", "--vault")
KINDS = {"busy": FailureKind.TRANSIENT, "altered": FailureKind.DEVIATED}
WORDS = {
    "missing": (
        "{program} is not at the controller: install ansible-core there, or say `program`",
        "控制端没有 {program}：请在控制端安装 ansible-core，或用 `program` 指明",
    ),
    "altered": (
        "{file} is not what was approved: its SHA-256 is {found}, not {expected}. Plan and approve it again",
        "{file} 与审批时不同：SHA-256 为 {found}，应为 {expected}。请重新计划并审批",
    ),
    "busy": (
        "Another playbook runs against {host} at this controller",
        "此控制端已有另一个 playbook 在对 {host} 执行",
    ),
    "start": (
        "Ansible ended with status {status} before it told what it did: see its output",
        "Ansible 以状态码 {status} 结束，未报告执行结果：请查看其输出",
    ),
    "no_hosts": (
        "The playbook did nothing on {limit}: no play is for it, or the inventory does not know it",
        "playbook 未对 {limit} 做任何事：没有适用的 play，或清单中没有该主机",
    ),
    "failed": ("{host}: task “{task}” failed: {message}", "{host}：任务“{task}”失败：{message}"),
    "unreachable": (
        "Ansible cannot reach {host} (task “{task}”): {message}",
        "Ansible 无法连接 {host}（任务“{task}”）：{message}",
    ),
    "status": (
        "Ansible counted no failure, but ended with status {status}: see its output",
        "Ansible 未统计到失败，但以状态码 {status} 结束：请查看其输出",
    ),
    "not_done": (
        "In check mode the playbook would still change {changed} things",
        "检查模式下 playbook 仍会改动 {changed} 处",
    ),
    "both": ("Say one of undo, irreversible and restorable", "undo、irreversible、restorable 只能写一个"),
    "env": ("{name} cannot be the name of a variable", "{name} 不能作为变量名"),
    "options": (
        "{option} has its own key here: inventory, vars, limit, vault_password; or is set by Liftlock",
        "{option} 在此有专用的键（inventory、vars、limit、vault_password），或由 Liftlock 设置",
    ),
}


class Playbook(Part, frozen=True):
    playbook: Text
    inventory: str = ""
    project: str = ""
    limit: Text = "{host}"
    groups: tuple[Text, ...] = ()
    vars: dict[str, Any] = {}
    env: dict[str, str | Secret] = {}
    tags: tuple[Text, ...] = ()
    skip_tags: tuple[Text, ...] = ()
    options: tuple[Text, ...] = ()
    vault_password: Secret | None = None
    vault_id: Text = "default"
    undo: str = ""
    irreversible: str = ""
    restorable: bool = False
    writes: bool = True
    kind: Literal["command", "install", "configure", "migrate"] = "command"
    done_when: Literal["", "check"] = ""
    program: Text = "ansible-playbook"


class AnsibleDriver(Technology):
    manifest = Manifest(
        name="ansible",
        version=VERSION,
        item=Playbook,
        summary={
            "en": "Runs an existing Ansible playbook against the host, from the controller",
            "zh": "在控制端对主机执行已有的 Ansible playbook",
        },
        shorthand="playbook",
        artifacts=("playbook", "undo"),
        trees=("inventory", "project"),
        words=words("ansible", WORDS),
        example="- ansible: {playbook: ansible/site.yml, inventory: ansible/hosts.ini, project: ansible, "
        'undo: ansible/back.yml, vars: {app_version: "{version}"}}',
    )

    def expand(self, item: Playbook, setting: Setting) -> tuple[Template, ...]:
        kind, action = Kind(item.kind), args_of(item, item.playbook, setting)
        reversal = reversal_of_words(item.irreversible, item.restorable)
        traits = Traits(item.writes, kind is Kind.MIGRATE, reversal=reversal)
        undo = None
        if item.undo:
            undo = Action(kind, "ansible", args_of(item, item.undo, setting), Traits(item.writes), LITERAL)
        forward = Action(kind, "ansible", action, traits, LITERAL)
        return (Template("playbook", forward, undo, at=CONTROLLER, timeout_s=1800.0, estimate_s=60.0),)

    def complain(self, item: Playbook, setting: Setting) -> Complaints:
        found: Complaints = tuple(("ansible.env", {"name": name}) for name in item.env if not is_variable(name))
        found += tuple(("ansible.options", {"option": each}) for each in item.options if each.startswith(OWN_OPTIONS))
        if sum(map(bool, (item.undo, item.irreversible, item.restorable))) > 1:
            found += (("ansible.both", {}),)
        return found

    def operate(self, action: Action, context: Context) -> Script:
        return script_of(action, context, "play")

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        ended = read_script("ansible", outcome, KINDS)
        if isinstance(ended, Failure):
            return ended
        return judged(action.args["limit"], ended.facts, ended.output)

    def probe(self, action: Action, context: Context) -> Script | None:
        return script_of(action, context, "check") if action.args["done_when"] == "check" else None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        seen = self.read(action, context, outcome)
        if not isinstance(seen, Evidence):
            return None
        if seen.facts["changed"] == 0:
            return seen
        return Failure(FailureKind.INTERRUPTED, "ansible.not_done", {"changed": seen.facts["changed"]}, seen.output)

    def preview(self, action: Action, context: Context) -> Script:
        return script_of(action, context, "check")

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        seen = self.read(action, context, outcome)
        return Preview(not isinstance(seen, Evidence) or seen.facts["changed"] > 0, seen.output.strip())


LITERAL = ("playbook", "inventory", "project", "files")


def args_of(item: Playbook, playbook: str, setting: Setting) -> dict[str, Any]:
    """Everything that one run needs, paths absolute; what it reads is listed with its digest."""
    given = (playbook, item.inventory, item.project)
    found = {name: setting.artifacts[name] for name in given if name in setting.artifacts}
    paths = [found[name].path if name in found else name for name in given]
    env = {name: {"secret": value.secret} if isinstance(value, Secret) else value for name, value in item.env.items()}
    vault = item.vault_password
    return {
        "playbook": paths[0],
        "inventory": paths[1],
        "project": paths[2] or paths[0].rpartition("/")[0] or "/",
        "files": {each.path: each.sha256 for each in found.values()},
        "limit": item.limit,
        "groups": list(item.groups) or [setting.component],
        "vars": item.vars,
        "env": env,
        "options": options_of(item),
        "vault": {"password": {"secret": vault.secret} if vault else "", "id": item.vault_id},
        "done_when": item.done_when,
        "program": item.program,
    }


def options_of(item: Playbook) -> list[str]:
    tags = [f"--tags={','.join(item.tags)}"] if item.tags else []
    skipped = [f"--skip-tags={','.join(item.skip_tags)}"] if item.skip_tags else []
    return [*tags, *skipped, *item.options]


def script_of(action: Action, context: Context, mode: str) -> Script:
    """`mode`: play, or check, which changes nothing."""
    args: dict[str, Any] = action.args
    secrets = {name: SecretRef(value["secret"]) for name, value in args["env"].items() if isinstance(value, dict)}
    if isinstance(args["vault"]["password"], dict):
        secrets["LIFTLOCK_VAULT"] = SecretRef(args["vault"]["password"]["secret"])
    variables = with_lookups({"liftlock": told(context), **args["vars"]}, secrets)
    texts = {name: value for name, value in args["env"].items() if isinstance(value, str)}
    known = {
        "state": "",  # the controller's own, not the host's
        "alone": lock_of(context),
        "about": context.host,
        "mode": mode,
        "generated": "" if args["inventory"] else generated(context, args["groups"]),
        "vars": msgspec.json.encode(variables).decode(),
        "files": "\n".join(args["files"]),
        "sums": "\n".join([*args["files"].values(), ""]),
        "options": "\n".join(args["options"]),
        "plugin": (SH / "ansible-told.py").read_text(),
        "vault_id": args["vault"]["id"],
        "folder": args["project"],
        "names": " ".join(texts),
    }
    known |= {name: args[name] for name in ("playbook", "inventory", "limit", "program")}
    known |= {f"u_{name}": value for name, value in texts.items()}
    return Script(body("tree", "ansible-play"), places(context) | known, secrets)


def lock_of(context: Context) -> str:
    """A name for the host that is the same whoever runs a playbook against it."""
    entry = context.entry
    place = f"{context.host} {context.address} {entry.port if entry else ''}"
    return sha256(place.encode()).hexdigest()[:24]


def told(context: Context) -> dict[str, str | bool]:
    """What every playbook may use as `liftlock.version`, `liftlock.back` …"""
    return {
        "run": context.run,
        "step": context.step,
        "host": context.host,
        "component": context.component,
        "version": context.version,
        "from_version": context.from_version,
        "to_version": context.to_version,
        "back": context.back,
    }


def with_lookups(value: Any, secrets: dict[str, SecretRef]) -> Any:
    """The same, each reference to a secret replaced by a look into the environment, where it will be: `secrets`."""
    if isinstance(value, dict):
        if value.keys() == {"secret"} and isinstance(value["secret"], str):
            name = f"LIFTLOCK_SECRET_{len(secrets)}"
            secrets[name] = SecretRef(value["secret"])
            return f"{{{{ lookup('env', '{name}') }}}}"
        return {key: with_lookups(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_lookups(item, secrets) for item in value]
    return value


def judged(limit: str, facts: dict[str, Any], output: str) -> Evidence | Failure:
    """What Ansible counted, host by host. A host that it could not reach counts as one, whatever else went well."""
    status = int(facts.get("status", -1))
    if facts.get("ended") != "yes":
        if facts.get("nohosts") == "yes" and status == 0:
            return Failure(FailureKind.REFUSED, "ansible.no_hosts", {"limit": limit}, output)
        return Failure(FailureKind.REFUSED, "ansible.start", {"status": status}, output)
    hosts = msgspec.json.decode(facts["hosts"], type=dict[str, dict[str, int]])
    if "badhost" in facts:
        bad = facts["badhost"]
        lost = hosts.get(bad, {}).get("unreachable", 0) > 0
        kind, code = (FailureKind.UNREACHABLE, "unreachable") if lost else (FailureKind.REFUSED, "failed")
        fields = {"host": bad, "task": facts["badtask"], "message": facts["badmessage"]}
        return Failure(kind, f"ansible.{code}", fields, output)
    if not hosts or (is_one_host(limit) and limit not in hosts):
        return Failure(FailureKind.REFUSED, "ansible.no_hosts", {"limit": limit or "all"}, output)
    if status != 0:
        return Failure(FailureKind.REFUSED, "ansible.status", {"status": status}, output)
    seen: dict[str, Any] = {name: int(facts[name]) for name in COUNTS}
    seen |= {"hosts": hosts, "tasks": msgspec.json.decode(facts["tasks"]), "ansible": facts["ansible"]}
    if caught := msgspec.json.decode(facts["caught"]):
        seen["caught"] = caught
    return Evidence(seen, output)


def is_one_host(limit: str) -> bool:
    return bool(limit) and not any(mark in limit for mark in ",:*?[]!&~@") and limit != "all"


DRIVERS: tuple[Driver, ...] = (AnsibleDriver(),)
