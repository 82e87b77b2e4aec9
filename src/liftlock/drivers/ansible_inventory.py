"""One host of ours as an Ansible inventory, for a playbook whose plan names none. Host keys stay strict."""

from typing import Any

import msgspec

from liftlock.drivers.technology import NAME
from liftlock.model.actions import Context
from liftlock.model.inventory import Host


def generated(context: Context, groups: list[str]) -> str:
    """The lane's host, with its variables, in these groups: JSON, which is YAML to Ansible."""
    entry = context.entry or Host(context.host, context.address)
    mine = {name: value for name, value in entry.variables.items() if NAME.fullmatch(name)}
    host = mine | login(entry)
    return msgspec.json.encode(
        {"all": {"children": {name: {"hosts": {context.host: host}} for name in groups}}}
    ).decode()


def login(entry: Host) -> dict[str, Any]:
    if entry.connection != "ssh":
        return {"ansible_connection": "local"}
    options = ["-o StrictHostKeyChecking=yes"]
    if entry.known_hosts:
        options.append(f"-o UserKnownHostsFile={quoted(entry.known_hosts)}")
    told = {
        "ansible_host": entry.address or entry.name,
        "ansible_port": entry.port,
        "ansible_user": entry.user,
        "ansible_ssh_private_key_file": entry.key,
        "ansible_ssh_common_args": " ".join(options),
    }
    return {name: value for name, value in told.items() if value}


def quoted(path: str) -> str:
    return f"'{path}'" if " " in path and "'" not in path else path
