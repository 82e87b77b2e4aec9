"""Run by Ansible's own Python: reads every inventory of the corpus with ansible-core and prints what it makes of it.

    python ansible_real.py CORPUS PASSWORD_FILE > ansible_expected.json

One process for all of them. Nothing of it is imported by Liftlock or its tests.
"""

import datetime
import json
import os
import sys

from ansible import constants
from ansible.cli import CLI
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import EncryptedString
from ansible.plugins.loader import init_plugin_loader
from ansible.release import __version__
from ansible.template import Templar
from ansible.utils.display import Display
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

INTERNAL = {*constants.INTERNAL_STATIC_VARS, "omit"}


def plain(value):
    """JSON without Ansible's own types."""
    if isinstance(value, EncryptedString):
        return {"vault": str(value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"date": value.isoformat()}
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None if value is None else str(value)


def rendered(loader, variables, own):
    templar = Templar(loader=loader, variables=variables)
    found = {}
    for name in own:
        try:
            found[name] = plain(templar.template(variables[name]))
        except AnsibleError:
            found[name] = {"failed": True}
    return found


def look(case, secrets):
    loader = DataLoader()
    loader.set_basedir(case if os.path.isdir(case) else os.path.dirname(case))
    loader.set_vault_secrets(secrets)
    source = case
    if os.path.isdir(case):
        source = next(os.path.join(case, name) for name in sorted(os.listdir(case)) if name.startswith("inventory"))
    inventory = InventoryManager(loader=loader, sources=[source])
    manager = VariableManager(loader=loader, inventory=inventory)
    manager._hostvars = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
    hosts, groups = {}, {}
    for group in inventory.groups.values():
        groups[str(group.name)] = {
            "hosts": [str(host.name) for host in group.hosts],
            "children": sorted(str(child.name) for child in group.child_groups),
            "members": sorted(str(host.name) for host in group.get_hosts()),
        }
    for host in inventory.hosts.values():
        merged = manager.get_vars(host=host, include_hostvars=True, stage="all")
        own = [name for name in merged if name not in INTERNAL]
        hosts[str(host.name)] = {
            "variables": {str(name): plain(merged[name]) for name in own},
            "rendered": rendered(loader, merged, own),
        }
    return {"hosts": hosts, "groups": groups}


def main():
    corpus, password = sys.argv[1:]
    init_plugin_loader()
    for quiet in ("warning", "deprecated", "error", "display", "error_as_warning"):
        setattr(Display, quiet, lambda *args, **kwargs: None)
    constants.INVENTORY_ANY_UNPARSED_IS_FAILED = True
    constants.INVENTORY_UNPARSED_IS_FAILED = True
    ids = [f"default@{password}", f"prod@{password}"]
    secrets = CLI.setup_vault_secrets(DataLoader(), vault_ids=ids, auto_prompt=False)
    found = {}
    for name in sorted(os.listdir(corpus)):
        try:
            found[name] = look(os.path.join(corpus, name), secrets)
        except AnsibleError as error:
            found[name] = {"failed": type(error).__name__}
    found["ansible-core"] = __version__.rpartition(".")[0]
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
