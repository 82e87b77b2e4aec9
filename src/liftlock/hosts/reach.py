"""Every host of an inventory, behind the port `Hosts`: connections `local`, `ssh` and `sandbox`."""

from collections.abc import Mapping

from liftlock.hosts.limits import Limits
from liftlock.model.inventory import Host
from liftlock.model.ports import Clock


class Reach:
    """Implements `liftlock.model.ports.Hosts`. `seed`: of the jitter between attempts to connect."""

    def __init__(
        self, hosts: Mapping[str, Host], clock: Clock, *, limits: Limits = Limits(), seed: int = 0, shell: str = "sh"
    ) -> None:
        self._hosts = hosts
        self._clock = clock
        self._limits = limits
