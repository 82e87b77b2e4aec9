"""What goes wrong in the world. A port raises `WorldError`; anything else that is raised is our own bug."""

from enum import Enum


class WorldKind(Enum):
    """Why the world did not answer as asked."""

    UNREACHABLE = "unreachable"  # no connection could be made, or it was lost and did not come back
    AUTHENTICATION = "authentication"
    HOST_KEY = "host-key"  # the host is not the one that we knew
    TIMEOUT = "timeout"
    REBOOTED = "rebooted"  # another boot id than the intent named: nothing was started
    HOST_FULL = "host-full"  # no space or read-only: the mark could not be made, nothing was started
    DENIED = "denied"  # sudo, su or a wrapper on the host does not let us
    REFUSED = "refused"  # the peer answered, and said no
    STORE_FULL = "store-full"
    STORE_LOCKED = "store-locked"
    STORE_CORRUPT = "store-corrupt"
    STORE_NEWER = "store-newer"  # written by a newer version of the program
    MISSING = "missing"  # a file, an artifact, a secret that was named is not there


class WorldError(Exception):
    """A port's one error: `kind` for the program, `message` for a person, `fields` for the catalogue of words."""

    def __init__(self, kind: WorldKind, message: str, **fields: str | int | float) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.fields = fields


class StaleError(Exception):
    """The stream moved on (`size`) or its epoch was raised: load what is new, decide again."""

    def __init__(self, stream: str, size: int, epoch: int) -> None:
        super().__init__(f"{stream}: now at size {size}, epoch {epoch}")
        self.stream = stream
        self.size = size
        self.epoch = epoch
