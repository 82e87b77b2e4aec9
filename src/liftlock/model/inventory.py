"""The hosts that a plan may name: groups, addresses, variables, connection."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from liftlock.model.secret import SecretRef

Port = Annotated[int, Meta(ge=1, le=65535)]


class Become(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the login user runs one command as root or as another user. Who is root already needs none of it.

    `wrapper`: the one program that sudoers allow, which then runs the command. `password`: of the login user for sudo,
    of the other user for su.
    """

    method: Literal["sudo", "su", "none"] = "sudo"
    wrapper: Annotated[str, Meta(pattern="^(/.*)?$")] = ""
    user: str = "root"  # who root is there
    password: SecretRef | None = None


class Hop(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A host that is only passed through: a bastion. What is not said, the user's SSH configuration says."""

    address: str
    user: str = ""
    port: Port = 22
    known_hosts: str = ""
    key: str = ""


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
    become: Become = Become()
    jump: tuple[Hop, ...] = ()  # passed through in this order


class Inventory(Struct, frozen=True):
    hosts: dict[str, Host]
    groups: dict[str, tuple[str, ...]]

    def members(self, group: str) -> tuple[str, ...]:
        """Host names of a group, or the host itself where `group` names one; empty if neither is known."""
        if group in self.groups:
            return self.groups[group]
        return (group,) if group in self.hosts else ()
