"""From a plan file to a schedule: read, check, arrange; with everything that a command then needs.

The same files give the same schedule and digest. What was surveyed is frozen with the schedule when it is planned, and
later commands assume the same: a host that answers differently is then found by its precheck, not hidden.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct, json
from msgspec.structs import replace

from liftlock import __version__
from liftlock.cli.calendars import ReadCalendars, read_calendars
from liftlock.cli.clock import SystemClock
from liftlock.cli.discovery import Found
from liftlock.cli.naming import upgrade_id
from liftlock.cli.outside import run_inventory
from liftlock.cli.vaults import vault_passwords
from liftlock.decide.arrange import arrange
from liftlock.decide.check import check
from liftlock.decide.readiness import expected_of, readiness
from liftlock.decide.recipes import lay
from liftlock.decide.roles import knows_roles, looks_once
from liftlock.model.findings import Finding, Located, Severity
from liftlock.model.inventory import Host, Inventory
from liftlock.model.plan import Plan
from liftlock.model.readiness import Expected
from liftlock.model.recipe import Recipes
from liftlock.model.schedule import Schedule, Template, digest
from liftlock.model.survey import HostSurvey, Survey
from liftlock.planfile.ansible.written import source_of
from liftlock.planfile.files import Files, read_document, read_files
from liftlock.planfile.inventories import read_inventory
from liftlock.planfile.inventory import LoadedInventory
from liftlock.planfile.load import Loaded, load_plan
from liftlock.planfile.locate import locate_all
from liftlock.planfile.nodes import Positions
from liftlock.planfile.products import SOURCE, LoadedProducts, read_products
from liftlock.planfile.yaml import PLAN_LIMITS
from liftlock.publish.words import zone_of

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # of a survey that is only what a schedule assumes
SurveyOf = Callable[[str], Survey | None]


def no_survey(upgrade: str) -> Survey | None:
    """Nobody has looked."""
    return None


class Documents(Struct, frozen=True):
    """The bytes of a plan and its inventory, and what they say. `relative_to`: where paths of keys begin."""

    path: Path
    text: bytes
    loaded: Loaded
    inventory_path: Path
    inventory_text: bytes
    inventory: LoadedInventory | None
    relative_to: Path = Path()
    products: LoadedProducts = LoadedProducts()
    calendars: ReadCalendars = ReadCalendars()

    @property
    def is_ours(self) -> bool:
        """Other people's inventories are read as well, and hold what is not to be shown."""
        return self.inventory is not None and not self.inventory.files


class Prepared(Struct, frozen=True):
    """`schedule` is None where a finding blocks. `sources`: file -> text, for excerpts."""

    documents: Documents
    found: Found
    files: Files
    findings: tuple[Located, ...]
    schedule: Schedule | None
    digest: str

    @property
    def plan(self) -> Plan | None:
        return self.documents.loaded.plan

    @property
    def upgrade(self) -> str:
        return upgrade_id(self.plan.upgrade) if self.plan is not None else ""

    @property
    def blocked(self) -> bool:
        return any(each.finding.severity is Severity.ERROR for each in self.findings)

    @property
    def sources(self) -> dict[str, str]:
        pairs = [(self.documents.path, self.documents.text)]
        if self.documents.is_ours:
            pairs.append((self.documents.inventory_path, self.documents.inventory_text))
        products = {each.file: each.text for each in self.documents.products.read}
        return products | {str(path): text.decode("utf-8", "replace") for path, text in pairs if text}


def prepare(
    path: Path,
    found: Found,
    *,
    survey_of: SurveyOf = no_survey,
) -> Prepared:
    """Read, check and arrange. Everything that is wrong is among the findings.

    `survey_of`: an upgrade's id -> what was seen on its hosts.
    """
    documents, findings = read_documents(path, found)
    loaded = documents.loaded
    files = read_files(loaded.recipes, found.drivers, path.parent) if loaded.plan else Files({}, {}, ())
    findings = (*findings, *files.findings)
    inventory = inventory_of(documents)
    schedule = None
    if loaded.plan is not None and inventory is not None:
        findings += of_used_hosts(documents, loaded.plan, inventory)
        survey = survey_of(upgrade_id(loaded.plan.upgrade))
        findings += tuple(check_all(documents, loaded.plan, inventory, found, files, survey))
        if not any(each.severity is Severity.ERROR for each in findings):
            schedule = schedule_of(documents, loaded.plan, inventory, found, files, survey, None)
    return Prepared(
        documents=documents,
        found=found,
        files=files,
        findings=locate(documents, findings),
        schedule=schedule,
        digest=digest(schedule) if schedule is not None else "",
    )


