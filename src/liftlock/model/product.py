"""What is known of a product's releases: which way up is allowed, what stands in the way, what may run side by side.

A product file is data with its sources. Ranges are `vers`-like within the product's own scheme: `>=12, <15`, `4.14.*`,
`15`, `*`; commas are `and`, `|` is `or`.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from liftlock.model.part import Duration, Level, Part, Text

Scheme = Literal["semver", "debian", "rpm", "pypi", "maven", "gem", "natural"]


class Condition(Part, frozen=True):
    """When a block holds. All that are given must hold; a fact that nobody knows cannot be evaluated: blocked.

    `fact`: of the survey or of the host's variables; `is_`, `in_`, `range`: what it must be for the block to hold.
    """

    always: bool = False
    fact: str = ""
    is_: str = field(default="", name="is")
    in_: tuple[str, ...] = field(default=(), name="in")
    not_: str = field(default="", name="not")
    range: str = ""  # of versions, in the product's scheme
    expression: str = ""  # in a language that is not ours (PromQL): cannot be evaluated here


class Block(Part, frozen=True):
    """A conditional block: from these releases to those there is a named risk, unless its condition is false."""

    name: Text
    to: Text
    from_: str = field(default="*", name="from")
    when: tuple[Condition, ...] = (Condition(always=True),)  # in order: the first that can be evaluated decides
    message: str = ""
    url: str = ""
    fixed_in: str = ""


class Edge(Part, frozen=True):
    """Allowed: from any release of one range to any of another."""

    from_: Text = field(name="from")
    to: Text
    risk: Level = "low"
    downtime_s: Duration = field(default=0.0, name="downtime")
    stopped: bool = False  # everything is stopped on this hop: old and new never meet
    irreversible: str = ""  # because
    note: str = ""
    url: str = ""
    reach: Literal["", "patch", "minor", "major"] = ""  # no farther than another patch, the next minor, the next major
    parts: tuple[str, ...] = ()  # of a product of several: which of them go this way; none: all


class Stop(Part, frozen=True):
    """A release that is not passed by: whoever comes from before it goes through it."""

    version: Text  # a release, or a range of which one release must be gone through
    because: str = ""
    url: str = ""
    when: tuple[Condition, ...] = ()  # none: always


class Skew(Part, frozen=True):
    """Versions that may run at the same time. `of` and `with_`: components; the same one for old beside new.

    `level`: what is counted; `behind_max`, `ahead_max`: how far `of` may be from `with`. `longest`: how long mixed.
    """

    of: Text
    with_: Text = field(name="with")
    level: Literal["major", "minor", "patch"] = "minor"
    behind_max: Annotated[int, Meta(ge=0)] | None = None
    ahead_max: Annotated[int, Meta(ge=0)] | None = None
    versions: str = ""  # holds only where `with` is in this range
    longest_s: Duration | None = field(default=None, name="longest")
    url: str = ""


class Release(Part, frozen=True):
    version: Text
    channels: tuple[str, ...] = ()
    dead_end: str = ""  # because: nothing leads on, or it was withdrawn
    withdrawn: bool = False


class ProductPart(Part, frozen=True):
    """A component of a product of several: its name, and those that are upgraded before it."""

    name: Text
    after: tuple[str, ...] = ()


class Product(Part, frozen=True):
    """`read_on`: when the sources were read. `finalise`: after which step there is no way back."""

    product: Text
    scheme: Scheme = "natural"
    title: str = ""
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader must know, and what this file cannot know
    read_on: str = ""
    licence: str = ""
    releases: tuple[Release, ...] = ()
    complete: bool = False  # every release is listed: any other is unknown
    edges: tuple[Edge, ...] = ()
    stops: tuple[Stop, ...] = ()
    blocks: tuple[Block, ...] = ()
    skews: tuple[Skew, ...] = ()
    parts: tuple[ProductPart, ...] = ()
    longest_mixed_s: Duration | None = field(default=None, name="longest_mixed")
    finalise: str = ""


class Override(Part, frozen=True):
    """A named risk that somebody accepts: signed with the plan, recorded by name."""

    risk: Text
    by: Text
    because: Text
    until: str = ""
