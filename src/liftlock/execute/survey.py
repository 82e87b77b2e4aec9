"""A look at many hosts at once, changing nothing.

Rule: a host that cannot be reached, or lacks a tool, is a result, never an error. Every value is what the host said.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from liftlock.decide.arrange import STABLE_FACTS
from liftlock.decide.roles import fact
from liftlock.execute.probing import BODY as PROBES
from liftlock.execute.probing import Probing
from liftlock.execute.reading import look_at
from liftlock.execute.redact import Learning, Redactor
from liftlock.model.actions import Again, Context, Evidence, Exited, Failure, Script
from liftlock.model.errors import WorldError
from liftlock.model.ports import Driver, Hosts, Secrets
from liftlock.model.schedule import Step
from liftlock.model.survey import HostSurvey, Survey

LOOK_TIMEOUT_S = 20.0
VALUE_MAX = 200
FACTS_MAX = 60  # of one component on one host
SIDE_BY_SIDE = 50

# Builtins wherever they suffice: a fork costs more than all of them together. Not for the table of connections, which a
# shell reads byte by byte and which is long on a busy host.
BODY = r"""
say() { [ -z "$2" ] || printf '@%s=%s\n' "$1" "$2"; }
line() { value= && [ -r "$1" ] && IFS= read -r value <"$1"; }
if [ -r /etc/os-release ]; then
  while IFS='=' read -r key value; do
    value=${value#[\"\']} value=${value%[\"\']}
    case $key in ID) say os "$value" ;; VERSION_ID) say os_version "$value" ;; esac
  done </etc/os-release
fi
line /proc/sys/kernel/osrelease || value=$(uname -r 2>/dev/null)
say kernel "$value"
line /proc/sys/kernel/arch || value=$(uname -m 2>/dev/null)
say arch "$value"
say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
if [ -r /proc/meminfo ]; then
  while read -r key value unit; do
    case $key in
      MemTotal:) say memory_mb "$((value / 1024))" ;;
      MemAvailable:) say memory_free_mb "$((value / 1024))" ;;
    esac
  done </proc/meminfo
