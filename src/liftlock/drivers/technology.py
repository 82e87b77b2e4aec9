"""What drivers have in common: a script's facts, the names of its failures, words in two languages.

Rule: a script names its own failure (`@failed=<code>`, then the fields of its words) and ends with status 65. Any other
end that is not 0 has one of three common codes: `exit`, `timeout`, `vanished`.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Operation,
    Outcome,
    Preview,
    Script,
    TimedOut,
    Vanished,
)
from liftlock.model.plan import Canary, Check, Metric
from liftlock.model.ports import Manifest, Setting
from liftlock.model.schedule import Source, Template
from liftlock.model.secret import SecretRef

VERSION = "1"
NAMED_FAILURE = 65  # EX_DATAERR of sysexits.h: the script said what is wrong
FACT = re.compile(r"@([A-Za-z][A-Za-z0-9_]*)=(.*)")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
OWN_NAME = re.compile(r"PATH|HOME|IFS|ENV|BASH_ENV|PWD|SHELLOPTS|PS[1-4]|OPTIND|LD_.*|LIFTLOCK_.*|ll_.*|u_.*|_")
TOLD = ("host", "address", "component", "version", "from_version", "to_version")
SH = Path(__file__).parent / "sh"
COMMON = {
    "exit": ("The script ended with status {status}", "脚本以状态码 {status} 结束"),
    "timeout": ("The script did not end in time", "脚本未在规定时间内结束"),
    "vanished": ("The script disappeared without leaving its result", "脚本消失，没有留下结果"),
}

Complaints = tuple[tuple[str, dict[str, str | int | float]], ...]


class Technology:
    """A driver with no gauge, inquiry, probe or preview, and no complaints: what each adds is its own."""

    manifest: Manifest

    def complain(self, item: Any, setting: Setting) -> Complaints:
        return ()

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        return None

    def measure(self, metric: Metric, canary: Canary, setting: Setting) -> Source | None:
        return None

    def inquire(self, item: Any, setting: Setting) -> Template | None:
        return None

    def probe(self, action: Action, context: Context) -> Operation | None:
        return None

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        return None

    def preview(self, action: Action, context: Context) -> Operation | None:
        return None

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        return Preview(changes=True)


@cache
def body(*names: str) -> str:
    """A script's constant text: what all scripts share, then its own parts."""
    return "\n".join(map(text_of, ("prelude", *names)))


@cache
def text_of(name: str) -> str:
    return (SH / f"{name}.sh").read_text()


def script(name: str, variables: Mapping[str, str], secrets: Mapping[str, SecretRef] | None = None) -> Script:
    return Script(body(name), dict(variables), dict(secrets or {}))


def places(context: Context) -> dict[str, str]:
    """The variables that say where a step keeps what its undo needs: the undo of a step finds the same `key`."""
    lane, _, name = context.step.rpartition("/")
    forward = f"{lane}/{name[1:] if name[:1] == 'u' else name}"
    return {"state": context.state, "run": context.run, "key": sha256(forward.encode()).hexdigest()[:24]}


def shell_variables(context: Context) -> dict[str, str]:
    """What a person's own words see as $host, $version …: each as `u_<name>`, and `names`, which lists them.

    A host's variables take part if a shell can name them, and if they are none that the shell itself lives by.
    """
    known = context.variables | {name: getattr(context, name) for name in TOLD}
    known = {name: value for name, value in known.items() if NAME.fullmatch(name) and not OWN_NAME.fullmatch(name)}
    return {f"u_{name}": value for name, value in known.items()} | {"names": " ".join(known)}


def pinned(value: Any) -> Any:
    """`{version}` means another version on the way back; what an undo names is what the step named."""
    if isinstance(value, str):
        return value.replace("{version}", "{to_version}")
    if isinstance(value, dict):
        return {key: pinned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [pinned(item) for item in value]
    return value


def split_facts(output: str) -> tuple[dict[str, Any], str]:
    """The facts that a script printed, and the rest of its output. A boot id is nobody's to print."""
    facts: dict[str, Any] = {}
    rest = []
    for line in output.splitlines():
        if found := FACT.fullmatch(line):
            facts[found[1]] = found[2]
        else:
            rest.append(line)
    facts.pop("boot", None)
    return facts, "\n".join(rest)


def read_script(
    name: str, outcome: Outcome, kinds: Mapping[str, FailureKind], otherwise: FailureKind = FailureKind.TRANSIENT
) -> Evidence | Failure:
    """A script's end. `kinds`: what its named failures are, if not REFUSED; `otherwise`: any other status but 0."""
    match outcome:
        case Exited(code=0, output=output):
            return Evidence(*split_facts(output))
        case Exited(code=code, output=output):
            facts, rest = split_facts(output)
            what = str(facts.pop("failed", ""))
            if code == NAMED_FAILURE and what:
                return Failure(kinds.get(what, FailureKind.REFUSED), f"{name}.{what}", facts, rest)
            return Failure(otherwise, f"{name}.exit", {"status": code}, rest)
        case TimedOut(output=output):
            return Failure(FailureKind.TIMEOUT, f"{name}.timeout", {}, output)
        case Vanished(output=output):
            return Failure(FailureKind.TIMEOUT, f"{name}.vanished", {}, output)
    raise TypeError(f"{name}: {type(outcome).__name__} is not the end of a script")


def words(name: str, texts: Mapping[str, tuple[str, str]], *, common: bool = True) -> dict[str, dict[str, str]]:
    """A manifest's words: each code's English and Chinese text."""
    every = {**(COMMON if common else {}), **texts}
    return {
        "en": {f"{name}.{code}": english for code, (english, _) in every.items()},
        "zh": {f"{name}.{code}": chinese for code, (_, chinese) in every.items()},
    }


def reached(evidence: Evidence | Failure) -> Evidence | Failure | None:
    """What a probe script says: in place, not in place, or (its own failure) nothing."""
    if isinstance(evidence, Evidence):
        return evidence
    return evidence if evidence.kind is FailureKind.INTERRUPTED else None
