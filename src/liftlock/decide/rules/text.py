"""Placeholders: every `{name}` that will be filled has a value on every host; what is never filled does not look so."""

from collections.abc import Iterable, Iterator
from typing import Any

from liftlock.decide.case import Case, Rule, error, warning
from liftlock.decide.expand import PLACEHOLDER, is_reference
from liftlock.decide.recipes import Laying
from liftlock.decide.roles import once_host
from liftlock.model.actions import Action, Kind
from liftlock.model.findings import Finding, Path

BUILT_IN = frozenset(
    {"address", "component", "domain", "from_version", "host", "root", "to_version", "version"},
)
SHELL = (Kind.COMMAND, Kind.VERIFY, Kind.DRAIN, Kind.READMIT, Kind.STOP, Kind.START, Kind.RESTART, Kind.MIGRATE)


def placeholders_have_values(case: Case) -> Iterator[Finding]:
    for laying, lane, steps, _ in case.lanes():
        hosts = laying.hosts if lane == "main" else laying.hosts and (once_host(laying.component, laying.hosts, {}),)
        texts = ((one.path, text) for one in steps for text in filled(one.template.action, one.template.undo))
        ats = ((one.path, one.template.at) for one in steps)
        yield from missing(case, laying, hosts, (*texts, *ats))


def gates_placeholders_have_values(case: Case) -> Iterator[Finding]:
    for place, rollout, laying in case.rolled():
        for index, check in enumerate(rollout.checks):
            path = (*place, "checks", index)
            gauges = (driver.gauge(check, laying.setting) for driver in case.drivers.values())
            texts = ((path, text) for gauge in gauges if gauge for text in filled(gauge.action))
            yield from missing(case, laying, laying.hosts, texts)


def missing(case: Case, laying: Laying, hosts: Iterable[str], texts: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    wanted: dict[str, Path] = {}
    for path, text in texts:
        for name in names_in(text):
            wanted.setdefault(name, path)
    own = [(host, case.inventory.hosts[host].variables) for host in hosts if host in case.inventory.hosts]
    for name, path in wanted.items():
        lacking = [host for host, variables in own if name not in variables] if name not in BUILT_IN else []
        if lacking and len(lacking) == len(own):
            known = sorted({*BUILT_IN, *(own[0][1] if own else ())})
            yield error("L180", path, name=name, known=", ".join(known))
        elif lacking:
            yield error("L181", path, name=name, host=lacking[0])


def literal_text_is_not_filled(case: Case) -> Iterator[Finding]:
    for laying, _, steps, _ in case.lanes():
        known = BUILT_IN | {name for host in laying.hosts[:1] for name in case.inventory.hosts[host].variables}
        told: set[tuple[Path, str]] = set()
        for one in steps:
            action = one.template.action
            if action.kind not in SHELL:
                continue
            for name in (n for key in action.literal for t in literal_texts(action.args.get(key)) for n in names_in(t)):
                if name in known and (one.path, name) not in told:
                    told.add((one.path, name))
                    yield warning("L182", one.path, name=name)


def filled(*actions: Action | None) -> Iterator[str]:
    """Every text of the actions in which placeholders are filled."""
    for action in actions:
        for key, value in action.args.items() if action is not None else ():
            if action is not None and key not in action.literal:
                yield from texts_in(value)
            elif isinstance(value, dict):
                yield from (each["secret"] for each in value.values() if is_reference(each))


def literal_texts(value: Any) -> Iterator[str]:
    """The texts in which nothing is filled: names of secrets are."""
    rest = {key: each for key, each in value.items() if not is_reference(each)} if isinstance(value, dict) else value
    return texts_in(rest)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


def names_in(text: str) -> Iterator[str]:
    """The placeholders of a text; `${name}` is the shell's, `{3}` a regular expression's."""
    for found in PLACEHOLDER.finditer(text):
        name = found.group(1)
        if name and not name[0].isdigit() and text[: found.start()][-1:] != "$":
            yield name


RULES: tuple[Rule, ...] = (placeholders_have_values, gates_placeholders_have_values, literal_text_is_not_filled)
