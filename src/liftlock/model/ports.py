"""What the loop asks of the world. Each port has a real and a simulated thing behind it, and one contract suite."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Delivered,
    Evidence,
    Exited,
    Failure,
    Greeting,
    HttpCall,
    Operation,
    Outcome,
    Preview,
    Replied,
    Said,
    Script,
    SocketCall,
    TimedOut,
    Transfer,
    Vanished,
)
from liftlock.model.events import Entry, Event
from liftlock.model.plan import Canary, Check, Metric
from liftlock.model.schedule import Source, Template
from liftlock.model.secret import SecretRef


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in the plan's time zone."""

    def monotonic(self) -> float:
        """Seconds; for durations."""

    async def sleep(self, for_s: float) -> None: ...


class Absent(Struct, frozen=True):
    """No mark: the attempt never started, and its tombstone now makes sure that it never will."""


ScriptOutcome = Exited | TimedOut | Vanished


class Hosts(Protocol):
    """How a Script reaches a host and an outcome comes back. Every method raises `WorldError` and nothing else.

    `mark` names run, step and attempt, at most 255 bytes of `[A-Za-z0-9._-]`; a script with the same mark runs once.
    """

    async def greet(self, host: str) -> Greeting:
        """Connect if need be."""

    async def perform(
        self, host: str, mark: str, script: Script, *, timeout_s: float, boot: str, env: Mapping[str, str]
    ) -> ScriptOutcome:
        """Run the script detached, once, and wait for its end, through reconnections.

        A mark that is already there is attached to, never run again. `boot`: if not empty and the host's boot id
        differs, nothing is started and `WorldError(REBOOTED, boot=<the new one>)` is raised. `env`: resolved
        secrets, by variable name.
        """

    async def attach(self, host: str, mark: str, *, timeout_s: float) -> ScriptOutcome | Absent:
        """Find out what became of an attempt: wait for its end, or bury its mark with a tombstone."""

    async def cancel(self, host: str, mark: str) -> None:
        """End an attempt and its children. Nothing happens if it has ended."""

    async def look(self, host: str, script: Script, *, timeout_s: float, env: Mapping[str, str]) -> Exited | TimedOut:
        """Run a read-only script, without a mark."""

    def rights(self, host: str, script: Script) -> Mapping[str, SecretRef]:
        """What a script there is given beside its own secrets, so that it may run commands as another user."""

    async def http(self, at: str, call: HttpCall, env: Mapping[str, str]) -> Replied: ...

    async def socket(self, at: str, call: SocketCall) -> Said: ...

    async def transfer(self, host: str, transfer: Transfer) -> Delivered:
        """Bring an artifact; verified by SHA-256 on the host; nothing is sent if it is there already."""

    async def sweep(self, host: str, run: str) -> None:
        """Clean up after a closed run: what it left in the state folder goes, one tombstone for the run stays."""

    async def close(self) -> None: ...


class Head(Struct, frozen=True):
    """Where a stream stands: entries, epoch, and the Merkle root over its entries (hex)."""

    stream: str
    size: int
    epoch: int
    root: str


class Store(Protocol):
    """The append-only record. An append that returned is durable; one that raised left nothing."""

    async def append(
        self,
        stream: str,
        events: Sequence[Event],
        at: datetime,
        *,
        epoch: int | None = None,
        size: int | None = None,
        raise_epoch: bool = False,
        claims: Mapping[str, int] | None = None,
    ) -> tuple[Entry, ...]:
        """Append all or none. Raises StaleError if the stream's epoch is above `epoch`, its size is not `size`,
        or a share of `claims` has a newer generation; None asks no question. `raise_epoch`: raise it first."""

    async def claim(self, stream: str, share: str, *, epoch: int) -> int:
        """A new generation for a share of the run's lanes: whoever held it before is refused from now on."""

    async def entries(self, stream: str, since: int = 0, limit: int | None = None) -> tuple[Entry, ...]: ...

    async def head(self, stream: str) -> Head | None: ...

    async def streams(self, prefix: str = "") -> tuple[str, ...]: ...

    async def lock(self, stream: str, names: Sequence[str]) -> dict[str, str]:
        """Lock names (hosts, load-balancer entries) for a run: all, or none with who holds which. Empty: locked."""

    async def unlock(self, stream: str) -> None: ...

    async def locked(self, stream: str) -> tuple[str, ...]:
        """The names that this run holds now."""

    async def put(self, data: bytes) -> str:
        """Keep a blob; answers its SHA-256."""

    async def get(self, sha256: str) -> bytes: ...

    async def checkpoint(self, stream: str) -> str:
        """Sign the stream's head: a C2SP signed note. Kept beside the stream, and answered."""

    async def close(self) -> None: ...


