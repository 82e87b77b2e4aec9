"""A driver of one's own: a maintenance page that is shown while it is there.

    - maintenance: {page: /srv/www/maintenance.html, text: "Back at 04:00"}

Rules: the page is written whole or not at all; a page that was there before is nobody's to overwrite; the undo removes
only what we wrote.
"""

from typing import Any

from msgspec import Struct

from liftlock.drivers.technology import Technology, read_script, words
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Kind, Outcome, Script, Traits
from liftlock.model.ports import Driver, Manifest, Setting
from liftlock.model.schedule import Template

# Values come in as variables, quoted by Liftlock; a script is constant text. `@name=value` is a fact. `@failed=code`
# with status 65: a failure with words in the manifest.
SHOW = """\
set -eu
if [ -e "$page" ] && ! printf '%s\\n' "$text" | cmp -s - "$page"; then
  printf '@failed=foreign\\n@page=%s\\n' "$page"
  exit 65
fi
printf '%s\\n' "$text" >"$page.new"
mv -f "$page.new" "$page"
printf '@page=%s\\n' "$page"
"""
REMOVE = 'set -eu\nrm -f "$page"\nprintf \'@page=%s\\n\' "$page"\n'
LOOK = """\
if printf '%s\\n' "$text" | cmp -s - "$page"; then echo @there=yes; else echo @there=no; fi
"""
WORDS = {
    "foreign": ("{page} is there already, and is not ours", "{page} 已存在,且不是本步骤写入的"),
    "not_there": ("The page is not there", "页面不存在"),
}


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True):
    page: str
    text: str = "Maintenance"


class MaintenanceDriver(Technology):
    manifest = Manifest(
        name="maintenance",
        version="1",
        item=Maintenance,
        summary={"en": "Shows a maintenance page", "zh": "显示维护页面"},
        shorthand="page",
        words=words("maintenance", WORDS),
        example='- maintenance: {page: /srv/www/maintenance.html, text: "Back at 04:00"}',
    )

    def expand(self, item: Maintenance, setting: Setting) -> tuple[Template, ...]:
        """One step with its undo. A driver that needs several trips answers with several templates."""
        args = {"page": item.page, "text": item.text}
        show = Action(Kind.CONFIGURE, "maintenance", args, Traits(writes=True))
        remove = Action(Kind.CONFIGURE, "maintenance", {**args, "remove": True}, Traits(writes=True))
        return (Template("maintenance", show, remove, timeout_s=60.0, estimate_s=1.0),)

    def complain(self, item: Maintenance, setting: Setting) -> tuple[tuple[str, dict[str, str | int | float]], ...]:
        return ()

    def operate(self, action: Action, context: Context) -> Script:
        return Script(REMOVE if action.args.get("remove") else SHOW, variables_of(action))

    def read(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure:
        return read_script("maintenance", outcome, {"foreign": FailureKind.REFUSED})

    def probe(self, action: Action, context: Context) -> Script:
        """What tells, after an outcome was lost, whether the effect is in place. It changes nothing."""
        return Script(LOOK, variables_of(action))

    def settle(self, action: Action, context: Context, outcome: Outcome) -> Evidence | Failure | None:
        seen = read_script("maintenance", outcome, {})
        if isinstance(seen, Failure):
            return None
        if (seen.facts.get("there") == "yes") is not bool(action.args.get("remove")):
            return Evidence({"page": action.args["page"]})
        return Failure(FailureKind.INTERRUPTED, "maintenance.not_there")


def variables_of(action: Action) -> dict[str, Any]:
    return {"page": action.args["page"], "text": action.args["text"]}


DRIVERS: tuple[Driver, ...] = (MaintenanceDriver(),)
