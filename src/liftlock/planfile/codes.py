"""The codes of this room (L001-L099, L400-L499) with the fields that each finding carries. Words are made in `publish`.

`line` and `column` are there where a finding has no key of its own to be found by: `locate` reads them.
"""

from liftlock.model.findings import Field, Finding, Path, Severity

PLACE = ("line", "column")

CODES: dict[str, tuple[str, ...]] = {
    # the text itself
    "L001": ("problem", *PLACE),  # not YAML; the parser's own English words
    "L002": PLACE,  # not UTF-8
    "L003": ("size_bytes", "limit_bytes"),  # larger than what is read
    "L004": ("limit", *PLACE),  # nested too deeply
    "L005": ("limit", *PLACE),  # too many values, counting what aliases repeat
    "L006": ("character", *PLACE),  # a control character (U+0000)
    "L007": PLACE,  # a tab where indentation is expected
    "L008": ("problem", *PLACE),  # the file ends in the middle of something: truncated, or not closed
    "L009": PLACE,  # a second document in the file
    "L010": ("tag", *PLACE),  # a tag such as !!python/object
    "L011": ("key", "first_line", *PLACE),  # the same key twice
    "L012": ("key", "suggestion"),  # unknown key, one that is near exists
    "L013": ("key", "allowed"),  # unknown key
    "L014": PLACE,  # a merge key <<
    "L015": ("name", *PLACE),  # an alias to nothing, or to something that it is part of
    "L016": PLACE,  # a key that is no plain text
    "L017": (),  # nothing in the file
    "L018": PLACE,  # `any of [a, b]` inside braces: {any of: [a, b]} is meant
    "L019": ("limit",),  # warning: more findings than are shown
    # values
    "L020": ("key",),  # a key is missing
    "L021": ("given",),  # text is expected
    "L022": ("key",),  # a key without a value
    "L023": ("given", "allowed"),  # none of the allowed values
    "L024": ("given", "suggestion", "allowed"),  # the same, one that is near exists
    "L025": ("given",),  # no duration (30s, 10m, 2h, 1d)
    "L026": ("given",),  # no share (3 or 25%)
    "L027": ("given",),  # no number
    "L028": ("given", "limit"),  # below the least
    "L029": ("given", "limit"),  # above the most
    "L030": ("key",),  # empty text
    "L031": ("given",),  # yes, no, on, off where true or false is expected
    "L032": ("given",),  # warning: a text (a version) written as a bare number; read as written
    "L033": ("given", "read"),  # warning: a bare number that loses something when read (1.10 is 1.1)
    "L034": ("given", "read"),  # warning: a number with a leading zero, read as decimal
    "L035": ("given",),  # infinite, or no number (.inf, .nan)
    "L036": ("given", "pattern"),  # text of another form
    "L037": ("length", "limit"),  # too few entries or characters
    "L038": ("length", "limit"),  # too many entries or characters
    "L039": ("given",),  # a name with other characters than letters, digits, `.`, `_`, `-`, or over 63 of them
    "L080": ("given",),  # a whole number is expected
    "L081": ("given",),  # true or false is expected
    "L082": ("given",),  # a list is expected
    "L083": ("given",),  # a mapping is expected
    "L084": ("given", "expected"),  # one of several types is expected
    # recipes
    "L040": ("given",),  # an item that is no mapping
    "L041": ("key", "suggestion"),  # unknown action, one that is near exists
    "L042": ("key", "known"),  # unknown action
    "L043": ("keys",),  # several actions in one item
    "L044": ("key", "fields"),  # an action that takes no plain value
    "L045": ("key", "fields"),  # fields of several technologies in one item
    "L046": ("key", "fields"),  # none of the fields that name the technology
    "L047": ("problem",),  # the driver's own type refuses the value
    "L048": ("known",),  # an item that names no action
    # dates and times
    "L050": ("given",),  # no time of day (22:00)
    "L051": ("given",),  # no date (2026-12-20, or 2026-12-20T18:00 where a time is allowed)
    "L052": ("given",),  # unknown time zone
    # inventory
    "L060": ("given",),  # no range (app-[01:08])
    "L061": ("group", "member"),  # a group names a host that is not there
    "L062": ("group", "member", "suggestion"),  # the same, one that is near exists
    "L063": ("groups",),  # groups that contain each other
    "L064": ("host", "first"),  # one host written twice; `first`: the key that had it
    "L065": ("given", "limit"),  # a range of too many hosts
    "L066": ("name",),  # a group and a host of one name
    "L067": ("name",),  # a reserved name (controller)
    "L068": ("group", "child"),  # a group's child is not there
    "L069": ("group", "child", "suggestion"),  # the same, one that is near exists
    "L086": ("limit",),  # ranges, groups and variables multiply to more than is built
    "L087": PLACE,  # a range without quotes inside brackets: ["app-[01:08]"] is meant
    "L088": ("name", "known"),  # a variable with a name that every host's own facts have
    "L095": ("given",),  # `jump` names what is neither a host that SSH reaches nor [user@]address[:port]
    "L096": ("given",),  # ways through other hosts that lead round, or are too long
    # files that the plan names
    "L070": ("file", "looked_at"),  # not there
    "L071": ("file", "problem"),  # there, and cannot be read
    "L072": ("file", "size_bytes", "limit_bytes"),  # too large
    "L073": ("file",),  # no UTF-8 text
    "L074": ("file", "expected", "actual"),  # another SHA-256 than the plan says
    "L075": ("given",),  # no SHA-256
    "L076": ("file",),  # a folder, a device: no plain file
    # inventories of others
    "L401": ("given", *PLACE),  # no host, port or range as Ansible writes it
    "L402": ("given", *PLACE),  # INI: no section, or of another kind than hosts, children, vars
    "L403": ("given", *PLACE),  # INI: a line that is not of its section's form
    "L404": ("group", *PLACE),  # a section that needs a group which is declared nowhere
    "L405": ("groups", *PLACE),  # groups that contain each other
    "L406": ("given", *PLACE),  # a value of another shape than inventories have there
    "L407": ("key", "first_line", *PLACE),  # warning: the same key twice: the later holds, as in Ansible
    "L408": ("given", *PLACE),  # a scalar that YAML 1.1 takes for a date or number that does not exist
    "L409": ("key", "group", *PLACE),  # warning: a group's key that Ansible skips
    "L410": ("variable", "problem", *PLACE),  # warning: a variable whose template cannot be rendered
    "L411": ("variable", "given", *PLACE),  # a connection variable that cannot be read
    "L412": ("file", *PLACE),  # warning: an encrypted file and no password
    "L413": ("file", "problem", *PLACE),  # an encrypted file that cannot be opened
    "L414": ("given", *PLACE),  # an inventory program, or a plugin's configuration
    "L415": ("name", *PLACE),  # warning: a variable with a name that every host's own facts have
    "L416": ("option", *PLACE),  # an argument of ssh that would change how a host is reached
    "L417": ("option", *PLACE),  # warning: an argument of ssh that asks for less trust
    "L418": ("variable", *PLACE),  # warning: a login password
    "L419": ("variable", *PLACE),  # a connection variable that is, or needs, a secret
    "L420": ("given", *PLACE),  # a connection that Liftlock does not have
    "L421": PLACE,  # no hosts at all
    "L422": ("name", *PLACE),  # warning: a group and a host of one name, in an inventory that others use too
    "L423": ("given", "known", *PLACE),  # an unknown kind before the colon of `inventory:`
    "L424": ("given", *PLACE),  # a name that a host of an inventory of others cannot have here
    "L430": ("known", *PLACE),  # a table without a column of hosts
    "L431": ("cell", "given", *PLACE),  # warning: two columns for one thing
    "L432": ("cell", *PLACE),  # a row without a host
    "L433": ("cell", "given", *PLACE),  # a cell that cannot be read
    "L434": ("cell", "host", "first", *PLACE),  # one host in two rows that differ
    "L435": ("problem", *PLACE),  # an Excel file that cannot be read
    "L436": PLACE,  # openpyxl is missing
    "L437": ("cell", "given", *PLACE),  # a formula without a value
    "L440": ("given", *PLACE),  # ssh_config: a line that cannot be read
    "L441": ("given", *PLACE),  # warning: ssh_config: a Match that depends on more than the host
    "L450": ("program", "problem", *PLACE),  # an inventory program that failed
    "L460": ("missing", "given"),  # recorded series: a column is missing
    "L461": ("column", "given"),  # a cell that cannot be read
    "L462": ("host", "metric", "first"),  # two rows for one host, metric and time
    "L463": ("host",),  # a host in both arms
    "L464": (),  # nothing that could be judged
    "L470": ("given", "problem"),  # a product file that cannot be opened
    "L471": ("product",),  # two of the plan's files describe one product
    "L472": ("given", "known"),  # an import: no such channel
    "L473": ("file", "problem"),  # an import: a file that is not of the format
    "L474": ("file", "given"),  # an import: a pattern that cannot be read
    # calendars, other changes, traffic
    "L480": ("given", "suggestion"),  # a country without a public calendar here
    "L481": ("given", "allowed"),  # no such province or state
    "L482": ("since", "until"),  # a range of days that ends before it begins, or is too long
    "L483": ("day", "more"),  # a day that a site's file both closes and opens
    "L484": ("since", "until"),  # a working day that ends before it begins
    "L485": ("given",),  # a file of changes of no known kind
    "L486": ("missing", "given", *PLACE),  # a table of changes without a column
    "L487": PLACE,  # a change without a number
    "L488": ("change", "key", "given", *PLACE),  # a change's time that cannot be read
    "L489": ("change", "since", "until", *PLACE),  # a change that ends before it begins
    "L490": ("missing", "given", *PLACE),  # recorded traffic: a column is missing
    "L491": ("column", "given", *PLACE),  # a cell that cannot be read
    "L492": PLACE,  # no row at all
    "L493": ("days", "wanted", *PLACE),  # warning: too few days
    "L494": ("problem", *PLACE),  # no iCalendar
    "L495": ("change", *PLACE),  # warning: an event that recurs counts once
}

WARNINGS = frozenset(
    {
        "L019",
        "L032",
        "L033",
        "L034",
        "L407",
        "L409",
        "L410",
        "L412",
        "L415",
        "L417",
        "L418",
        "L422",
        "L431",
        "L441",
        "L493",
    }
)
FINDINGS_MAX = 1000  # of one document
SHOWN_MAX = 80  # characters of the plan that a finding repeats


def complain(
    code: str, path: Path = (), source: str = "plan", place: tuple[int, int] | None = None, /, **fields: Field
) -> Finding:
    """A finding of this room; text fields are cut to what a person reads. `place`: (line, column)."""
    severity = Severity.WARNING if code in WARNINGS else Severity.ERROR
    found = {name: cut(value) for name, value in fields.items()}
    if place:
        found |= {"line": place[0], "column": place[1]}
    return Finding(code, severity, path, found, source)


def cut(value: Field) -> Field:
    if isinstance(value, str) and len(value) > SHOWN_MAX * 4:
        return value[: SHOWN_MAX * 4] + "…"
    return value
