"""Another upgrade of the same record is a change that is already scheduled: it is kept clear of, and named."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from liftlock.cli.neighbours import other_upgrades
from liftlock.journal.sqlite import open_store
from liftlock.model.tasks import OtherChange
from tests.cli.conftest import HOSTS, Site

SHANGHAI = ZoneInfo("Asia/Shanghai")
STARTS = "2036-03-03"
TABLE = """\
windows:
  - {{from: "22:00", to: "04:00"}}
timetable:
  starts: {starts}
  calendar: {{country: DE}}
  tasks:
    - {{id: uat, stage: tests, days: 2, people: [chen.jie]}}
"""


def others(site: Site, upgrade: str, now: datetime) -> tuple[OtherChange, ...]:
    async def work() -> tuple[OtherChange, ...]:
        store = await open_store(site.folder / ".liftlock")
        try:
            return await other_upgrades(store, upgrade, now)
        finally:
            await store.close()

    return asyncio.run(work())


def test_a_kept_timetable_of_another_upgrade_has_its_hosts_and_people(site: Site) -> None:
    site.write_plan("other.yaml", title="Other", more=TABLE.format(starts=STARTS))
    site.run("when", "other.yaml", "--keep")
    found = others(site, "app-to-1-1-57ab36", datetime(2036, 3, 3, 8, 0, tzinfo=SHANGHAI))
    uat, first, second = found
    assert (uat.from_, uat.to, uat.people, uat.items) == ("2036-03-03T09:00", "2036-03-04T18:00", ("chen.jie",), ())
    assert first.from_ == "2036-03-04T22:00"
    assert sorted((*first.items, *second.items)) == sorted(HOSTS)
    assert first.title == "Other"
    assert others(site, "app-to-1-1-57ab36", datetime(2036, 3, 9, tzinfo=SHANGHAI)) == ()  # all of it is over
    site.write_plan(more=TABLE.format(starts=STARTS))
    mine = {task["id"]: task["begins"][:16] for task in site.data("when", "plan.yaml")["tasks"]}
    assert mine["uat"] == "2036-03-05T09:00"  # Chen Jie works on the other one until then
    own = first.id.partition(":")[0]
    assert others(site, own, datetime(2036, 3, 3, 8, 0, tzinfo=SHANGHAI)) == ()


def test_a_run_that_is_open_has_its_hosts(site: Site) -> None:
    site.bad.add("1.1")
    site.write_plan(title="Held", within="0.3s", on_failure="freeze")
    site.run("run", "plan.yaml", expect=4)
    now = datetime.now(SHANGHAI)
    (found,) = others(site, "another-000000", now)
    assert sorted(found.items) == sorted(HOSTS)
    assert found.title == "Held"
    assert datetime.fromisoformat(found.to).replace(tzinfo=SHANGHAI) >= now


def test_an_open_runs_windows_are_read_in_its_own_zone(site: Site) -> None:
    """22:00 in Shanghai is 14:00 in London: seen from there it does not take until London's night."""
    later = datetime.now(SHANGHAI) + timedelta(hours=2)
    window = f'windows:\n  - {{from: "{later:%H:%M}", to: "{later + timedelta(hours=3):%H:%M}"}}\n'
    site.write_plan(title="Waits", more=window)
    running = site.start("run", "plan.yaml")
    site.wait_for("RunOpened")
    running.kill()
    running.wait()
    now = datetime.now(ZoneInfo("Europe/London"))
    (found,) = others(site, "another-000000", now)
    ends = datetime.fromisoformat(found.to).replace(tzinfo=now.tzinfo)
    assert timedelta(hours=1) < ends - now < timedelta(hours=4)


def test_an_upgrade_that_is_over_is_in_nobodys_way(site: Site) -> None:
    site.run("run", "plan.yaml")
    assert others(site, "another-000000", datetime.now(SHANGHAI)) == ()
