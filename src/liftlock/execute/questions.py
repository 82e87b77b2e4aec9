"""What a schedule makes worth asking of its hosts: room where it writes, services, ports, the versions that run."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from msgspec.structs import replace

from liftlock.decide.expand import Layout, expand, fill, fill_action, lay_out, variables
from liftlock.decide.hops import hop_before
from liftlock.execute.preview import context_of
from liftlock.execute.probing import probing_of
from liftlock.execute.survey import Inquiry, Question, Version
from liftlock.model.actions import Action, Kind
from liftlock.model.inventory import Host
from liftlock.model.readiness import Expected
from liftlock.model.schedule import Schedule, Stage, Step, Template

CHANGES = (Kind.INSTALL, Kind.CONFIGURE)  # a backup reads its paths, and a read-only disk is no obstacle to that
WRITES = (Kind.INSTALL, Kind.CONFIGURE, Kind.BACKUP, Kind.MIGRATE, Kind.FETCH)
SERVICES = (Kind.START, Kind.STOP, Kind.RESTART)
USUAL_STATE = "/var/tmp"
UNIT_KEYS = ("unit", "service")  # arguments by which a driver names a unit of the host's service manager


Inquiries = Mapping[str, tuple[Template, ...]]  # component -> how it is looked at
NONE: Inquiries = {}


Expectations = Mapping[str, Sequence[Expected]]  # host -> what is planned for it
NOTHING: Expectations = {}


def questions_of(
    schedule: Schedule, inquiries: Inquiries = NONE, expectations: Expectations = NOTHING
) -> dict[str, Question]:
    """For every host that has a lane. Hosts at which only others' steps run are asked what all are asked."""
    layout = lay_out(schedule)
    steps: dict[str, list[tuple[Stage, Step]]] = {host: [] for host in schedule.hosts}
    for stage in schedule.stages:
        for host in stage.hosts:
            names = layout.ways[stage.recipe].up
            steps[host] += [(stage, expand(layout, f"{stage.id}/{host}/{name}")) for name in names]
    return {
        host: replace(question(layout, host, found, inquiries), probing=probing_of(expectations.get(host, ())))
        for host, found in steps.items()
    }


def question(layout: Layout, host: str, found: list[tuple[Stage, Step]], inquiries: Inquiries) -> Question:
    here = [step.action for _, step in found if step.at == host]
    versions = {version.component: version for version in versions_of(layout, found)}
    state = state_of(layout.schedule.hosts[host])
    return Question(
        paths=unique(("/", state, *(path for action in here if action.kind in WRITES for path in paths_of(action)))),
        writes=unique((state, *(path for action in here if action.kind in CHANGES for path in paths_of(action)))),
        services=unique(name for action in here if action.kind in SERVICES for name in services_of(action)),
        ports=tuple(sorted({port for action in here if action.kind is Kind.VERIFY for port in ports_of(action)})),
        versions=tuple(versions.values()),
        inquiries=tuple(inquiries_of(layout, found, inquiries)),
    )


def inquiries_of(layout: Layout, found: list[tuple[Stage, Step]], inquiries: Inquiries) -> Iterator[Inquiry]:
    """Once for each component that has a lane on the host: what it is there now, before anything was done."""
    lanes = {stage.component: step for stage, step in reversed(found) if not hop_before(stage.component)}
    for component, step in lanes.items():
        known = variables(layout.schedule, component, step.subject, back=True)
        for number, look in enumerate(inquiries.get(component, ()), start=1):
            asked = Step(
                id=f"{step.lane}/look-{look.verb}-{number}",
                lane=step.lane,
                name="look",
                subject=step.subject,
                at=fill(look.at, known) or step.subject,
                action=fill_action(look.action, known),
                timeout_s=look.timeout_s,
            )
            context = context_of(layout.schedule, component, asked.id, step.subject, before=True)
            yield Inquiry(component, asked, context)


def state_of(host: Host) -> str:
    """Where marks and artifacts lie, as far as one knows before the host was asked."""
    return host.state or (f"{host.root}/state" if host.connection == "sandbox" else USUAL_STATE)


def paths_of(action: Action) -> Iterator[str]:
    """Absolute paths among an action's arguments."""
    for value in action.args.values():
        values = value if isinstance(value, list | tuple) else (value,)
        yield from (each for each in values if isinstance(each, str) and each.startswith("/"))


def services_of(action: Action) -> Iterator[str]:
    """Units of the host's service manager; what has commands of its own is none."""
    if any(value for key, value in action.args.items() if key.endswith("_command")):
        return
    for key in UNIT_KEYS:
        value = action.args.get(key)
        if isinstance(value, str) and value:
            yield value
            return


def ports_of(action: Action) -> Iterator[int]:
    """Ports that a verification asks: of addresses `host:port` and of URLs."""
    for value in action.args.values():
        if isinstance(value, str) and (port := port_in(value)) is not None:
            yield port


def port_in(text: str) -> int | None:
    try:
        return urlsplit(text if "://" in text else f"tcp://{text}").port
    except ValueError:
        return None


def versions_of(layout: Layout, found: list[tuple[Stage, Step]]) -> Iterator[Version]:
    """Verifications that ask for the component's version: the old one is wanted, for the question's sake. What later
    hops look at is not there yet."""
    for stage, step in found:
        if hop_before(stage.component):
            continue
        policy = layout.schedule.policies[stage.component]
        if step.action.kind is Kind.VERIFY and policy.version_to in texts_of(step.action.args):
            context = context_of(layout.schedule, stage.component, step.id, step.subject, before=True)
            yield Version(stage.component, expand(layout, back_id(step)), context)


def back_id(step: Step) -> str:
    """The same step on the way back, which is filled with the old version."""
    return f"{step.lane}/b{step.name}"


def texts_of(value: object) -> Iterator[str]:
    """Every text of a JSON-like value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_of(each)


def unique(names: Iterator[str] | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
