"""ansible: what is asked of ansible-playbook, and what its counts mean. A stand-in shows what it was called with; the
real one is in tests/real/test_ansible.py."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.ansible import DRIVERS, Playbook, judged, lock_of
from liftlock.drivers.command import Secret
from liftlock.drivers.technology import body
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Irreversible,
    Kind,
    Preview,
    Script,
)
from liftlock.model.inventory import Host
from liftlock.model.ports import Artifact, Setting
from liftlock.model.schedule import CONTROLLER
from liftlock.model.secret import SecretRef
from liftlock.planfile.trees import Unfit, digest_tree

from .conftest import HOSTILE, Machine

DRIVER = DRIVERS[0]
STANDIN = """\
#!/bin/sh
printf '%s\\n' "$@" >"{folder}/argv"
env >"{folder}/env"
for each; do
  case $each in @*) cp -p "${{each#@}}" "{folder}/vars" ;; */hosts.json) cp "$each" "{folder}/hosts" ;; esac
done
cat /dev/fd/3 >"{folder}/vault" 2>/dev/null || :
echo @status=0
cat "{folder}/says" >>"$LIFTLOCK_TOLD"
exit "$(cat "{folder}/code")"
"""
FINE = {"ok": 3, "changed": 2, "unreachable": 0, "failures": 0, "skipped": 1, "rescued": 0, "ignored": 0}


def facts(hosts: dict[str, dict[str, int]] | None = None, **more: Any) -> dict[str, str]:
    hosts = {"h1": FINE} if hosts is None else hosts
    total = {name: sum(each[name] for each in hosts.values()) for name in FINE}
    told = {"ansible": "2.19.1", "nohosts": "", "hosts": json.dumps(hosts), "tasks": "[]", "caught": "{}"}
    return {key: str(value) for key, value in {**told, **total, "ended": "yes", "status": 0, **more}.items()}


class Desk:
    """A controller with a stand-in for ansible-playbook, and a project beside it."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.folder = machine, machine.root / "desk"
        (self.folder / "ansible").mkdir(parents=True)
        (self.folder / "ansible" / "site.yml").write_text("[]\n")
        self.program = self.folder / "ansible-playbook"
        self.program.write_text(STANDIN.format(folder=self.folder))
        self.program.chmod(0o755)
        self.say()

    def say(self, code: int = 0, **more: Any) -> None:
        (self.folder / "says").write_text("".join(f"@{name}={value}\n" for name, value in facts(**more).items()))
        (self.folder / "code").write_text(str(code))

    def action(self, **item: Any) -> Action:
        site = self.folder / "ansible"
        found = {
            "ansible/site.yml": Artifact(str(site / "site.yml"), digest_of(site / "site.yml"), 3),
            "ansible": Artifact(str(site), *digest_tree(str(site), 10**6)),
        }
        setting = Setting("orders", "1.0", "1.1", False, {}, found, {})
        item = {"playbook": "ansible/site.yml", "limit": "h1", "program": str(self.program), **item}
        return DRIVER.expand(Playbook(**item), setting)[0].action

    def context(self) -> Context:
        entry = Host(
            "h1", "10.0.0.1", user="ops", port=2222, known_hosts="/k h", key="/id", variables={"color": HOSTILE}
        )
        return self.machine.context(entry=entry, state="/never")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


def digest_of(path: Path) -> str:
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]


@pytest.fixture
def desk(machine: Machine) -> Desk:
    return Desk(machine)


def test_it_is_limited_to_the_host_with_variables_in_a_private_file(desk: Desk) -> None:
    given = {"text": HOSTILE, "deep": {"list": [1, True, {"secret": "env:X"}]}}
    action = desk.action(vars=given, tags=("a", "b"), options=("--forks=1",), env={"ANSIBLE_X": HOSTILE})
    result = desk.machine.operate(DRIVER, action, desk.context(), {"LIFTLOCK_SECRET_0": "s3cret"})
    assert isinstance(result, Evidence), result
    assert (result.facts["changed"], result.facts["ansible"]) == (2, "2.19.1")
    argv = desk.read("argv").splitlines()
    assert argv[4:] == ["--limit", "h1", "--tags=a,b", "--forks=1", str(desk.folder / "ansible/site.yml")]
    told = json.loads(desk.read("vars"))
    assert told["text"] == HOSTILE
    assert told["deep"]["list"] == [1, True, "{{ lookup('env', 'LIFTLOCK_SECRET_0') }}"]
    assert told["liftlock"]["from_version"] == "1.0"
    assert (desk.folder / "vars").stat().st_mode & 0o777 == 0o600
    assert f"ANSIBLE_X={HOSTILE}" in desk.read("env")
    assert "s3cret" not in desk.read("argv") + desk.read("vars")
    assert not list(desk.machine.state.glob("saved/*/*.play"))


