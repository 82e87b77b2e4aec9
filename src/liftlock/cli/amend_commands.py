"""Go on with a changed schedule: what was done is adopted, the difference is shown, its approvals are wanted."""

import os

from liftlock.cli.beginning import ApprovedPlan, approved_plan
from liftlock.cli.choosing import Chosen, existing, open_run_of
from liftlock.cli.naming import upgrade_id
from liftlock.cli.opening import complete, opened
from liftlock.cli.options import Because, Json, Lang, Me, PlanFile, StoreAt, command, commands
from liftlock.cli.revision import changes_between, differences
from liftlock.cli.screen import Screen, open_screen
from liftlock.cli.session import drivers_for, title_of
from liftlock.cli.settings import person, store_folder
from liftlock.cli.trouble import refuse
from liftlock.decide.amend import amendable, lanes_begun
from liftlock.execute import commands as told
from liftlock.execute.opening import Refused, names_to_lock
from liftlock.model.ports import Store
from liftlock.model.schedule import Schedule
from liftlock.publish.comparison import changes_json
from liftlock.publish.log import log_json, run_lines

app = commands()


@command(app, 'liftlock amend plan.yaml -m "app-07 is scrapped and left out"')
def amend(
    plan: PlanFile, because: Because = "", me: Me = "", store: StoreAt = "", lang: Lang = "", as_json: Json = False
) -> None:
    """Take a changed plan over into the open run: completed steps stay, the difference is shown and recorded.

    The new schedule needs its approvals: `liftlock plan PLAN` records it, `liftlock approve PLAN` binds them.
    """
    screen = open_screen(lang, as_json)
    by = person(me, os.environ)

    async def work() -> None:
        found = drivers_for(screen)
        async with opened(store_folder(store, os.environ, existing(plan))) as journal:
            upgrade = upgrade_id(title_of(plan, found.drivers))
            chosen = await open_run_of(journal, upgrade)
            if chosen is None:
                raise refuse("no-open-run", upgrade=upgrade)
            approved = await approved_plan(screen, journal, found, plan, by, amends=chosen)
            await take_over(screen, journal, chosen, approved, by, because)

    complete(work())


async def take_over(
    screen: Screen, store: Store, chosen: Chosen, approved: ApprovedPlan, by: str, because: str
) -> None:
    before, after = chosen.schedule, approved.schedule
    if approved.prepared.digest == chosen.run.schedule:
        raise refuse("nothing-to-amend", run=chosen.name)
    refuse_what_cannot_be_adopted(screen, chosen, after)
    if taken := await store.lock(chosen.stream, sorted(set(names_to_lock(after)))):
        name, holder = min(taken.items())
        raise refuse("locked-by-another-run", name=name, run=holder, more=len(taken) - 1)
    now = approved.clock.now()
    entries = await told.amend(store, chosen.stream, now, by, after, because, approved.approvals, approved.since)
    lines = list(run_lines(entries, screen.words))
    if screen.as_json:
        changes = changes_json(changes_between(before, after))
        screen.data({"run": chosen.name, "recorded": list(log_json(lines)), "changes": changes})
        return
    screen.text(differences(screen, before, after))
    screen.lines(f"{chosen.name}: {line.what}" for line in lines)


def refuse_what_cannot_be_adopted(screen: Screen, chosen: Chosen, after: Schedule) -> None:
    """What was done keeps its ids, or is left out on purpose."""
    reasons = amendable(chosen.schedule, after, lanes_begun(chosen.run))
    if not reasons:
        return
    for reason in reasons[1:]:
        screen.warn(screen.words.reason(reason))
    raise Refused(reasons[0])
