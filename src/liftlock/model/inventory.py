"""The hosts that a plan may name: groups, addresses, variables, connection."""

from msgspec import Struct


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """One inventory entry. `domain` is its failure domain (rack, zone); `state` its state folder for marks."""

    name: str
    address: str = ""
    connection: str = "ssh"  # ssh | local | sandbox
    user: str = ""
    port: int = 22
    state: str = ""  # empty: the connection's default, persistent, never derived from $HOME
    domain: str = ""
    variables: dict[str, str] = {}
    known_hosts: str = ""
    key: str = ""  # path of a private key; empty: the agent and the usual files
    root: str = ""  # sandbox: the host's folder


class Inventory(Struct, frozen=True):
    hosts: dict[str, Host]
    groups: dict[str, tuple[str, ...]]

    def members(self, group: str) -> tuple[str, ...]:
        """Host names of a group, or the host itself where `group` names one; empty if neither is known."""
        if group in self.groups:
            return self.groups[group]
        return (group,) if group in self.hosts else ()
