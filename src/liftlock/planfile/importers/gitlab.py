"""GitLab's required upgrade stops: `config/upgrade_path.yml` of gitlabhq/gitlabhq, or a list of `major.minor` lines.

GitLab allows to go from any release to any newer one that no required stop lies between; a stop is a minor release,
of which the newest patch is to be taken. A conditional stop (by its comment) holds unless a host's variable says that
it is not needed. A product release is named by its minor version here, because the source knows no patches.
"""

import re
from collections.abc import Sequence
from pathlib import Path as FilePath

from msgspec import Struct

from liftlock.model.product import Condition, Edge, Product, Release, Stop
from liftlock.planfile.importers.imported import Imported, Unfit, not_of_the_format, read_bytes
from liftlock.planfile.nodes import builtins
from liftlock.planfile.yaml import PLAN_LIMITS, read

SOURCES = (
    "https://gitlab.com/gitlab-org/gitlab/-/blob/master/config/upgrade_path.yml",
    "https://docs.gitlab.com/update/upgrade_paths/",
)
NOTES = (
    "A stop is a minor release: take its newest patch (17.3.7, not 17.3.0), and write that in `via`.",
    "Let the batched background migrations of each stop finish before the next hop.",
    "Stops that only some installations need (beside those marked conditional) are in GitLab's upgrade notes.",
    "Going over several minor releases at once needs downtime; without downtime go minor by minor.",
)
LINE = re.compile(r"([0-9]+\.[0-9]+)\s*(?:,\s*(.*))?")
SAID_CONDITIONAL = re.compile(r"([0-9]+\.[0-9]+) is conditional")
IRREVERSIBLE = "migrations change the database; going back is restoring the backup that the hop began with"


class Listed(Struct, frozen=True):
    version: str
    comment: str = ""
    conditional: bool = False


def import_gitlab(file: FilePath, channels: Sequence[str]) -> Imported:
    """There are no channels."""
    try:
        raw = read_bytes(file)
        stops = of_yaml(file, raw) if file.suffix in (".yml", ".yaml") else of_lines(file, raw)
    except Unfit as unfit:
        return Imported(None, (unfit.finding,))
    return Imported(
        Product(
            product="gitlab",
            scheme="natural",
            title="GitLab",
            sources=SOURCES,
            notes=NOTES,
            licence="MIT (gitlabhq/gitlabhq)",
            releases=tuple(Release(each.version) for each in stops),
            edges=(Edge("*", "*", irreversible=IRREVERSIBLE, url=SOURCES[1]),),
            stops=tuple(map(stop_of, stops)),
        )
    )


def of_yaml(file: FilePath, raw: bytes) -> list[Listed]:
    document = read(raw, PLAN_LIMITS, "import")
    listed = builtins(document.root) if document.root is not None else None
    if not isinstance(listed, list):
        raise not_of_the_format(file, "- major: 17")
    found = []
    for entry in listed:
        match entry:
            case {"major": int(major), "minor": int(minor)}:
                comment = str(entry.get("comments", ""))
                conditional = "conditional stop" in comment.lower() or "not required by all" in comment.lower()
                found.append(Listed(f"{major}.{minor}", comment, conditional))
            case _:
                raise not_of_the_format(file, "- major: 17")
    return found


def of_lines(file: FilePath, raw: bytes) -> list[Listed]:
    text = raw.decode("utf-8", "replace")
    conditional = set(SAID_CONDITIONAL.findall(text))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    matched = [LINE.fullmatch(line) for line in lines]
    if not lines or not all(matched):
        raise not_of_the_format(file, "17.3")
    return [Listed(found[1], found[2] or "", found[1] in conditional) for found in matched if found]


def stop_of(listed: Listed) -> Stop:
    fact = f"gitlab-{listed.version}-needed"
    when = (
        (Condition(fact=fact, is_="true"), Condition(expression=listed.comment or fact)) if listed.conditional else ()
    )
    return Stop(f"{listed.version}.*", listed.comment, SOURCES[1], when)
