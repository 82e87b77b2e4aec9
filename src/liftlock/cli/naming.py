"""Names in the store: an upgrade's stream `u-<slug>`, its runs' streams `u-<slug>/r<N>`."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

LONGEST = 40


def upgrade_id(title: str) -> str:
    """Readable, safe as a file's name, and different for different titles."""
    flat = unicodedata.normalize("NFKC", title).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", flat).strip("-")[:LONGEST].strip("-")
    return "-".join(part for part in (slug, sha256(title.encode()).hexdigest()[:6]) if part)


def upgrade_stream(upgrade: str) -> str:
    return f"u-{upgrade}"


def run_stream(upgrade: str, number: int) -> str:
    return f"u-{upgrade}/r{number}"


def upgrade_of(stream: str) -> str:
    return stream.partition("/")[0].removeprefix("u-")


def spoken(stream: str) -> str:
    """A run or an upgrade as people name it: `orders-1-1-3f9a2c/r1`."""
    return stream.removeprefix("u-")


def number_of(stream: str) -> int:
    return int(stream.rpartition("/r")[2])


def is_run(stream: str) -> bool:
    return re.fullmatch(r"u-[^/]+/r[0-9]+", stream) is not None


def runs_of(upgrade: str, streams: Iterable[str]) -> list[str]:
    """In the order in which they were opened."""
    return sorted((s for s in streams if is_run(s) and upgrade_of(s) == upgrade), key=number_of)