class Secrets(Protocol):
    def resolve(self, ref: SecretRef) -> str:
        """The value, or WorldError(MISSING)."""


class Artifact(Struct, frozen=True):
    """A file of the plan on the controller: absolute path, digest, size."""

    path: str
    sha256: str
    size_bytes: int


class Setting(Struct, frozen=True):
    """What a driver may know of the plan when it turns a recipe's item into steps."""

    component: str
    version_from: str
    version_to: str
    stateful: bool
    hosts: dict[str, dict[str, str]]  # every inventory host -> its variables, with `address`
    artifacts: dict[str, Artifact]  # as written in the plan -> what it is
    texts: dict[str, str]  # text files of the plan, as written -> content


class Manifest(Struct, frozen=True):
    """What a driver says of itself. `item` is the msgspec Struct of its recipe item (strict: unknown keys are
    findings); `shorthand` the field that a plain string fills. `words`: language -> code -> text with {fields}.
    `advice`: those of its complaints that are warnings; all others are errors. `recipe`: whether recipes have items of
    its own; without, it only measures."""

    name: str
    version: str
    item: type
    summary: dict[str, str]
    shorthand: str = ""
    artifacts: tuple[str, ...] = ()  # item fields that name binary files of the plan
    texts: tuple[str, ...] = ()  # item fields that name text files of the plan
    folders: tuple[str, ...] = ()  # item fields that name folders whose .sql files are texts, as `folder/name`
    trees: tuple[str, ...] = ()  # item fields that name files or whole folders of the plan, which are artifacts as well
    literal: tuple[str, ...] = ()  # item fields that are never filled with {variables}
    words: dict[str, dict[str, str]] = {}
    example: str = ""
    advice: tuple[str, ...] = ()
    recipe: bool = True


class Driver(Protocol):
    """One technology, pure: an action and a context in, an operation out; an outcome in, evidence or a failure out."""

    @property
    def manifest(self) -> Manifest: ...

    def expand(self, item: Any, setting: Setting) -> tuple[Template, ...]:
        """A recipe's item (decoded into `manifest.item`) as templates with their undo. ValueError((code, fields))
        is not raised: what cannot be expanded is the item's own type error or a finding of `complain`."""

    def complain(self, item: Any, setting: Setting) -> tuple[tuple[str, dict[str, str | int | float]], ...]:
        """What is wrong with an item beyond its types: (code, fields) with words in the manifest."""

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        """The template that reads a health check's figure (`value` in its evidence), if the check is this driver's."""

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        """Where a canary's metric is read, if it is this driver's.

        The look's context has a `span`; its evidence has `readings`: key -> list of `model.canary.Reading` as
        builtins, in order of time, and `cursor` where it reads on from there next time. Hosts without data are absent.
        """

    def inquire(self, item: Any, setting: Setting) -> Template | None:
        """The read-only template that reads what the technology is on a host (a PRECHECK), for the survey.

        Its evidence's facts are kept as `<component>.<name>`. Two names have a meaning for the order of hosts: `role`
        (`primary`, `replica`, `voter`, …), and `version`, the running one. None: there is nothing to read.
        """

    def operate(self, action: Action, context: Context) -> Operation | Failure:
        """What to do; a Failure where that cannot even be said (a template that does not render)."""

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again: ...

    def probe(self, action: Action, context: Context) -> Operation | None:
        """A read-only look that tells whether the action's effect is in place; None: there is none."""

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """Read a probe's outcome: in place, not in place (Failure INTERRUPTED), or None: unknown."""

    def preview(self, action: Action, context: Context) -> Operation | None:
        """A read-only operation from which `show` reads what would change."""

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview: ...


Drivers = Mapping[str, Driver]
