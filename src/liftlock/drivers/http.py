"""Asking a service over HTTP whether it is what it should be: status, values of its JSON answer, a text.

Rule: it is asked again until everything fits or the step's deadline comes, which is then a failure with what was read
last. A health gate's look asks once: without `value`, its figure is 0.0 for a good answer and 1.0 for any other.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from liftlock.drivers.command import Secret
from liftlock.drivers.expecting import MISSING, at_path, decode, same, shown
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
)
from liftlock.model.part import Duration, Part, Text
from liftlock.model.plan import Check
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import CONTROLLER, Template
from liftlock.model.secret import SecretRef

NAME = "verify.http"
ASK_AGAIN_S = 1.0
BODY_KEPT = 2000  # characters of a wrong answer that a failure shows
WORDS = {
    "url": ("`http` must be a whole address, not {url}", "`http` 须为完整地址，而不是 {url}"),
    "status": ("{url} answered with status {found} instead of {expected}", "{url} 返回状态 {found}，应为 {expected}"),
    "no_json": ("{url} did not answer with JSON", "{url} 返回的不是 JSON"),
    "json": ("{path} is {found} instead of {expected}", "{path} 为 {found}，应为 {expected}"),
    "contains": ("{url}: the answer does not hold {expected}", "{url}：返回内容中没有 {expected}"),
    "no_number": ("{path} is no number: {found}", "{path} 不是数字：{found}"),
}


class VerifyHttp(Part, frozen=True):
    http: Text
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    json: dict[str, Any] = {}
    contains: str = ""
    headers: dict[str, str | Secret] = {}
    within_s: Duration = field(default=30.0, name="within")
    from_: Literal["controller", "host"] = field(default="controller", name="from")


class Wrong(Struct, frozen=True):
    """The first expectation that an answer does not fulfil."""

    code: str
    fields: dict[str, str | int | float]


class HttpDriver(Technology):
    manifest = Manifest(
        name=NAME,
        version=VERSION,
        item=VerifyHttp,
        summary={"en": "Asks a service over HTTP, and compares its answer", "zh": "通过 HTTP 询问服务，并比对其应答"},
        words=words(NAME, WORDS, common=False),
        example='- verify: {http: "http://{address}:8080/healthz", json: {version: "{version}", ready: true}}',
    )

    def expand(self, item: VerifyHttp, setting: Setting) -> tuple[Template, ...]:
        headers = {key: {"secret": v.secret} if isinstance(v, Secret) else v for key, v in item.headers.items()}
        args = {"url": item.http, "status": item.status, "json": item.json, "contains": item.contains}
        action = Action(Kind.VERIFY, NAME, args | {"headers": headers})
        at = CONTROLLER if item.from_ == "controller" else ""
        timeout_s = max(item.within_s, 1.0)
        return (Template("verify", action, at=at, timeout_s=timeout_s, estimate_s=2.0, confirm=True),)

    def complain(self, item: VerifyHttp, setting: Setting) -> Complaints:
        if item.http.startswith(("http://", "https://", "{")):
            return ()
        return ((f"{NAME}.url", {"url": item.http}),)

    def gauge(self, check: Check, setting: Setting) -> Template | None:
        if not check.http:
            return None
        args = {"url": check.http, "status": 200, "json": check.json, "gauge": True, "value": check.value}
        return Template("look", Action(Kind.VERIFY, NAME, args), at=CONTROLLER, timeout_s=10.0, estimate_s=1.0)

    def operate(self, action: Action, context: Context) -> HttpCall:
        headers: dict[str, Any] = action.args.get("headers", {})
        return HttpCall(
            action.args["url"],
            headers={name: value for name, value in headers.items() if isinstance(value, str)},
            secrets={name: SecretRef(value["secret"]) for name, value in headers.items() if not isinstance(value, str)},
        )

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | Again:
        assert isinstance(outcome, Replied)
        document = decode(outcome.body)
        wrong = first_wrong(action.args, outcome, document)
        if action.args.get("gauge"):
            return figure(action.args, document, wrong)
        if wrong is not None:
            return Again(ASK_AGAIN_S, failure(wrong, outcome))
        read = {path: at_path(document, path) for path in action.args["json"]}
        return Evidence({"status": outcome.status, "read": read})

    def preview(self, action: Action, context: Context) -> HttpCall:
        return self.operate(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        assert isinstance(outcome, Replied)
        document = decode(outcome.body)
        read = {path: shown(at_path(document, path)) for path in action.args["json"]}
        return Preview(False, ", ".join([str(outcome.status), *(f"{path}: {value}" for path, value in read.items())]))


def first_wrong(args: dict[str, Any], answer: Replied, document: Any) -> Wrong | None:
    url = args["url"]
    if answer.status != args["status"]:
        return Wrong("status", {"url": url, "found": answer.status, "expected": args["status"]})
    if args["json"] and document is MISSING:
        return Wrong("no_json", {"url": url})
    for path, expected in args["json"].items():
        found = at_path(document, path)
        if found is MISSING or not same(found, expected):
            return Wrong("json", {"path": path, "found": shown(found), "expected": shown(expected)})
    wanted = args.get("contains", "")
    if wanted not in answer.body:
        return Wrong("contains", {"url": url, "expected": wanted})
    return None


def figure(args: dict[str, Any], document: Any, wrong: Wrong | None) -> Evidence | Failure:
    path = args["value"]
    if not path:
        return Evidence({"value": 0.0 if wrong is None else 1.0})
    if wrong is not None:
        return Failure(FailureKind.UNHEALTHY, f"{NAME}.{wrong.code}", wrong.fields)
    found = at_path(document, path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return Failure(FailureKind.UNHEALTHY, f"{NAME}.no_number", {"path": path, "found": shown(found)})
    return Evidence({"value": float(found)})


def failure(wrong: Wrong, answer: Replied) -> Failure:
    return Failure(FailureKind.UNHEALTHY, f"{NAME}.{wrong.code}", wrong.fields, bounded(answer.body))


def bounded(body: str) -> str:
    return body if len(body) <= BODY_KEPT else f"{body[:BODY_KEPT]}…"


DRIVERS: tuple[Driver, ...] = (HttpDriver(),)
