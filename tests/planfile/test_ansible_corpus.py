"""What Liftlock reads from an inventory is what Ansible reads: host by host, group by group, variable by variable.

`ansible_expected.json` is what ansible-core said of the corpus (`ansible_real.py`); where Ansible is installed it is
asked again. `ansible_differences.yaml` lists every difference that is meant, with its reason: any other fails, and so
does one that is listed and is none.
"""

import json
import os
import subprocess
import sys
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from liftlock.model.findings import Severity
from liftlock.planfile.ansible.load import AnsibleInventory, Sources
from liftlock.planfile.ansible.render import Fleetwide, Unrendered
from liftlock.planfile.ansible.vault import decrypt
from liftlock.planfile.ansible.written import Vaulted

HERE = Path(__file__).parent
CORPUS, EXPECTED = HERE / "ansible_corpus", HERE / "ansible_expected.json"
PASSWORDS = {"default": [(HERE / "ansible_password.txt").read_bytes().strip()]}
CASES = sorted(path.name for path in CORPUS.iterdir())
FAILED = {"failed": True}


@cache
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EXPECTED.read_text())
    return found


def expected() -> dict[str, Any]:
    return {case: found for case, found in record().items() if case != "ansible-core"}


def differences() -> dict[str, dict[str, list[str]]]:
    """Case -> reason -> what differs."""
    found: dict[str, dict[str, list[str]]] = yaml.safe_load((HERE / "ansible_differences.yaml").read_text())
    return found


def reveal(value: Vaulted) -> str:
    return decrypt(value.text, PASSWORDS).decode()


def plain(value: Any) -> Any:
    match value:
        case Vaulted():
            return {"vault": reveal(value)}
        case dict():
            return {str(key): plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case date():
            return {"date": value.isoformat()}
        case None | bool() | int() | float():
            return value
    return str(value)


def inventory_in(case: Path) -> Sources:
    if case.is_file():
        return Sources(str(case), str(CORPUS))
    source = next(path for path in sorted(case.iterdir()) if path.name.startswith("inventory"))
    return Sources(str(source), str(case))


def read(case: str) -> dict[str, Any]:
    """What Liftlock makes of it, in the form of `ansible_real.py`."""
    inventory = AnsibleInventory(inventory_in(CORPUS / case), lambda: PASSWORDS)
    scope, fleet = inventory.scope(reveal), inventory.fleet
    hosts = {}
    for name in fleet.hosts:
        said = inventory.variables(name)
        hosts[name] = {
            "variables": {key: plain(each.value) for key, each in said.items()},
            "rendered": {key: rendered(scope, name, key) for key in said},
        }
    groups = {
        name: {
            "hosts": list(group.hosts),
            "children": sorted(group.children),
            "members": sorted(inventory.members[name]),
        }
        for name, group in fleet.groups.items()
    }
    failed = any(each.severity is Severity.ERROR for each in inventory.notes.findings)
    return FAILED if failed else {"hosts": hosts, "groups": groups}


def rendered(scope: Fleetwide, host: str, name: str) -> Any:
    try:
        return plain(scope.value(host, name))
    except Unrendered:
        return FAILED


def differing(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Where two trees differ; of what only one of them has, its own place."""
    if "failed" in theirs or "failed" in ours:
        return [] if ("failed" in theirs) == ("failed" in ours) else ["failed"]
    found = []
    for kind in ("hosts", "groups"):
        for name in sorted({*ours[kind], *theirs[kind]}):
            one, other = ours[kind].get(name), theirs[kind].get(name)
            if one is None or other is None:
                found.append(f"{kind}/{name}")
            else:
                found += [f"{kind}/{name}/{each}" for each in leaves(one, other)]
    if list(ours["hosts"]) != list(theirs["hosts"]) and set(ours["hosts"]) == set(theirs["hosts"]):
        found.append("hosts")
    return found


def leaves(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    found = []
    for part in sorted({*one, *other}):
        mine, its = one.get(part), other.get(part)
        if isinstance(mine, dict) and isinstance(its, dict):
            keys = sorted({*mine, *its})
            found += [f"{part}/{key}" for key in keys if encoded(mine, key) != encoded(its, key)]
        elif mine != its:
            found.append(part)
    return found


def encoded(values: dict[str, Any], key: str) -> str:
    """Types count: 1 is not True, and 1.0 is not 1."""
    return json.dumps(values[key], sort_keys=True) if key in values else "missing"


def test_the_corpus_is_large_enough_and_known() -> None:
    assert len(CASES) >= 60
    assert set(expected()) == set(CASES)
    assert set(differences()) <= set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_is_what_ansible_reads(case: str) -> None:
    listed = [each for places in differences().get(case, {}).values() for each in places]
    assert sorted(differing(read(case), expected()[case])) == sorted(listed)


LISTINGS = HERE / "ansible_listings"


@pytest.mark.parametrize("listing", sorted(path.name for path in LISTINGS.glob("*-*.json")))
def test_the_output_of_ansible_inventory_gives_the_same_hosts_and_variables(listing: str) -> None:
    case = listing.removesuffix(".json")
    inventory = AnsibleInventory(Sources(str(LISTINGS / listing), str(LISTINGS)), lambda: PASSWORDS)
    theirs = expected()[case]
    read = {
        name: {key: plain(each.value) for key, each in inventory.variables(name).items()}
        for name in inventory.fleet.hosts
    }
    assert read == {name: host["variables"] for name, host in theirs["hosts"].items()}
    members = {name: sorted(each) for name, each in inventory.members.items() if each}
    assert members == {name: group["members"] for name, group in theirs["groups"].items() if group["members"]}


def test_encrypted_and_unsafe_values_of_a_listing() -> None:
    inventory = AnsibleInventory(Sources(str(LISTINGS / "vault.json")), lambda: PASSWORDS)
    assert rendered(inventory.scope(reveal), "h1", "q") == "from the listing"
    inventory = AnsibleInventory(Sources(str(LISTINGS / "values.json")), lambda: PASSWORDS)
    assert rendered(inventory.scope(reveal), "h1", "u") == "x{{y}}"
    assert rendered(inventory.scope(reveal), "h1", "v") == 1


@pytest.mark.real
def test_the_record_is_what_ansible_says_today() -> None:
    """Any Python with ansible-core of the recorded version will do: our own, or LIFTLOCK_ANSIBLE_PYTHON."""
    python = os.environ.get("LIFTLOCK_ANSIBLE_PYTHON") or (sys.executable if find_spec("ansible") else "")
    if not python:
        assert os.environ.get("LIFTLOCK_REAL") != "required", "ansible-core is not installed"
        pytest.skip("ansible-core is not installed")
    command = [python, str(HERE / "ansible_real.py"), str(CORPUS), str(HERE / "ansible_password.txt")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=HERE, env=environ).stdout
    assert json.loads(told) == record()
