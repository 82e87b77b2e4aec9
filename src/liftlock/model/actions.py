"""What can be done to a host: a closed set of kinds, each carried out by a driver.

A driver adds technologies, not kinds. The reverse of an action is itself an action, so undoing is performing.
"""

from enum import Enum
from typing import Any

from msgspec import Struct

from liftlock.model.canary import Span
from liftlock.model.inventory import Host
from liftlock.model.secret import SecretRef


class Kind(Enum):
    """What `decide` knows of an action."""

    PRECHECK = "precheck"  # greet the host; its stable facts are what the schedule assumes
    FETCH = "fetch"  # bring an artifact to the host; verified there
    BACKUP = "backup"
    PROVE = "prove"  # the trial restore that makes a backup count
    DRAIN = "drain"
    STOP = "stop"
    INSTALL = "install"
    CONFIGURE = "configure"
    MIGRATE = "migrate"
    START = "start"
    RESTART = "restart"
    REBOOT = "reboot"
    VERIFY = "verify"
    READMIT = "readmit"
    RESTORE = "restore"
    COMMAND = "command"
    CALL = "call"
    MANUAL = "manual"
    WAIT = "wait"


class Reversible(Struct, frozen=True, tag="reversible"):
    """The undo brings back what was there, and loses nothing written since."""


class Restorable(Struct, frozen=True, tag="restorable"):
    """Only a backup brings it back: what was written since is lost."""


class Irreversible(Struct, frozen=True, tag="irreversible"):
    """No way back, declared by a person."""

    because: str


Reversal = Reversible | Restorable | Irreversible


class Traits(Struct, frozen=True):
    """Frozen properties that `decide` reads. `writes`: changes what the component is or holds."""

    writes: bool = False
    stateful: bool = False
    lowers_capacity: bool = False
    reversal: Reversal = Reversible()


class Action(Struct, frozen=True):
    """What to do. Text in `args` is filled with the host's variables, except the arguments named in `literal`."""

    kind: Kind
    driver: str
    args: dict[str, Any] = {}
    traits: Traits = Traits()
    literal: tuple[str, ...] = ()


class Context(Struct, frozen=True):
    """What a driver may know beside the action. `forward` is the evidence of the step that is undone."""

    run: str
    step: str
    host: str
    address: str
    component: str
    version: str  # the version wanted now: `to` on the way up, `from` on the way back
    from_version: str
    to_version: str
    variables: dict[str, str] = {}
    assumes: dict[str, str] = {}
    forward: dict[str, Any] = {}
    state: str = ""  # the state folder on the host
    back: bool = False
    entry: Host | None = None  # the host's inventory entry: how it is reached
    span: Span | None = None  # the time that a look at a canary's metric is about


class Evidence(Struct, frozen=True):
    """What was read from the host. `facts` are small; `output` is the bounded tail of what the step printed."""

    facts: dict[str, Any] = {}
    output: str = ""


class FailureKind(Enum):
    TRANSIENT = "transient"  # worth another attempt
    REFUSED = "refused"  # another attempt would say the same
    UNHEALTHY = "unhealthy"  # the host was read, and is not what it should be
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    DEVIATED = "deviated"  # the host is not what the schedule assumes: a person looks
    INTERRUPTED = "interrupted"  # looked at after a loss, and found not done


class Failure(Struct, frozen=True):
    """Why a step did not do its work. `code` and `fields` name the words, `output` is what the host said."""

    kind: FailureKind
    code: str
    fields: dict[str, str | int | float] = {}
    output: str = ""


class Again(Struct, frozen=True):
    """Not yet: ask once more `after_s` seconds later, within the step's deadline.

    `so_far`: what the step has failed with if its deadline comes first; None: nothing but being late.
    `then`: what is asked instead from now on, where what was asked so far was only a look.
    `grows`: the wait doubles each time, up to a minute. `times`: ask at most so often again; 0: until the deadline.
    """

    after_s: float
    so_far: Failure | None = None
    then: "HttpCall | SocketCall | None" = None
    grows: bool = False
    times: int = 0


class Preview(Struct, frozen=True):
    """What a step would change on its host: a readable text, a unified diff where there is one."""

    changes: bool
    text: str = ""


# --- what a driver asks for ---------------------------------------------------------------------------


class Script(Struct, frozen=True, tag="script"):
    """A POSIX sh program. Values come in as `variables`, quoted in `hosts` and nowhere else.

    `body` is a constant of its driver, or the person's own text. The script ends with its work's exit status;
    lines `@name=value` of its output are its facts.
    """

    body: str
    variables: dict[str, str] = {}
    secrets: dict[str, SecretRef] = {}
    interpreter: str = "sh"


class HttpCall(Struct, frozen=True, tag="http"):
    """An HTTP request made from where the step runs. `repeatable`: asking twice is asking once.

    `secrets`: by header name; one named `body:<mark>` stands, as part of a JSON string, where the body has the mark.
    `ca`: certificates (PEM) that are trusted instead of the usual ones. `most_bytes`: of the answer, if more is read.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    secrets: dict[str, SecretRef] = {}
    body: str = ""
    timeout_s: float = 5.0
    repeatable: bool = True
    ca: str = ""
    most_bytes: int = 0


class SocketCall(Struct, frozen=True, tag="socket"):
    """A line protocol: connect, send `text`, read until the peer closes. `address` is `/path` or `host:port`.

    An empty `text`: connect, and that is all.
    """

    address: str
    text: str
    timeout_s: float = 5.0
    repeatable: bool = True


class Transfer(Struct, frozen=True, tag="transfer"):
    """Bring the artifact with this SHA-256 from `source` on the controller to the host's state folder."""

    source: str
    sha256: str


class Greet(Struct, frozen=True, tag="greet"):
    """Connect, and read the boot id and the stable facts."""


class Ask(Struct, frozen=True, tag="ask"):
    """A person does it and confirms; `people` different persons (双人复核)."""

    text: str
    people: int = 1


class Delay(Struct, frozen=True, tag="delay"):
    for_s: float


Operation = Script | HttpCall | SocketCall | Transfer | Greet | Ask | Delay


# --- what comes back ------------------------------------------------------------------------------------


class Exited(Struct, frozen=True, tag="exited"):
    """The script ended. `output` is bounded; `cut` says that the host printed more."""

    code: int
    output: str = ""
    cut: bool = False


class TimedOut(Struct, frozen=True, tag="timed-out"):
    """Ended by its deadline: what it did is not known."""

    output: str = ""


class Vanished(Struct, frozen=True, tag="vanished"):
    """The mark is there, the process is not, and left no exit status: the outcome is unknown."""

    output: str = ""


class Replied(Struct, frozen=True, tag="replied"):
    """`retry_after`: the header of this name."""

    status: int
    body: str = ""
    retry_after: str = ""


class Said(Struct, frozen=True, tag="said"):
    text: str


class Delivered(Struct, frozen=True, tag="delivered"):
    path: str
    size_bytes: int


class Greeting(Struct, frozen=True, tag="greeting"):
    """A host's stable facts, read at each connection without a fork: os, release, machine, hostname …"""

    boot: str
    facts: dict[str, str] = {}
    clock_skew_s: float = 0.0


class Confirmed(Struct, frozen=True, tag="confirmed"):
    by: tuple[str, ...]
    note: str = ""


class Elapsed(Struct, frozen=True, tag="elapsed"):
    pass


Outcome = Exited | TimedOut | Vanished | Replied | Said | Delivered | Greeting | Confirmed | Elapsed
