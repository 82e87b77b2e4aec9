"""An HTTP call that changes something elsewhere: a webhook, an API of a load balancer, a ticket.

Rules: a call is repeated only where asking twice is asking once: its method says so, or an idempotency key, which is
made of run and step, and so is the same over attempts and controllers. Where it is not, and the answer was lost, the
look (`done_when`) tells, or a person. The answer must be what is expected. Secrets are references, in headers and JSON.
"""

from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from liftlock.drivers.command import Secret, reversal_of_words
from liftlock.drivers.expecting import MISSING, at_path, decode, same, shown
from liftlock.drivers.http import bounded
from liftlock.drivers.technology import VERSION, Complaints, Technology, words
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Failure,
    FailureKind,
    HttpCall,
    Kind,
    Outcome,
    Preview,
    Replied,
    Traits,
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template
from liftlock.model.secret import SecretRef

Method = Literal["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"]
IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE")  # RFC 9110, section 9.2.2
BUSY = (408, 425, 429, 500, 502, 503, 504)  # worth asking again, where that is safe
LONGEST_WAIT_S = 3600.0
WORDS = {
    "url": ("`url` must be a whole address, not {url}", "`url` 须为完整地址，而不是 {url}"),
    "credentials": (
        "An address must hold no user and password: use `headers` with a reference",
        "地址中不得含有用户和密码：请用 `headers` 并写引用",
    ),
    "two_bodies": ("Say `json` or `body`, not both", "`json` 和 `body` 只能写一个"),
    "header": ("{name} cannot be the name of a header", "{name} 不能作为头部名称"),
    "both": ("Say one of undo, irreversible and restorable", "undo、irreversible、restorable 只能写一个"),
    "status": ("{url} answered with status {found} instead of {expected}", "{url} 返回状态 {found}，应为 {expected}"),
    "no_json": ("{url} did not answer with JSON", "{url} 返回的不是 JSON"),
    "json": ("{path} is {found} instead of {expected}", "{path} 为 {found}，应为 {expected}"),
    "contains": ("{url}: the answer does not hold {expected}", "{url}：返回内容中没有 {expected}"),
    "not_done": ("{url} says that it was not done", "{url} 表明尚未执行"),
}


class Expect(Part, frozen=True):
    """What an answer must be. `status`: none: any of 200 to 299."""

    status: int | tuple[int, ...] = ()
    json: dict[str, Any] = {}
    contains: str = ""


class Asked(Part, frozen=True):
    """One request."""

    url: Text
    method: Method = "POST"
    headers: dict[str, str | Secret] = {}
    json: Any = None
    body: str = ""
    expect: Expect = Expect()


class Look(Part, frozen=True):
    """A GET that tells whether the call was made."""

    url: Text
    headers: dict[str, str | Secret] = {}
    expect: Expect = Expect()


class Call(Asked, frozen=True):
    idempotency_key: str = ""
    keep: dict[str, str] = {}
    retries: Annotated[int, Meta(ge=0, le=20)] = 5
    timeout_s: Duration = field(default=10.0, name="answer_within")
    ca: str = ""
    done_when: Look | None = None
    undo: Asked | None = None
    irreversible: str = ""
    restorable: bool = False
    writes: bool = True
    from_: Literal["controller", "host"] = field(default="controller", name="from")