def read_documents(path: Path, found: Found) -> tuple[Documents, tuple[Finding, ...]]:
    text = read_document(path, PLAN_LIMITS.size_bytes)
    if isinstance(text, Finding):
        nothing = Loaded(str(path), None, Recipes(), (), Positions(None), "")
        return Documents(path, b"", nothing, path, b"", None), (text,)
    loaded = load_plan(text, found.drivers, name=str(path))
    if loaded.plan is None:
        return Documents(path, text, loaded, path, b"", None), loaded.findings
    found_there = read_inventory(loaded.plan.inventory, path.parent, vault_passwords, run_inventory)
    products, calendars = products_of(loaded.plan, path.parent), read_calendars(loaded.plan, path.parent)
    documents = Documents(
        path,
        text,
        loaded,
        found_there.path,
        found_there.text,
        found_there.loaded,
        found_there.relative_to,
        products,
        calendars,
    )
    return documents, (*loaded.findings, *found_there.findings, *products.findings, *calendars.findings)


def products_of(plan: Plan, folder: Path) -> LoadedProducts:
    """The rules of the products that the plan's components name, and all of the plan's own files."""
    return read_products(plan.products, folder, [each.product for each in plan.components if each.product])


def inventory_of(documents: Documents) -> Inventory | None:
    """With paths of the controller made absolute: they are relative to the inventory's folder."""
    if documents.inventory is None or documents.inventory.inventory is None:
        return None
    folder, inventory = documents.relative_to.resolve(), documents.inventory.inventory
    return replace(inventory, hosts={name: placed(host, folder) for name, host in inventory.hosts.items()})


def of_used_hosts(documents: Documents, plan: Plan, inventory: Inventory) -> tuple[Finding, ...]:
    """What is wrong with single hosts of the inventory, as far as the plan names them or their groups."""
    if documents.inventory is None:
        return ()
    used = dict.fromkeys(name for component in plan.components for name in inventory.members(component.hosts))
    mentioned = documents.text.decode("utf-8", "replace")
    others = (name for name in documents.inventory.of_hosts if name not in used and name in mentioned)
    return tuple(found for name in (*used, *others) for found in documents.inventory.of_hosts.get(name, ()))


def placed(host: Host, folder: Path) -> Host:
    if not (host.key or host.known_hosts or host.root or host.jump):
        return host
    hops = (
        replace(hop, key=absolute(hop.key, folder), known_hosts=absolute(hop.known_hosts, folder)) for hop in host.jump
    )
    return replace(
        host,
        key=absolute(host.key, folder),
        known_hosts=absolute(host.known_hosts, folder),
        root=absolute(host.root, folder),
        jump=tuple(hops),
    )


def absolute(path: str, folder: Path) -> str:
    """A home folder is the controller's own at the time of the run: `~` stays."""
    return path if not path or path.startswith("~") else str(folder / path)


def check_all(
    documents: Documents, plan: Plan, inventory: Inventory, found: Found, files: Files, survey: Survey | None
) -> tuple[Finding, ...]:
    now = SystemClock(zone_of(plan.timezone)).now()
    return check(
        plan,
        inventory,
        documents.loaded.recipes,
        found.drivers,
        artifacts=files.artifacts,
        texts=files.texts,
        survey=survey,
        now=now,
        products=documents.products.products,
        calendars=documents.calendars.calendars,
    )


def ready(prepared: Prepared, survey: Survey) -> tuple[Located, ...]:
    """What a look at the hosts says about the plan."""
    plan, inventory = prepared.plan, inventory_of(prepared.documents)
    if plan is None or inventory is None:
        return ()
    recipes, artifacts = prepared.documents.loaded.recipes, prepared.files.artifacts
    assumes = prepared.schedule.assumes if prepared.schedule is not None else {}
    return locate(prepared.documents, readiness(plan, inventory, recipes, survey, artifacts=artifacts, assumes=assumes))