fi
line /etc/timezone || value=$(date +%Z 2>/dev/null)
say zone "$value"
line /proc/sys/kernel/random/boot_id && say boot "$value"
existing() {
  path=$1
  while [ ! -e "$path" ]; do
    case $path in */*) path=${path%/*} path=${path:-/} ;; *) path=. ;; esac
  done
}
set --
for each in $SURVEY_PATHS; do
  existing "$each"
  set -- "$@" "$path"
done
df -Pk "$@" 2>/dev/null | {
  least=
  while read -r device blocks used free rest; do
    case $free in ''|*[!0-9]*) continue ;; esac
    if [ -z "$least" ] || [ "$free" -lt "$least" ]; then least=$free; fi
  done
  [ -z "$least" ] || say disk_free_mb "$((least / 1024))"
}
for each in $SURVEY_WRITES; do
  [ -r /proc/mounts ] || break
  existing "$each"
  mount=$(df -Pk "$path" 2>/dev/null | {
    read -r head
    read -r device blocks used free share mount && printf '%s' "$mount"
  })
  flags=
  while read -r device target type options rest; do
    [ "$target" != "$mount" ] || flags=$options
  done </proc/mounts
  case $flags in ro | ro,*) say read_only "$each" && break ;; esac
done
for unit in $SURVEY_SERVICES; do
  command -v systemctl >/dev/null 2>&1 || break
  say "service:$unit" "$(systemctl is-active "$unit" 2>/dev/null)"
done
for port in $SURVEY_PORTS; do
  [ -r /proc/net/tcp ] || break
  hex=$(printf '%04X' "$port")
  state=free
  listens="^ *[0-9]*: [0-9A-F]*:$hex [0-9A-F]*:[0-9A-F]* 0A "
  if grep -q "$listens" /proc/net/tcp /proc/net/tcp6 2>/dev/null; then state=used; fi
  say "port:$port" "$state"
done
"""
END = "exit 0\n"


class Version(Struct, frozen=True):
    """How a component's running version is read on a host: a read-only step of its driver."""

    component: str
    step: Step
    context: Context


class Inquiry(Version, frozen=True):
    """How a component's own facts are read on a host: its step's evidence, kept as `<component>.<name>`."""


class Question(Struct, frozen=True):
    """What is asked of one host beyond what is asked of all. `paths`, `writes`, `services`: without blanks.

    `paths`: where room is needed; `writes`: where a read-only disk would stop us.
    """

    paths: tuple[str, ...] = ("/",)
    writes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    versions: tuple[Version, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    probing: Probing = Probing()


Progress = Callable[[HostSurvey, int, int], None]  # a host's answer, how many answered, of how many


def unheard(answer: HostSurvey, done: int, total: int) -> None:
    """Nobody watches."""


async def survey(
    hosts: Hosts,
    questions: Mapping[str, Question],
    drivers: Mapping[str, Driver],
    secrets: Secrets,
    *,
    at: datetime,
    side_by_side: int = SIDE_BY_SIDE,
    progress: Progress = unheard,
) -> Survey:
    """Ask every host, at most `side_by_side` at once. The answers come in the order of `questions`."""
    gate = asyncio.Semaphore(side_by_side)
    learning = Learning(secrets, Redactor())
    answers: dict[str, HostSurvey] = {}

    async def one(name: str) -> None:
        async with gate:
            answers[name] = await ask(hosts, name, questions[name], drivers, learning)
        progress(answers[name], len(answers), len(questions))

    async with asyncio.TaskGroup() as group:
        for name in questions:
            group.create_task(one(name))
    return Survey(at, {name: answers[name] for name in questions})


async def ask(
    hosts: Hosts, name: str, question: Question, drivers: Mapping[str, Driver], secrets: Learning
) -> HostSurvey:
    try:
        greeting = await hosts.greet(name)
        said = await hosts.look(name, script(question), timeout_s=LOOK_TIMEOUT_S, env={})
    except WorldError as error:
        return HostSurvey(name, reachable=False, problem=error.message, kind=error.kind.value, fields=error.fields)
    stable = {name: greeting.facts[name] for name in STABLE_FACTS if name in greeting.facts}
    facts = greeting.facts | {"boot": greeting.boot} | read_facts(said.output) | stable
    for version in question.versions:
        if seen := await read_version(hosts, version, drivers, secrets):
            facts[f"version:{version.component}"] = secrets.redactor.clean(seen)
    for inquiry in question.inquiries:
        facts |= secrets.redactor.clean(await inquire(hosts, inquiry, drivers, secrets))
    problem = "" if isinstance(said, Exited) and said.code == 0 else last_line(said.output)
    return HostSurvey(name, True, facts, greeting.clock_skew_s, problem)


def script(question: Question) -> Script:
    lists = {
        "SURVEY_PATHS": question.paths,
        "SURVEY_WRITES": question.writes,
        "SURVEY_SERVICES": unique((*question.services, *question.probing.services)),
        "SURVEY_PORTS": tuple(str(port) for port in sorted({*question.ports, *question.probing.ports})),
    }
    body = BODY
    if question.probing != Probing():
        lists |= question.probing.variables()
        body += PROBES
    variables = {name: " ".join(filter(is_word, words)) for name, words in lists.items()}
    return Script(body + END, variables | {"SURVEY_PATHS": variables["SURVEY_PATHS"] or "/"})


def unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def is_word(text: str) -> bool:
    """The shell splits the lists at blanks and expands patterns: what holds either is not asked."""
    return bool(text) and not any(each.isspace() or each in "*?[" for each in text)


def read_facts(output: str) -> dict[str, str]:
    """The lines `@name=value`, each bounded."""
    facts = {}
    for line in output.splitlines():
        name, equals, value = line.partition("=")
        if name.startswith("@") and equals:
            facts[name[1:]] = value.strip()[:VALUE_MAX]
    return facts


def last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("@")]
    return lines[-1][:VALUE_MAX] if lines else ""


async def inquire(hosts: Hosts, inquiry: Inquiry, drivers: Mapping[str, Driver], secrets: Secrets) -> dict[str, str]:
    """The component's facts by their full names, in number and length bounded; empty where it does not answer."""
    answer = await asked(hosts, inquiry, drivers, secrets)
    if not isinstance(answer, Evidence):
        return {}
    told = {name: str(value)[:VALUE_MAX] for name, value in sorted(answer.facts.items()) if value not in (None, "")}
    return {fact(inquiry.component, name): told[name] for name in list(told)[:FACTS_MAX]}


async def read_version(hosts: Hosts, version: Version, drivers: Mapping[str, Driver], secrets: Secrets) -> str:
    """The version that the running component reports; empty where it does not answer."""
    answer = await asked(hosts, version, drivers, secrets)
    return "" if answer is None else version_in(answer, version.context.version)


async def asked(
    hosts: Hosts, look: Version, drivers: Mapping[str, Driver], secrets: Secrets
) -> Evidence | Failure | Again | None:
    """What a driver reads from its look; None where there was nothing to be read."""
    driver, step = drivers[look.step.action.driver], look.step
    operation = driver.operate(step.action, look.context)
    if isinstance(operation, Failure):
        return None
    try:
        outcome = await look_at(hosts, step.at, operation, secrets, timeout_s=LOOK_TIMEOUT_S)
    except WorldError:
        return None
    return None if outcome is None else driver.read(step.action, look.context, outcome)


def version_in(answer: Evidence | Failure | Again, asked: str) -> str:
    """A verification that asked for a version and found it, or that says what it `found` instead."""
    match answer:
        case Evidence():
            return asked
        case Again(so_far=Failure() as failure) | (Failure() as failure):
            expected, found = (str(failure.fields.get(key, "")).strip('"') for key in ("expected", "found"))
            return found[:VALUE_MAX] if expected == asked else ""
    return ""
