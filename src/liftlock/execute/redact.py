"""Secrets are taken out once, here, before anything is recorded.

A secret is known in the forms in which programs print it: whole, line by line, with its blanks folded, escaped as JSON,
Python and shells do, encoded as for an address, a page, a header; and, where a text was cut, by the part of it that was
left.
"""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from html import escape
from json import dumps
from typing import Any
from urllib.parse import quote, quote_plus

from msgspec import Struct

from liftlock.decide.canaries import templates_of
from liftlock.decide.expand import fill, is_reference, variables
from liftlock.model.ports import Secrets
from liftlock.model.schedule import Schedule, Stage, Template
from liftlock.model.secret import SecretRef

MASK = "[secret]"
FEW = 8  # secrets: so many are looked for one by one
SHORTEST = 4  # shorter values would mask ordinary text
CUTS = ("\n[...]\n", "\n…", "…")  # what stands where a host, or a driver, left something out
LOST = "\ufffd"  # half a character


class Redactor:
    """Knows the secret values that were resolved in this process, and never tells them."""

    def __init__(self) -> None:
        self.learnt: set[str] = set()
        self.heads: dict[str, list[str]] = {}  # the first characters -> the pieces that begin so, longest first
        self.longest_first: list[str] = []

    @property
    def values(self) -> list[str]:
        """Every piece that is masked, the longest first."""
        if len(self.longest_first) != sum(map(len, self.heads.values())):
            self.longest_first = sorted(
                (each for pieces in self.heads.values() for each in pieces), key=len, reverse=True
            )
        return self.longest_first

    def learn(self, value: str) -> None:
        """Remember a value in all its forms that are long enough to be told from ordinary text."""
        if value in self.learnt:
            return
        self.learnt.add(value)
        for piece in forms(value):
            pieces = self.heads.setdefault(piece[:SHORTEST], []) if len(piece) >= SHORTEST else [piece]
            if piece not in pieces:
                pieces.append(piece)
                pieces.sort(key=len, reverse=True)

    def clean(self, value: Any) -> Any:
        """The same JSON-like value with every secret masked."""
        if not self.heads:
            return value
        if isinstance(value, str):
            return self.clean_text(value)
        if isinstance(value, dict):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item) for item in value]
        return value

    def clean_text(self, text: str) -> str:
        text = self.mask_few(text) if len(self.learnt) <= FEW else self.mask_many(text)
        for cut in CUTS:
            if cut in text:
                parts = text.split(cut)
                text = cut.join(self.clean_edges(part, index, len(parts)) for index, part in enumerate(parts))
        return text

    def mask_few(self, text: str) -> str:
        for secret in self.values:
            text = text.replace(secret, MASK)
        return text

    def mask_many(self, text: str) -> str:
        """One way through the text, however many secrets there are: each host may have its own."""
        told, begin, index = [], 0, 0
        while index <= len(text) - SHORTEST:
            pieces = self.heads.get(text[index : index + SHORTEST], ())
            found = next((piece for piece in pieces if text.startswith(piece, index)), "")
            if found:
                told += [text[begin:index], MASK]
                begin = index + len(found)
            index = max(begin, index + 1)
        return "".join((*told, text[begin:]))

    def clean_edges(self, part: str, index: int, count: int) -> str:
        """A part of a text that was cut: what is left of a secret before the cut, and after it."""
        for secret in self.values:
            if index < count - 1 and (kept := left_before(part, secret)):
                part = part[:-kept] + MASK
            if index and (kept := left_after(part, secret)):
                part = MASK + part[kept:]
        return part


class Learning(Struct, frozen=True):
    """`Secrets` that lets a redactor know what it told."""

    secrets: Secrets
    redactor: Redactor

    def resolve(self, ref: SecretRef) -> str:
        value = self.secrets.resolve(ref)
        self.redactor.learn(value)
        return value


def forms(value: str) -> Iterator[str]:
    """How a program may print it."""
    quoted = value.replace("'", "'\\''"), value.replace("'", "'\"'\"'")
    as_json = dumps(value)[1:-1], dumps(value, ensure_ascii=False)[1:-1]
    as_python = repr(value)[1:-1], repr(value.encode("utf-8", "surrogateescape"))[2:-1]
    for text in dict.fromkeys((value, *as_json, *as_python, *quoted)):
        yield text
        yield from text.splitlines()
        yield " ".join(text.split())
    yield from encodings(value)


def encodings(value: str) -> Iterator[str]:
    """As in addresses, pages, dumps and headers (`Basic` holds the password behind a name)."""
    raw = value.encode("utf-8", "surrogateescape")
    yield from (quote(raw, safe=""), quote(raw), quote_plus(raw), escape(value), escape(value, quote=False))
    yield from (raw.hex(), raw.hex().upper(), raw.hex(" "))
    for before in range(3):
        for encoded in (b64encode(bytes(before) + raw), urlsafe_b64encode(bytes(before) + raw)):
            first = -(-before * 8 // 6)  # what also depends on the bytes before
            last = (before + len(raw)) * 8 // 6  # and after
            yield encoded[first:last].decode()


def left_before(text: str, secret: str) -> int:
    """How many characters at the end of a text are the beginning of a secret."""
    whole = len(text)
    text = text.rstrip(LOST)
    start = max(len(text) - len(secret), 0)
    while (start := text.find(secret[:SHORTEST], start)) >= 0:
        if secret.startswith(text[start:]):
            return whole - start
        start += 1
    return 0


def left_after(text: str, secret: str) -> int:
    """How many characters at the beginning of a text are the end of a secret."""
    begins = len(text) - len(text.lstrip(LOST))
    end = min(begins + len(secret), len(text))
    while (found := text.rfind(secret[-SHORTEST:], begins, end)) >= 0:
        if secret.endswith(text[begins : found + SHORTEST]):
            return found + SHORTEST
        end = found + SHORTEST - 1
    return 0


def references(value: Any) -> Iterator[SecretRef]:
    """Every reference to a secret in an action's arguments."""
    if is_reference(value):
        yield SecretRef(value["secret"])
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def secrets_of(schedule: Schedule) -> Iterator[SecretRef]:
    """Every secret that a step, a check or a canary's metric may use, by which a host's user becomes another, or that
    is a channel's address."""
    told: dict[SecretRef, None] = {}
    canaries = schedule.canaries or {}
    for stage in schedule.stages:
        templates = [*schedule.recipes[stage.recipe].templates]
        templates += [gate.template for gate in schedule.gates.get(stage.component, ())]
        templates += templates_of(canaries.get(stage.component))
        told.update(dict.fromkeys(secrets_of_stage(schedule, stage, templates)))
    told.update(dict.fromkeys(host.become.password for host in schedule.hosts.values() if host.become.password))
    addresses = [address for channel in schedule.notify for address in (channel.webhook, channel.apprise)]
    told.update(dict.fromkeys(each for each in addresses if isinstance(each, SecretRef)))
    yield from told


def secrets_of_stage(schedule: Schedule, stage: Stage, templates: list[Template]) -> Iterator[SecretRef]:
    """Names of secrets may name the host."""
    actions = [action for each in templates for action in (each.action, each.undo) if action is not None]
    named = dict.fromkeys(ref for action in actions for ref in references(action.args))
    for ref in named:
        if "{" not in ref.secret:
            yield ref
            continue
        for host in stage.hosts:
            for back in (False, True):
                yield SecretRef(fill(ref.secret, variables(schedule, stage.component, host, back=back)))
