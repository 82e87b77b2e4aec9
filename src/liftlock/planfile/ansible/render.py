"""Values that refer to other values: Jinja2, as Ansible renders it, in a sandbox.

Rules: rendering knows the host's variables, `inventory_hostname`, `group_names`, `groups` and `hostvars`, and nothing
else: no lookup, no file, no fact. What alone stands in `{{ }}` keeps its type. A value that needs a secret is one
itself. What cannot be rendered is said, never guessed.
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from msgspec import Struct, field

from liftlock.planfile.ansible.written import Unsafe, Value, Variables, Vaulted, parts

MARKS = ("{{", "{%", "{#")
DEPTH_MAX = 40
TEXT_MAX = 1_000_000
ITEMS_MAX = 100_000
BROKEN = (  # what a template's own expressions, and Python's compiler on them, can raise
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
SCOPE = " scope"  # no name that a template can write
LAST = re.compile(
    r"(?:^|_|-)(?:password|passwd|passphrase|passwort|pass|pwd|secret|secrets|token|credentials?|api_?key|"
    r"access_?key|secret_?key|private_?key)$|(?:密码|口令|密钥|令牌|凭证)$",
    re.IGNORECASE,
)


class Secretive(Exception):
    """A secret is needed, and not at hand."""


class Unrendered(Exception):
    """`problem`: in the template engine's own words where it has some; `undefined`: a name is not known."""

    def __init__(self, problem: str, *, undefined: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.undefined = undefined


Reveal = Callable[[Vaulted], str]


class Fleetwide(Struct):
    """What all hosts' templates see. `reveal` opens encrypted values; None: secrets stay closed."""

    variables: Callable[[str], Variables]
    hosts: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    group_names: Callable[[str], list[str]]
    reveal: Reveal | None = None
    busy: list[tuple[str, str]] = field(default_factory=list)

    def value(self, host: str, name: str) -> Any:
        """A variable, rendered. Raises KeyError, Secretive, Unrendered."""
        said = self.variables(host)[name]
        if self.reveal is None and is_secret(name, said):
            raise Secretive
        if (host, name) in self.busy or len(self.busy) > DEPTH_MAX:
            raise Unrendered(f"{name}: refers to itself")
        self.busy.append((host, name))
        try:
            return self.finish(host, said.value)
        finally:
            self.busy.pop()

    def finish(self, host: str, value: Any) -> Any:
        match value:
            case Vaulted():
                if self.reveal is None:
                    raise Secretive
                return self.finish(host, self.reveal(value))
            case str() if not isinstance(value, Unsafe) and any(mark in value for mark in MARKS):
                return render(value, host, self)
            case list():
                return [self.finish(host, each) for each in value]
            case dict():
                return {key: self.finish(host, each) for key, each in value.items()}
        return value

    def magic(self, host: str, name: str) -> Any:
        """Names that every host has. Raises KeyError."""
        match name:
            case "inventory_hostname":
                return host
            case "inventory_hostname_short":
                return host if re.fullmatch(r"[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*", host) else host.split(".")[0]
            case "group_names":
                return self.group_names(host)
            case "groups":
                return {group: list(members) for group, members in self.groups.items()}
            case "hostvars":
                return AllHosts(self)
        raise KeyError(name)


class OneHost(Mapping[str, Any]):
    """`hostvars['app-01']`."""

    def __init__(self, fleet: Fleetwide, host: str) -> None:
        self.fleet, self.host = fleet, host

    def __getitem__(self, name: str) -> Any:
        if name in self.fleet.variables(self.host):
            return self.fleet.value(self.host, name)
        return self.fleet.magic(self.host, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fleet.variables(self.host))

    def __len__(self) -> int:
        return len(self.fleet.variables(self.host))


class AllHosts(Mapping[str, Any]):
    def __init__(self, fleet: Fleetwide) -> None:
        self.fleet = fleet

    def __getitem__(self, host: str) -> Any:
        if host not in self.fleet.hosts:
            raise KeyError(host)
        return OneHost(self.fleet, host)

    def __iter__(self) -> Iterator[str]:
        return iter(self.fleet.hosts)

    def __len__(self) -> int:
        return len(self.fleet.hosts)


def is_secret(name: str, said: Value) -> bool:
    """Encrypted, wholly or in a part, or called what only secrets are called."""
    if said.sealed or (sounds_secret(name) and said.value not in ("", None)):
        return True
    if isinstance(said.value, str | int | float | bool | None):
        return False
    return any(
        isinstance(each, Vaulted) or (isinstance(each, str) and each in keys(said.value)) for each in parts(said.value)
    )


@lru_cache(maxsize=10_000)
def sounds_secret(name: str) -> bool:
    return LAST.search(name) is not None


def keys(value: Any) -> set[str]:
    """The keys in a value that are called what only secrets are called."""
    return {
        key
        for each in parts(value)
        if isinstance(each, dict)
        for key in each
        if isinstance(key, str) and LAST.search(key)
    }


def render(text: str, host: str, fleet: Fleetwide) -> Any:
    """Raises Secretive, Unrendered."""
    from jinja2 import TemplateError, UndefinedError

    try:
        template = compiled(text)
        context = template.new_context({SCOPE: OneHost(fleet, host)})
        return joined(list(template.root_render_func(context)))
    except TemplateError as error:
        unknown = isinstance(error, UndefinedError)
        raise Unrendered(error.message or type(error).__name__, undefined=unknown) from error
    except BROKEN as error:
        raise Unrendered(f"{type(error).__name__}: {error}"[:300]) from error


def joined(pieces: list[Any]) -> Any:
    from jinja2 import StrictUndefined

    if len(pieces) == 1:
        if isinstance(pieces[0], StrictUndefined):
            str(pieces[0])  # raises UndefinedError
        return list(islice(pieces[0], ITEMS_MAX)) if isinstance(pieces[0], Iterator) else pieces[0]
    text = "".join("" if piece is None else str(piece) for piece in pieces)
    if len(text) > TEXT_MAX:
        raise Unrendered("the text is too long")
    return text


@cache
def compiled(text: str) -> Any:
    return environment().from_string(text)


@cache
def environment() -> Any:
    """Jinja2's sandbox, with values that keep their types and names that come from the host."""
    from jinja2 import StrictUndefined, pass_context
    from jinja2.nativetypes import NativeEnvironment
    from jinja2.runtime import Context
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Unknown(StrictUndefined):
        """`{{ a.b | default('x') }}` may go through what is not there; to print it is an error."""

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return self

        def __getitem__(self, name: Any) -> Any:
            return self

    class HostContext(Context):
        def resolve_or_missing(self, key: str) -> Any:
            scope = self.parent[SCOPE]
            try:
                return scope[key]
            except KeyError:
                return super().resolve_or_missing(key)
            except Unrendered as error:
                if error.undefined:
                    return Unknown(hint=error.problem)
                raise

    class Sandbox(ImmutableSandboxedEnvironment, NativeEnvironment):
        intercepted_binops = frozenset(("*", "**"))
        context_class = HostContext

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            if operator == "**" or any(
                isinstance(each, str | list | tuple) and len(each) > 1000 for each in (left, right)
            ):
                raise Unrendered(f"{operator}: refused")
            if max((each for each in (left, right) if isinstance(each, int)), default=0) > TEXT_MAX:
                raise Unrendered(f"{operator}: refused")
            return super().call_binop(context, operator, left, right)

    @pass_context
    def as_it_is(context: Context, value: Any) -> Any:
        """Constants are not turned into text beforehand."""
        return value

    made = Sandbox(undefined=Unknown, finalize=as_it_is, trim_blocks=True, keep_trailing_newline=True)
    made.globals.update(dict.fromkeys(("lookup", "query", "q"), refuse_lookup))
    made.filters.update(FILTERS)
    return made


def text_of(value: Any) -> str:
    """As a template prints it; lists and mappings as JSON. Raises Unrendered."""
    match value:
        case None:
            return ""
        case bytes():
            return value.decode("utf-8", "replace")
        case str() | bool() | int() | float() | date():
            text = str(value)
        case _:
            text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not text.isascii() and text.encode("utf-8", "replace").decode() != text:
        raise Unrendered("half a character")
    return text


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON has it: keys are text, and what JSON has no word for is."""
    if depth > DEPTH_MAX:
        raise Unrendered("too deep")
    match value:
        case dict():
            return {str(key): plain(each, depth + 1) for key, each in value.items()}
        case list() | tuple() | set():
            return [plain(each, depth + 1) for each in value]
        case None | bool() | int() | float() | str():
            return value
    return printed(value)


def printed(value: Any) -> str:
    from jinja2 import TemplateError

    try:
        return str(value)
    except TemplateError as error:
        raise Unrendered(error.message or type(error).__name__, undefined=True) from error


def refuse_lookup(*_: Any, **__: Any) -> Any:
    raise Unrendered("lookups are not made")


def to_bool(value: Any) -> Any:
    return (
        value if value is None or isinstance(value, bool) else str(value).lower() in ("yes", "on", "1", "true", "1.0")
    )


def ternary(value: Any, yes: Any, no: Any, none: Any = None) -> Any:
    return none if value is None and none is not None else yes if value else no


FILTERS: dict[str, Callable[..., Any]] = {
    "bool": to_bool,
    "ternary": ternary,
    "mandatory": lambda value, msg=None: value,
    "basename": posixpath.basename,
    "dirname": posixpath.dirname,
    "split": lambda text, sep=None: text.split(sep),
}