def test_an_inventory_of_its_own_has_the_host_as_we_reach_it(desk: Desk) -> None:
    assert isinstance(desk.machine.operate(DRIVER, desk.action(groups=("web", "eu")), desk.context()), Evidence)
    groups = json.loads(desk.read("hosts"))["all"]["children"]
    assert groups.keys() == {"web", "eu"}
    assert groups["web"]["hosts"]["h1"] == {
        "color": HOSTILE,
        "ansible_host": "10.0.0.1",
        "ansible_port": 2222,
        "ansible_user": "ops",
        "ansible_ssh_private_key_file": "/id",
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=yes -o UserKnownHostsFile='/k h'",
    }


def test_a_vault_password_goes_through_a_descriptor(desk: Desk) -> None:
    action = desk.action(vault_password=Secret("env:V"), vault_id="prod")
    script = DRIVER.operate(action, desk.context())
    assert script.secrets == {"LIFTLOCK_VAULT": SecretRef("env:V")}
    result = desk.machine.operate(DRIVER, action, desk.context(), {"LIFTLOCK_VAULT": "s3cret $x `y`"})
    assert isinstance(result, Evidence), result
    assert desk.read("vault") == "s3cret $x `y`\n"
    assert "prod@/dev/fd/3" in desk.read("argv")
    assert "s3cret" not in desk.read("argv") + desk.read("env")


def test_what_was_approved_is_what_runs(desk: Desk) -> None:
    action = desk.action(project="ansible")
    (desk.folder / "ansible" / "roles").mkdir()
    (desk.folder / "ansible" / "x.retry").write_text("left behind")
    assert isinstance(desk.machine.operate(DRIVER, action, desk.context()), Evidence)
    (desk.folder / "ansible" / "roles" / "main.yml").write_text("- shell: rm -rf /\n")
    (desk.folder / "argv").unlink()
    failure = desk.machine.bad(DRIVER, action, desk.context())
    assert (failure.code, failure.kind) == ("ansible.altered", FailureKind.DEVIATED)
    assert failure.fields["file"] == str(desk.folder / "ansible")
    assert not (desk.folder / "argv").exists()


def test_without_ansible_it_says_so(desk: Desk) -> None:
    assert (
        desk.machine.bad(DRIVER, desk.action(program="/no/ansible-playbook"), desk.context()).code == "ansible.missing"
    )


def test_two_playbooks_do_not_run_against_one_host_at_once(desk: Desk) -> None:
    if shutil.which("flock", path=desk.machine.path) is None:
        pytest.skip("this machine has no flock")
    action, context = desk.action(), desk.context()
    assert isinstance(desk.machine.operate(DRIVER, action, context), Evidence)
    lock = Path(f"/var/tmp/liftlock-{os.getuid()}/playing") / lock_of(context)
    with lock.open() as held:
        subprocess.run(["flock", "-n", str(held.fileno())], pass_fds=[held.fileno()], check=True)
        assert desk.machine.bad(DRIVER, action, context).kind is FailureKind.TRANSIENT
        other = replace(context, host="h2")
        assert isinstance(desk.machine.operate(DRIVER, action, other), Evidence)
    assert isinstance(desk.machine.operate(DRIVER, action, context), Evidence)
    lock.unlink()


def test_a_look_changes_nothing_and_its_facts_are_not_printed_over(desk: Desk) -> None:
    desk.say(changed=1)
    action, context = desk.action(done_when="check"), desk.context()
    look = DRIVER.probe(action, context)
    assert isinstance(look, Script)
    outcome = desk.machine.run(look)
    assert {"--check", "--diff"} <= set(desk.read("argv").splitlines())
    settled = DRIVER.settle(action, context, outcome)
    assert isinstance(settled, Failure)
    assert (settled.kind, settled.fields) == (FailureKind.INTERRUPTED, {"changed": 1})
    shown = DRIVER.show(action, context, outcome)
    assert (shown.changes, "@status=0" in shown.text) == (True, True)
    desk.say(changed=0)
    assert isinstance(DRIVER.settle(action, context, desk.machine.run(look)), Evidence)
    assert DRIVER.show(action, context, desk.machine.run(look)) == Preview(False, "@status=0")
    desk.say(code=2, badhost="h1", badtask="t", badmessage="m")
    assert DRIVER.settle(action, context, desk.machine.run(look)) is None
    assert DRIVER.probe(desk.action(), context) is None


BAD = {"badhost": "h1", "badtask": "install", "badmessage": "no such package"}


