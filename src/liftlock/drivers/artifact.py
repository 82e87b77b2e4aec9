"""Artifacts on their way to a host: carried from the controller, or got from a web server; named by SHA-256, and signed
where the plan wants it.

Rules: nothing is used on a host that does not have the digest that was approved, and it is hashed again right before it
is used. A digest comes from the plan, from the file itself where it lies at the controller, or from a list of
checksums. A signature is verified on the host, by its own tool. Credentials are references, and in no command line.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from msgspec import Meta
from msgspec.structs import replace

from liftlock.drivers.command import Secret
from liftlock.drivers.technology import Complaints, body, pinned, places
from liftlock.model.actions import Action, Context, Failure, FailureKind, Kind, Operation, Script, Transfer
from liftlock.model.part import Part, Text
from liftlock.model.ports import Setting
from liftlock.model.schedule import CONTROLLER, Template
from liftlock.model.secret import SecretRef

TEXTS = ("checksums", "signature", "signers", "keyring", "ca")
LITERAL = ("source", "sha256", "checksums", "signature", "signers", "keyring", "ca", "minisign_key")
Digest = Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")]


class Artifact(Part, frozen=True, kw_only=True):
    """What every recipe item that brings an artifact may say of it."""

    sha256: Digest = ""
    checksums: str = ""
    signature: str = ""
    signers: str = ""
    identity: str = ""
    namespace: Text = "file"
    minisign_key: str = ""
    keyring: str = ""
    headers: dict[str, str | Secret] = {}
    ca: str = ""
    redirects: Annotated[int, Meta(ge=0, le=20)] = 5
    max_mb: Annotated[int, Meta(ge=1)] = 4096
    via: Literal["host", "controller"] = "host"


def is_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def digest_of(item: Artifact, source: str, setting: Setting) -> str:
    """As the plan says, as the file is, or as the list of checksums says; empty: nobody knows."""
    if item.sha256:
        return item.sha256
    if source in setting.artifacts:
        return setting.artifacts[source].sha256
    return listed(setting.texts.get(item.checksums, ""), pinned_name(source, setting))


def pinned_name(source: str, setting: Setting) -> str:
    name = source.rpartition("/")[2].partition("?")[0]
    for key, value in (("version", setting.version_to), ("to_version", setting.version_to)):
        name = name.replace(f"{{{key}}}", value)
    return name.replace("{component}", setting.component)


def listed(text: str, name: str) -> str:
    """A file's digest in `sha256sum`'s list; empty if it is not there."""
    for line in text.splitlines():
        digest, _, file = line.strip().partition(" ")
        if file.lstrip(" *").rpartition("/")[2] == name and len(digest) == 64:
            return digest.lower()
    return ""


def fetches(item: Artifact, source: str, setting: Setting) -> tuple[Template, ...]:
    """The steps that bring it to the host, verified: before anything else is done to it."""
    sha256 = digest_of(item, source, setting)
    steps: tuple[Template, ...] = ()
    if is_address(source):
        got = fetch({"url": pinned(source), "sha256": sha256} | request_of(item, setting))
        if item.via == "controller":
            carried = fetch({"source": "", "sha256": sha256})
            steps = (step("download", at_controller(got), at=CONTROLLER), step("fetch", carried))
        else:
            steps = (step("fetch", got),)
    else:
        artifact = setting.artifacts.get(source)
        steps = (step("fetch", fetch({"source": artifact.path if artifact else source, "sha256": sha256})),)
    if item.signature:
        steps += (step("signature", fetch({"sha256": sha256} | signature_of(item, setting))),)
    return steps


def step(verb: str, action: Action, at: str = "") -> Template:
    return Template(verb, action, at=at, timeout_s=1800.0, estimate_s=2.0 if verb == "signature" else 10.0)


def fetch(args: dict[str, Any]) -> Action:
    return Action(Kind.FETCH, "fetch", args, literal=tuple(name for name in LITERAL if name in args))


def at_controller(action: Action) -> Action:
    """The same, in the controller's own state folder."""
    return replace(action, args=action.args | {"here": True})


def request_of(item: Artifact, setting: Setting) -> dict[str, Any]:
    headers = {key: {"secret": each.secret} if isinstance(each, Secret) else each for key, each in item.headers.items()}
    ca = setting.texts.get(item.ca, "")
    return {"headers": headers, "ca": ca, "redirects": item.redirects, "most_kb": item.max_mb * 1024}