class CallDriver(Technology):
    manifest = Manifest(
        name="call",
        version=VERSION,
        item=Call,
        summary={
            "en": "Makes an HTTP call, once, from the controller or the host, with a look and an undo",
            "zh": "从控制端或主机发起一次 HTTP 调用，可判断是否已完成，可撤销",
        },
        shorthand="url",
        texts=("ca",),
        words=words("call", WORDS, common=False),
        example='- call: {url: "https://monitor.example/api/silences", json: {host: "{host}"}, '
        "idempotency_key: Idempotency-Key, keep: {silence: id}, "
        'undo: {url: "https://monitor.example/api/silences/{{silence}}", method: DELETE}}',
    )

    def expand(self, item: Call, setting: Setting) -> tuple[Template, ...]:
        more = {
            "key": item.idempotency_key,
            "retries": item.retries,
            "timeout_s": item.timeout_s,
            "ca": setting.texts.get(item.ca, ""),
        }
        look = look_args(item.done_when) if item.done_when else None
        traits = Traits(item.writes, reversal=reversal_of_words(item.irreversible, item.restorable))
        args = args_of(item) | more | {"keep": item.keep, "done_when": look}
        undo = None
        if item.undo:
            undone = args_of(item.undo) | more | {"keep": {}, "done_when": None}
            undo = Action(Kind.CALL, "call", undone, Traits(item.writes), ("ca",))
        at = CONTROLLER if item.from_ == "controller" else ""
        timeout_s = max(120.0, item.timeout_s * (item.retries + 1))
        action = Action(Kind.CALL, "call", args, traits, ("ca",))
        return (Template("call", action, undo, at, timeout_s=timeout_s, estimate_s=2.0),)

    def complain(self, item: Call, setting: Setting) -> Complaints:
        found = asked_complaints(item)
        if item.undo:
            found += asked_complaints(item.undo)
        if sum((item.undo is not None, bool(item.irreversible), item.restorable)) > 1:
            found += (("call.both", {}),)
        return found

    def operate(self, action: Action, context: Context) -> HttpCall:
        args = filled(action.args, context.forward.get("kept", {}))
        headers = {"Content-Type": "application/json"} if args["json"] is not None else {}
        if args["key"]:
            headers[args["key"]] = key_of(context)
        return request(args, headers, repeatable=is_safe(args))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        assert isinstance(outcome, Replied)
        args = filled(action.args, context.forward.get("kept", {}))
        document = decode(outcome.body)
        wrong = first_wrong(args["url"], args["expect"], outcome, document)
        if wrong is None:
            kept = {name: at_path(document, path) for name, path in args["keep"].items()}
            told = {name: value for name, value in kept.items() if value is not MISSING}
            return Evidence({"status": outcome.status, "kept": told}, bounded(outcome.body))
        if outcome.status in BUSY and is_safe(args) and args["retries"]:
            late = Failure(FailureKind.TRANSIENT, wrong.code, wrong.fields, bounded(outcome.body))
            told_s = seconds(outcome.retry_after)
            return Again(told_s or 1.0, late, grows=not told_s, times=args["retries"])
        return wrong

    def probe(self, action: Action, context: Context) -> HttpCall | None:
        look = action.args["done_when"]
        if look is None:
            return None
        return request(filled(look, {}) | {"timeout_s": action.args["timeout_s"], "ca": action.args["ca"]}, {})

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        """An answer of the look that is neither yes nor a clear no tells nothing."""
        assert isinstance(outcome, Replied)
        look = action.args["done_when"]
        if first_wrong(look["url"], look["expect"], outcome, decode(outcome.body)) is None:
            return Evidence({"status": outcome.status, "kept": {}}, bounded(outcome.body))
        if outcome.status in BUSY or outcome.status in (401, 403):
            return None
        return Failure(FailureKind.INTERRUPTED, "call.not_done", {"url": look["url"]}, bounded(outcome.body))

    def preview(self, action: Action, context: Context) -> HttpCall | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        done = isinstance(self.settle(action, context, outcome), Evidence)
        return Preview(not done, f"{action.args['method']} {action.args['url']}")


def args_of(item: Asked) -> dict[str, Any]:
    return {
        "url": item.url,
        "method": item.method,
        "headers": references(item.headers),
        "json": item.json,
        "body": item.body,
        "expect": expectation(item.expect),
    }


def look_args(look: Look) -> dict[str, Any]:
    return args_of(Asked(look.url, "GET", look.headers, expect=look.expect))


def expectation(expect: Expect) -> dict[str, Any]:
    status = [expect.status] if isinstance(expect.status, int) else list(expect.status)
    return {"status": status, "json": expect.json, "contains": expect.contains}