@pytest.mark.parametrize(
    ("limit", "told", "code", "kind"),
    [
        ("h1", facts(), "", None),
        ("h2", facts(), "no_hosts", FailureKind.REFUSED),
        ("web", facts({}), "no_hosts", FailureKind.REFUSED),
        ("", facts(), "", None),
        ("h1,localhost", facts(), "", None),
        ("h1", facts(ended="", nohosts="yes"), "no_hosts", FailureKind.REFUSED),
        ("h1", facts(ended=""), "start", FailureKind.REFUSED),
        ("h1", {"status": "4"}, "start", FailureKind.REFUSED),
        ("h1", {}, "start", FailureKind.REFUSED),
        ("h1", facts({"h1": FINE | {"failures": 1}}, status=2, **BAD), "failed", FailureKind.REFUSED),
        ("h1", facts({"h1": FINE | {"unreachable": 1}}, status=4, **BAD), "unreachable", FailureKind.UNREACHABLE),
        ("h1", facts({"h1": FINE | {"unreachable": 1}}, status=0, **BAD), "unreachable", FailureKind.UNREACHABLE),
        ("h1", facts(status=250), "status", FailureKind.REFUSED),
    ],
)
def test_what_its_counts_mean(limit: str, told: dict[str, str], code: str, kind: FailureKind | None) -> None:
    result = judged(limit, told, "output")
    if kind is None:
        assert isinstance(result, Evidence)
        assert result.facts["hosts"] == {"h1": FINE}
        return
    assert isinstance(result, Failure)
    assert (result.code, result.kind, result.output) == (f"ansible.{code}", kind, "output")
    for words in DRIVER.manifest.words.values():
        words[result.code].format(**result.fields)


def test_rescued_failures_are_told() -> None:
    caught = {"h1": {"how": "failed", "task": "try", "message": "m"}}
    result = judged("h1", facts(caught=json.dumps(caught), rescued=1), "")
    assert isinstance(result, Evidence)
    assert (result.facts["caught"], result.facts["rescued"]) == (caught, 1)


def test_steps(setting: Setting) -> None:
    item = Playbook("up.yml", undo="back.yml", vars={"v": "{version}"}, kind="install")
    (template,) = DRIVER.expand(item, setting)
    assert (template.at, template.action.kind, template.action.args["limit"]) == (CONTROLLER, Kind.INSTALL, "{host}")
    assert template.undo is not None
    assert (template.undo.args["playbook"], template.undo.args["vars"]) == ("back.yml", {"v": "{version}"})
    once = DRIVER.expand(Playbook("up.yml", irreversible="sent mail", kind="migrate"), setting)[0].action.traits
    assert (once.stateful, once.reversal) == (True, Irreversible("sent mail"))


def test_complains(setting: Setting) -> None:
    def codes(**item: Any) -> list[str]:
        return [code.partition(".")[2] for code, _ in DRIVER.complain(Playbook("site.yml", **item), setting)]

    assert codes(options=("--forks=5", "-b")) == []
    assert codes(options=("-e", "--limit=x", "--vault-id=x", "-ihosts")) == ["options"] * 4
    assert codes(undo="x", restorable=True) == ["both"]
    assert codes(env={"a b": "c"}) == ["env"]


def test_a_folder_has_the_same_digest_here_and_in_a_shell(machine: Machine) -> None:
    tree = machine.root / "tree"
    for name in ("b/ü x.yml", "a.yml", "a/z", ".git/no", "b/__pycache__/no.pyc", "no.retry", "b'$(x)"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    (tree / "link").symlink_to("b")
    (tree / "broken").symlink_to("nowhere")
    digest, size = digest_tree(str(tree), 10**6)
    assert size == sum(len(name.encode()) for name in ("b/ü x.yml", "a.yml", "a/z", "b'$(x)", "b/ü x.yml"))
    for path, expected in ((tree, digest), (tree / "a.yml", digest_of(tree / "a.yml")), (tree / "none", "")):
        text = body("tree") + '\nsay sum "$(tree_sum "$path")"'
        assert machine.run(Script(text, {"path": str(path)})) == Exited(0, f"@sum={expected}\n")


def test_folders_that_have_no_digest(tmp_path: Path) -> None:
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "up").symlink_to("..")
    with pytest.raises(Unfit, match="holds it"):
        digest_tree(str(tmp_path), 10**6)
    os.unlink(tmp_path / "loop" / "up")
    (tmp_path / "loop" / "a\nb").write_text("x")
    with pytest.raises(Unfit, match="line end"):
        digest_tree(str(tmp_path), 10**6)
    with pytest.raises(OSError, match="No such file"):
        digest_tree(str(tmp_path / "none"), 10**6)
    (tmp_path / "loop" / "a\nb").rename(tmp_path / "ab")
    with pytest.raises(Unfit, match="more than"):
        digest_tree(str(tmp_path), 0)