def signature_of(item: Artifact, setting: Setting) -> dict[str, Any]:
    named = ("checksums", "signature", "signers", "keyring")
    texts = {name: setting.texts.get(getattr(item, name), "") for name in named}
    by = "ssh" if item.signers else "minisign" if item.minisign_key else "gpg"
    return texts | {
        "by": by,
        "identity": item.identity,
        "namespace": item.namespace,
        "minisign_key": item.minisign_key,
    }


def operation_of(action: Action, context: Context) -> Operation | Failure:
    args = action.args
    if "signature" in args:
        return verification(action, context)
    if "url" in args:
        return request(action, context)
    source = args["source"] or str(context.forward.get("path", ""))
    if not source:
        return Failure(FailureKind.REFUSED, "fetch.gone")
    return Transfer(source, args["sha256"])


def verification(action: Action, context: Context) -> Script:
    return of_blob("fetch-signature", context, {name: str(value) for name, value in action.args.items()})


def request(action: Action, context: Context) -> Script:
    args: dict[str, Any] = action.args
    plain: list[str] = []
    named: list[str] = []
    secrets: dict[str, SecretRef] = {}
    for name, value in args["headers"].items():
        if isinstance(value, str):
            plain.append(f"{name}: {value}")
        else:
            secrets[f"LIFTLOCK_HEADER_{len(named)}"] = SecretRef(value["secret"])
            named.append(name)
    told = {"plain": "\n".join(plain), "named": " ".join(named), "sha256": args["sha256"], "url": args["url"]}
    told |= {"ca": args["ca"], "redirects": str(args["redirects"]), "most_kb": str(args["most_kb"])}
    return replace(of_blob("fetch-get", context, told | place_of(args)), secrets=secrets)


def place_of(args: dict[str, Any]) -> dict[str, str]:
    return {"state": ""} if args.get("here") else {}


def of_blob(name: str, context: Context, told: dict[str, str]) -> Script:
    return Script(body("blob", name), places(context) | told)


def complaints(item: Artifact, source: str, setting: Setting) -> Complaints:
    """What no host needs to be asked for."""
    found: Complaints = ()
    if is_address(source):
        if not digest_of(item, source, setting):
            code = "unlisted" if item.checksums else "digest"
            found += ((f"fetch.{code}", {"source": source, "checksums": item.checksums or "-"}),)
        if "@" in source.partition("://")[2].partition("/")[0]:
            found += (("fetch.credentials", {"source": source.partition("://")[0]}),)
    elif item.checksums and source in setting.artifacts:
        wanted = listed(setting.texts.get(item.checksums, ""), pinned_name(source, setting))
        if wanted != setting.artifacts[source].sha256:
            found += (("fetch.unlisted", {"source": source, "checksums": item.checksums}),)
    for name in item.headers:
        if not name.replace("-", "").isalnum():
            found += (("fetch.header", {"name": name}),)
    return found + signer_complaints(item, setting)


def signer_complaints(item: Artifact, setting: Setting) -> Complaints:
    ways = sum(map(bool, (item.signers, item.minisign_key, item.keyring)))
    if not item.signature:
        return (("fetch.nothing_signed", {}),) if ways else ()
    if ways != 1:
        return (("fetch.verifier", {}),)
    if item.signers:
        text = setting.texts.get(item.signers, "")
        if not is_signer(text, item.identity, item.namespace):
            said: dict[str, str | int | float] = {"identity": item.identity or "-", "signers": item.signers}
            return (("fetch.signer", said | {"namespace": item.namespace}),)
    return ()


def is_signer(text: str, identity: str, namespace: str) -> bool:
    """Does an allowed_signers file (ssh-keygen(1)) name this identity, for this namespace?"""
    for line in text.splitlines():
        principals, _, rest = line.strip().partition(" ")
        if not identity or line.lstrip().startswith("#") or not matches(identity, principals):
            continue
        before = rest.partition(" ssh-")[0] if not rest.startswith(("ssh-", "ecdsa-", "sk-")) else ""
        _, given, spaces = before.partition('namespaces="')
        if not given or matches(namespace, spaces.partition('"')[0]):
            return True
    return False


def matches(name: str, patterns: str) -> bool:
    every = patterns.split(",")
    if any(each.startswith("!") and fnmatchcase(name, each[1:]) for each in every):
        return False
    return any(fnmatchcase(name, each) for each in every)