def references(headers: dict[str, str | Secret]) -> dict[str, Any]:
    return {name: {"secret": value.secret} if isinstance(value, Secret) else value for name, value in headers.items()}


def request(args: dict[str, Any], headers: dict[str, str], *, repeatable: bool = True) -> HttpCall:
    texts = {name: value for name, value in args["headers"].items() if isinstance(value, str)}
    secrets = {name: SecretRef(value["secret"]) for name, value in args["headers"].items() if isinstance(value, dict)}
    body = args["body"]
    if args["json"] is not None:
        body = msgspec.json.encode(with_marks(args["json"], secrets)).decode()
    return HttpCall(
        args["url"],
        args["method"],
        {**headers, **texts},
        secrets,
        body,
        timeout_s=max(args["timeout_s"], 0.1),
        repeatable=repeatable,
        ca=args["ca"],
    )


def with_marks(value: Any, secrets: dict[str, SecretRef]) -> Any:
    """The same document, a mark in the place of each reference; `secrets` learns what each mark stands for."""
    if isinstance(value, dict):
        if value.keys() == {"secret"} and isinstance(value["secret"], str):
            mark = f"@liftlock-secret-{sha256(value['secret'].encode()).hexdigest()[:24]}@"
            secrets[f"body:{mark}"] = SecretRef(value["secret"])
            return mark
        return {key: with_marks(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_marks(item, secrets) for item in value]
    return value


def filled(value: Any, kept: dict[str, Any]) -> Any:
    """`{name}` of what the forward call kept, in every text; in the plan it is `{{name}}`."""
    if isinstance(value, str):
        for name, found in kept.items():
            value = value.replace(f"{{{name}}}", found if isinstance(found, str) else shown(found))
        return value
    if isinstance(value, dict):
        return {key: filled(item, kept) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, kept) for item in value]
    return value


def key_of(context: Context) -> str:
    """The same for every attempt at this step of this run, in the form of a UUID."""
    digest = sha256(f"{context.run}\n{context.step}".encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


def is_safe(args: dict[str, Any]) -> bool:
    return bool(args["key"]) or args["method"] in IDEMPOTENT


def first_wrong(url: str, expect: dict[str, Any], answer: Replied, document: Any) -> Failure | None:
    def wrong(code: str, **fields: str | int | float) -> Failure:
        return Failure(FailureKind.REFUSED, f"call.{code}", fields, bounded(answer.body))

    statuses = expect["status"] or range(200, 300)
    if answer.status not in statuses:
        expected = ", ".join(map(str, expect["status"])) or "200-299"
        return wrong("status", url=url, found=answer.status, expected=expected)
    if expect["json"] and document is MISSING:
        return wrong("no_json", url=url)
    for path, wanted in expect["json"].items():
        found = at_path(document, path)
        if found is MISSING or not same(found, wanted):
            return wrong("json", path=path, found=shown(found), expected=shown(wanted))
    if expect["contains"] not in answer.body:
        return wrong("contains", url=url, expected=expect["contains"])
    return None


def seconds(retry_after: str) -> float:
    """Retry-After in seconds; 0 where it is a date or nothing: then the wait is ours."""
    return min(float(retry_after), LONGEST_WAIT_S) if retry_after.isascii() and retry_after.isdigit() else 0.0


def asked_complaints(asked: Asked) -> Complaints:
    found: Complaints = ()
    if not asked.url.startswith(("http://", "https://", "{")):
        found += (("call.url", {"url": asked.url}),)
    if "@" in asked.url.partition("://")[2].partition("/")[0]:
        found += (("call.credentials", {}),)
    if asked.json is not None and asked.body:
        found += (("call.two_bodies", {}),)
    bad = [name for name in asked.headers if not name.replace("-", "").replace("_", "").isalnum()]
    return found + tuple(("call.header", {"name": name}) for name in bad)


DRIVERS: tuple[Driver, ...] = (CallDriver(),)
