"""A configuration file from a template, from the plan's own words, or from a file: replaced in one rename.

Rules: the text is rendered before anything is done, and a variable that is not known is a failure, never an empty word;
line ends stay as they are; the original is saved on the host before the first write, and the undo puts that one back
(an edit that somebody made in between is kept in the state folder, and said);
the difference is shown only where everybody on the host may read the file, or where the plan says `show: true`.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any

from msgspec import Meta

from liftlock.drivers.technology import (
    VERSION,
    Complaints,
    Technology,
    body,
    pinned,
    places,
    read_script,
    split_facts,
    words,
)
from liftlock.model.actions import (
    Action,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Kind,
    Outcome,
    Preview,
    Script,
    Traits,
)
from liftlock.model.part import Part, Text
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

Mode = Annotated[str, Meta(pattern="^([0-7]{3,4})?$")]
LITERAL = ("text",)
OWN = ("host", "address", "domain", "root", "component", "version", "from_version", "to_version", "state")
WORDS = {
    "one_of": ("Say exactly one of template, content and source", "template、content、source 须写且只写一个"),
    "file": ("`file` must be an absolute path, not {file}", "`file` 必须是绝对路径，而不是 {file}"),
    "syntax": ("{source} line {line}: {message}", "{source} 第 {line} 行：{message}"),
    "line_ends": (
        "{source} has line ends of both kinds, LF and CRLF (or a lone CR); a template has one kind",
        "{source} 中混用 LF 与 CRLF（或单独的 CR）换行；模板只能使用一种",
    ),
    "unknown": (
        "{source} uses {variable}, which no host of the inventory defines",
        "{source} 用到 {variable}，但清单中没有主机定义它",
    ),
    "render": ("The template cannot be rendered: {message}", "模板无法渲染：{message}"),
    "folder": ("There is no folder {path}", "没有目录 {path}"),
    "kind": ("{path} is not a file", "{path} 不是文件"),
    "owner": ("The file cannot be given to {owner}", "无法把文件的属主改为 {owner}"),
    "validate": ("The new file was refused by its check; the old one is untouched", "新文件未通过校验；原文件未动"),
    "other": ("{path} does not hold the new content", "{path} 的内容不是新内容"),
}


class Config(Part, frozen=True):
    file: Text
    template: str = ""
    content: str | None = None
    source: str = ""
    mode: Mode = ""
    owner: str = ""
    group: str = ""
    validate: str = ""
    show: bool | None = None
    sudo: bool = False


class ConfigDriver(Technology):
    manifest = Manifest(
        name="config",
        version=VERSION,
        item=Config,
        summary={
            "en": "Writes a configuration file, keeping the original",
            "zh": "写入配置文件，并保留原件",
        },
        texts=("template", "source"),
        literal=("content", "validate"),
        words=words("config", WORDS),
        example='- config: {file: /etc/orders/orders.conf, template: orders.conf.j2, validate: "orders --check $file"}',
    )

    def expand(self, item: Config, setting: Setting) -> tuple[Template, ...]:
        args = {
            "file": pinned(item.file),
            "text": text_of(item, setting),
            "rendered": not item.source,
            "mode": item.mode,
            "owner": f"{item.owner}:{item.group}" if item.group else item.owner,
            "validate": item.validate,
            "show": {True: "yes", False: "no", None: "auto"}[item.show],
            "sudo": item.sudo,
        }
        literal = (*LITERAL, "validate")
        write = Action(Kind.CONFIGURE, "config", args, Traits(writes=True), literal)
        undone = {"file": args["file"], "sudo": item.sudo, "undo": True}
        undo = Action(Kind.CONFIGURE, "config", undone, Traits(writes=True))
        return (Template("configure", write, undo, timeout_s=120.0, estimate_s=1.0),)

    def complain(self, item: Config, setting: Setting) -> Complaints:
        found: Complaints = ()
        given = [item.template, item.source, item.content is not None]
        if sum(map(bool, given)) != 1:
            found += (("config.one_of", {}),)
        if not item.file.startswith(("/", "{")):
            found += (("config.file", {"file": item.file}),)
        if not item.source and (item.content is not None or item.template in setting.texts):
            found += faults(item.template or "content", text_of(item, setting), setting)
        return found

    def operate(self, action: Action, context: Context) -> Script | Failure:
        args = action.args
        if args.get("undo"):
            return Script(body("rights", "config-undo"), where(action, context))
        text = render(action, context)
        if isinstance(text, Failure):
            return text
        told = {name: args[name] for name in ("mode", "owner", "validate", "show")}
        return Script(body("rights", "config-write"), where(action, context) | told | {"content": text})

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("config", outcome, {})

    def probe(self, action: Action, context: Context) -> Script | None:
        """Also the preview: the file's digest, and how the new content differs."""
        args = action.args
        if args.get("undo"):
            return None  # running the undo again is harmless, and tells more
        text = render(action, context)
        if isinstance(text, Failure):
            return None
        told = {name: args[name] for name in ("mode", "show")}
        return Script(body("rights", "config-look"), where(action, context) | told | {"content": text})

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        text = render(action, context)
        if not isinstance(outcome, Exited) or outcome.code or isinstance(text, Failure):
            return None
        facts = split_facts(outcome.output)[0]
        mode_fits = not action.args["mode"] or int(facts["mode"] or "0", 8) == int(action.args["mode"], 8)
        if facts["found"] == digest(text) and "remembered" in facts and mode_fits:
            return Evidence({"path": action.args["file"], "after": facts["found"], "mode": facts["mode"]})
        return Failure(FailureKind.INTERRUPTED, "config.other", {"path": action.args["file"]})

    def preview(self, action: Action, context: Context) -> Script | None:
        return self.probe(action, context)

    def show(self, action: Action, context: Context, outcome: Outcome) -> Preview:
        text = render(action, context)
        if not isinstance(outcome, Exited) or outcome.code or isinstance(text, Failure):
            return Preview(changes=True)
        facts, difference = split_facts(outcome.output)
        return Preview(facts["found"] != digest(text), difference.strip("\n"))


