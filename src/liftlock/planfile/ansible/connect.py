"""How a host of an Ansible inventory is reached: its connection and become variables as Liftlock's own settings.

Rules: of several names for one setting the last of these tables holds, as in Ansible. A setting that cannot be read, or
that depends on a secret, is an error for the hosts that have it; passwords are references, never values. What Liftlock
knows and Ansible does not is said by `liftlock_state`, `liftlock_domain`, `liftlock_root`, `liftlock_connection`.
"""

import re
from collections.abc import Callable
from typing import Any, Literal

from liftlock.model.findings import Field, Finding
from liftlock.model.inventory import Become, Hop
from liftlock.model.secret import SecretRef
from liftlock.planfile.ansible.fleet import whole
from liftlock.planfile.ansible.render import Secretive, Unrendered, text_of
from liftlock.planfile.ansible.sshargs import SshArguments, read_arguments
from liftlock.planfile.ansible.written import Place, Variables, at
from liftlock.planfile.jumps import WRITTEN

NAMES = {
    "address": ("ansible_host", "ansible_ssh_host"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "key": ("ansible_private_key_file", "ansible_ssh_private_key_file"),
    "connection": ("ansible_connection", "liftlock_connection"),
    "become": ("ansible_become", "ansible_sudo"),
    "become_method": ("ansible_become_method",),
    "become_user": ("ansible_become_user",),
    "state": ("liftlock_state",),
    "domain": ("liftlock_domain",),
    "root": ("liftlock_root",),
    "known_hosts": ("liftlock_known_hosts",),
}
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
BECOME_PASSWORDS = ("ansible_become_password", "ansible_become_pass", "ansible_sudo_pass")
CONNECTIONS = {
    **dict.fromkeys(("ssh", "smart", "paramiko", "paramiko_ssh", "openssh", "ansible.builtin.ssh"), "ssh"),
    **dict.fromkeys(("local", "ansible.builtin.local"), "local"),
    "sandbox": "sandbox",
}
METHODS = {"sudo": "sudo", "su": "su", "ansible.builtin.sudo": "sudo", "ansible.builtin.su": "su"}
YES = ("yes", "on", "1", "true", "1.0")
LOOPBACK = "127.0.0.1"

Lookup = Callable[[str], Any]  # a variable, rendered; raises KeyError, Secretive, Unrendered
Reference = Callable[[str], SecretRef]  # raises Unrendered


class Connector:
    """One host's settings. `findings`: what is wrong with them."""

    def __init__(self, host: str, said: Variables, lookup: Lookup, reference: Reference) -> None:
        self.host, self.said, self.lookup, self.reference = host, said, lookup, reference
        self.findings: list[Finding] = []

    def settings(self) -> dict[str, Any]:
        """Fields of `Host`."""
        found = {name: self.setting(name) for name in NAMES}
        connection = self.connection(found.pop("connection"))
        arguments = self.arguments()
        become = self.become(found.pop("become"), found.pop("become_method"), found.pop("become_user"))
        port = found.pop("port") or arguments.port or "22"
        for name in PASSWORDS:
            if name in self.said and connection == "ssh":
                self.note("L418", name, variable=name)
                break
        return {
            **found,
            "connection": connection,
            "address": found["address"] or (LOOPBACK if connection != "ssh" else self.host),
            "user": found["user"] or arguments.user,
            "port": self.port(port),
            "key": found["key"] or arguments.key,
            "known_hosts": found["known_hosts"] or arguments.known_hosts,
            "become": become,
            "jump": self.jump(arguments),
        }

    def setting(self, field: str) -> str:
        """The text of a setting; empty if it is not said, or cannot be read."""
        name = next((name for name in reversed(NAMES[field]) if name in self.said), "")
        return self.text(name) if name else ""

    def text(self, name: str) -> str:
        try:
            value = self.lookup(name)
            if value is None or isinstance(value, str | int | float):
                return text_of(value).strip()
            given = text_of(value)
        except Secretive:
            self.note("L419", name, variable=name)
            return ""
        except Unrendered as error:
            given = error.problem
        self.note("L411", name, variable=name, given=given)
        return ""

    def connection(self, given: str) -> str:
        if given and given not in CONNECTIONS:
            self.note("L420", named(self.said, NAMES["connection"]), given=given)
        return CONNECTIONS.get(given, "ssh")

    def port(self, given: str) -> int:
        port = whole(given)
        if port is None or not 0 < port < 65536:
            self.note("L411", named(self.said, (*ARGUMENTS, *NAMES["port"])), variable="ansible_port", given=given)
            return 22
        return port

    def become(self, wanted: str, method: str, user: str) -> Become:
        """Not said: sudo, since playbooks often say `become` themselves."""
        if wanted and wanted.lower() not in YES:
            return Become(method="none")
        if method and method not in METHODS:
            self.note("L411", "ansible_become_method", variable="ansible_become_method", given=method)
        kind: Literal["sudo", "su"] = "su" if METHODS.get(method) == "su" else "sudo"
        return Become(method=kind, user=user or "root", password=self.password())

    def password(self) -> SecretRef | None:
        name = next((name for name in reversed(BECOME_PASSWORDS) if name in self.said), "")
        if not name or self.said[name].value in ("", None):
            return None
        try:
            return self.reference(name)
        except Unrendered as error:
            self.note("L411", name, variable=name, given=error.problem)
            return None

    def arguments(self) -> SshArguments:
        words = " ".join(self.text(name) for name in ARGUMENTS if name in self.said)
        found = read_arguments(words)
        where = named(self.said, ARGUMENTS)
        for option in found.loose:
            self.note("L417", where, option=option)
        for option in found.refused:
            self.note("L416", where, option=option)
        return found

    def jump(self, arguments: SshArguments) -> tuple[Hop, ...]:
        hops = []
        for text in arguments.jump:
            found = WRITTEN.fullmatch(re.sub(r"%[hpr]", "", text))
            if not found or not 0 < int(found[3] or 22) < 65536:
                self.note("L416", named(self.said, ARGUMENTS), option=f"ProxyJump={text}")
            else:
                hops.append(Hop(found[2].strip("[]"), found[1] or "", int(found[3] or 22), key=arguments.hop_key))
        return tuple(hops)

    def note(self, code: str, name: str, **fields: Field) -> None:
        place = self.said[name].place if name in self.said else Place("")
        self.findings.append(at(code, place, **fields))


def named(said: Variables, names: tuple[str, ...]) -> str:
    """The name that was used, of several for one setting."""
    return next((name for name in reversed(names) if name in said), names[0])