def inquiries_of(prepared: Prepared) -> dict[str, tuple[Template, ...]]:
    """How each component's drivers read what it is on a host: those of all its hops."""
    plan, inventory = prepared.plan, inventory_of(prepared.documents)
    if plan is None or inventory is None:
        return {}
    recipes, files = prepared.documents.loaded.recipes, prepared.files
    laid = lay(plan, inventory, recipes, prepared.found.drivers, files.artifacts, files.texts)
    looks: dict[str, tuple[Template, ...]] = {}
    for laying in laid.values():
        name = laying.component.name
        looks[name] = looks_once((*looks.get(name, ()), *laying.looks))
    return looks


def as_planned(prepared: Prepared, survey: Survey) -> tuple[Located, ...]:
    """What of a look at the hosts the plan's readiness chapter speaks of."""
    return tuple(each for each in ready(prepared, survey) if each.finding.path[:1] == ("readiness",))


def expectations_of(prepared: Prepared) -> dict[str, list[Expected]]:
    """What the plan's readiness chapter says of each host."""
    plan, inventory = prepared.plan, inventory_of(prepared.documents)
    if plan is None or inventory is None:
        return {}
    return {host: [each for _, each in told] for host, told in expected_of(plan, inventory).items()}


def schedule_of(
    documents: Documents,
    plan: Plan,
    inventory: Inventory,
    found: Found,
    files: Files,
    survey: Survey | None,
    previous: Schedule | None,
    begun: tuple[str, ...] = (),
) -> Schedule:
    schedule = arrange(
        plan,
        inventory,
        documents.loaded.recipes,
        found.drivers,
        artifacts=files.artifacts,
        texts=files.texts,
        plan_digest=documents.loaded.sha256,
        program=__version__,
        survey=survey,
        previous=previous,
        begun=begun,
        workdays=documents.calendars.calendars.workdays,
    )
    return replace(schedule, upgrade=upgrade_id(plan.upgrade))


def locate(documents: Documents, findings: tuple[Finding, ...]) -> tuple[Located, ...]:
    places = {"plan": (str(documents.path), documents.loaded.positions)}
    for each in documents.products.read:  # by its file, and by the product's name
        places[each.source] = (each.file, each.positions)
        if each.product is not None:
            places.setdefault(SOURCE + each.product.product, (each.file, each.positions))
    if documents.inventory is not None:
        places["inventory"] = (str(documents.inventory_path), documents.inventory.positions)
        places |= {source_of(file): (file, Positions(None)) for file in documents.inventory.files}
    return locate_all(findings_once(findings), places | documents.calendars.places)


def findings_once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Rooms may find the same fault twice: one finding for one place."""
    seen: dict[bytes, Finding] = {}
    for each in findings:
        seen.setdefault(json.encode(each, order="deterministic"), each)
    return tuple(seen.values())


def arranged_after(prepared: Prepared, previous: Schedule, begun: tuple[str, ...] = ()) -> Prepared:
    """The same plan, arranged once more as a change to a schedule: what was placed keeps its waves and order.

    `begun`: the lanes that have done something.
    """
    if prepared.schedule is None:
        return prepared
    return arranged(prepared, prepared.schedule.assumes, previous, begun)


def with_assumptions(
    prepared: Prepared, frozen: Schedule | None, previous: Schedule | None = None, begun: tuple[str, ...] = ()
) -> Prepared:
    """The same, assuming what the schedule that was planned assumes: a survey since then changes no digest."""
    if prepared.schedule is None or frozen is None:
        return prepared
    kept = {name: frozen.assumes[name] for name in prepared.schedule.hosts if name in frozen.assumes}
    if knows_roles(kept) or knows_roles(prepared.schedule.assumes):
        return arranged(prepared, kept, previous, begun)
    schedule = replace(prepared.schedule, assumes=kept)
    return replace(prepared, schedule=schedule, digest=digest(schedule))


def arranged(
    prepared: Prepared, assumes: Mapping[str, Mapping[str, str]], previous: Schedule | None, begun: tuple[str, ...]
) -> Prepared:
    """The plan arranged on what is assumed of its hosts, roles among it, in place of a survey."""
    plan, inventory = prepared.plan, inventory_of(prepared.documents)
    if plan is None or inventory is None:
        return prepared
    seen = Survey(LONG_AGO, {name: HostSurvey(name, True, dict(facts)) for name, facts in assumes.items()})
    found, files = prepared.found, prepared.files
    schedule = schedule_of(prepared.documents, plan, inventory, found, files, seen, previous, begun)
    return replace(prepared, schedule=schedule, digest=digest(schedule))