def where(action: Action, context: Context) -> dict[str, str]:
    return places(context) | {"file": action.args["file"], "sudo": "yes" if action.args["sudo"] else "no"}


def text_of(item: Config, setting: Setting) -> str:
    if item.content is not None:
        return item.content
    return setting.texts.get(item.template or item.source, "")


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def variables(context: Context) -> dict[str, Any]:
    """What a template may name: the host's variables, then what every step knows."""
    return context.variables | {name: getattr(context, name) for name in OWN if hasattr(context, name)}


def render(action: Action, context: Context) -> str | Failure:
    text: str = action.args["text"]
    if not action.args["rendered"]:
        return text
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        newline_sequence="\r\n" if "\r\n" in text else "\n",
        autoescape=False,
    )
    try:
        return environment.from_string(text).render(variables(context))
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        message = str(error) or type(error).__name__
        return Failure(FailureKind.REFUSED, "config.render", {"message": message[:500]})


def faults(source: str, text: str, setting: Setting) -> Complaints:
    """What is wrong with a template before any host is looked at."""
    from jinja2 import TemplateSyntaxError, meta
    from jinja2.sandbox import SandboxedEnvironment

    if has_mixed_line_ends(text):
        return (("config.line_ends", {"source": source}),)
    try:
        wanted = meta.find_undeclared_variables(SandboxedEnvironment().parse(text))
    except TemplateSyntaxError as error:
        return (("config.syntax", {"source": source, "line": error.lineno, "message": error.message or ""}),)
    known: set[str] = set(OWN).union(*map(names, setting.hosts.values()))
    return tuple(("config.unknown", {"source": source, "variable": name}) for name in sorted(wanted - known))


def has_mixed_line_ends(text: str) -> bool:
    """Rendering makes them all alike, which would be another file than the plan's."""
    rest = text.replace("\r\n", "")
    return "\r" in rest or ("\n" in rest and rest != text)


def names(host: Mapping[str, str]) -> set[str]:
    return set(host)


DRIVERS: tuple[Driver, ...] = (ConfigDriver(),)
