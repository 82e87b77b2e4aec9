"""An upgrade from the command line, end to end on sandbox hosts."""

import asyncio
import json

from liftlock.journal.sqlite import open_store
from tests.cli.conftest import HOSTS, Site

RUN = "app-to-1-1-57ab36/r1"


def test_up(site: Site) -> None:
    out = site.run("run", "plan.yaml").stdout
    assert site.versions() == ["1.1"] * 4
    assert "\x1b" not in out
    assert f"{RUN}" in out
    assert site.data("status")["result"] == "upgraded"


def test_a_bad_version_is_caught_on_the_canary_and_rolled_back(site: Site) -> None:
    site.bad.add("1.1")
    site.write_plan(within="0.3s")
    site.run("run", "plan.yaml", expect=3)
    assert site.versions() == ["1.0"] * 4
    log = site.run("log", "--json", "--kind", "LaneTurned").stdout.splitlines()
    assert len(log) == 1
    assert site.run("status", expect=3)


def test_a_version_that_is_unhealthy_under_traffic_is_rolled_back(site: Site) -> None:
    site.unhealthy.add("1.1")
    site.run("run", "plan.yaml", expect=3)
    assert site.versions() == ["1.0"] * 4


def test_after_a_rollback_the_same_plan_runs_again(site: Site) -> None:
    site.unhealthy.add("1.1")
    site.run("run", "plan.yaml", expect=3)
    site.unhealthy.clear()
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4
    assert site.data("status")["run"].endswith("/r2")


def test_what_is_upgraded_is_not_upgraded_again(site: Site) -> None:
    site.run("run", "plan.yaml")
    error = site.run("run", "plan.yaml", "--json", expect=1).stdout
    assert json.loads(error)["error"] == "run-is-closed"
    assert RUN in site.run("status", RUN).stdout


def test_hosts_that_are_not_what_the_plan_expects_stop_the_start(site: Site) -> None:
    current = site.root("app-03") / "srv" / "current"
    current.unlink()
    current.symlink_to("releases/0.9")
    (site.root("app-03") / "srv" / "releases" / "0.9").mkdir()
    (site.root("app-03") / "srv" / "releases" / "0.9" / "version").write_text("0.9\n")
    out = site.run("run", "plan.yaml", expect=1).stdout
    assert "L305" in out
    assert "app-03" in out
    assert site.versions() == ["1.0", "1.0", "0.9", "1.0"]
    site.run("status", expect=1)


def test_two_runs_never_share_a_host(site: Site) -> None:
    site.write_plan(first="      - manual: {text: wait for me, undo: nothing}")
    other = site.write_plan("other.yaml", to="1.2", title="Another upgrade")
    first = site.start("run", "plan.yaml")
    try:
        site.wait_for("StepStarted", "manual")
        out = site.run("run", str(other), "--json", expect=1).stdout
        problem = json.loads(out)
        assert problem["error"] == "locked-by-another-run"
        assert "app-to-1-1" in problem["message"]
    finally:
        first.kill()
        first.wait()


# --- before ------------------------------------------------------------------------------------------------


def test_planning_again_changes_nothing_and_a_changed_artifact_does(site: Site) -> None:
    first = site.data("plan", "plan.yaml")
    assert site.data("plan", "plan.yaml")["digest"] == first["digest"]
    (site.folder / "earlier.json").write_text(json.dumps(first))
    (site.folder / "app-1.1.tar.gz").write_bytes((site.folder / "app-1.2.tar.gz").read_bytes())
    second = site.data("plan", "plan.yaml")
    assert second["digest"] != first["digest"]
    changes = site.data("plan", "plan.yaml", "--against", first["digest"][:10])["changes"]
    assert "artifact" in {change["area"] for change in changes}
    assert site.data("plan", "plan.yaml", "--against", "earlier.json")["changes"] == changes
    assert site.data("plan", "plan.yaml", "--against", second["digest"])["changes"] == []
    assert site.data("plan", "plan.yaml", "--against", "abc", expect=1)["error"] == "digest-too-short"


def test_the_digest_does_not_depend_on_the_folder_from_which_one_looks(site: Site) -> None:
    first = site.data("plan", "plan.yaml")["digest"]
    assert site.data("plan", str(site.folder / "plan.yaml"))["digest"] == first


def test_a_preview_changes_nothing(site: Site) -> None:
    before = sorted(str(path) for path in (site.folder / "fleet").rglob("*"))
    shown = site.data("plan", "plan.yaml", "--diff-host", "app-02")
    assert [step["step"].rpartition("/")[2] for step in shown["steps"]][-1] == "05-verify"
    switch = next(step["preview"] for step in shown["steps"] if step["step"].endswith("04-install"))
    assert switch["changes"]
    assert switch["text"].endswith("srv/current: releases/1.0 → releases/1.1")
    after = sorted(str(path) for path in (site.folder / "fleet").rglob("*") if "state" not in path.parts)
    assert [path for path in before if "/state" not in path] == after
    assert site.data("plan", "plan.yaml", "--diff-host", "app-99", expect=1)["error"] == "no-such-host"


def test_survey(site: Site) -> None:
    seen = site.data("survey", "plan.yaml")
    assert set(seen["hosts"]) == set(HOSTS)
    assert seen["hosts"]["app-01"]["facts"]["version:app"] == "1.0"
    assert seen["readiness"]["errors"] == 0
    schedule = site.data("plan", "plan.yaml")["schedule"]
    assert set(schedule["assumes"]) == set(HOSTS)
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4


def test_check_says_everything_at_once(site: Site) -> None:
    plan = site.folder / "plan.yaml"
    plan.write_text(plan.read_text().replace("soak:", "sock:").replace("hosts: app", "hosts: apps"))
    found = site.data("check", "plan.yaml", expect=1)
    codes = {each["code"] for each in found["findings"] if each["severity"] == "error"}
    assert len(codes) >= 1
    assert all(each["line"] for each in found["findings"] if each["severity"] == "error")
    for command in ("plan", "run", "survey", "simulate"):
        assert "plan.yaml:" in site.run(command, "plan.yaml", expect=1).stdout
    (site.folder / "none").mkdir()
    assert "L070" in site.run("check", "nothing.yaml", expect=1).stdout
    assert "L076" in site.run("check", "none", expect=1).stdout


def test_simulate(site: Site) -> None:
    calm = site.data("simulate", "plan.yaml", "--seeds", "5", "--workers", "1")
    assert calm["ends"] == {"upgraded": 5}
    bad = site.data("simulate", "plan.yaml", "--seeds", "5", "--workers", "1", "--fault", "bad=at-once")
    assert "upgraded" not in bad["ends"]
    site.run("simulate", "plan.yaml", "--fault", "nonsense=1", expect=2)
    site.run("simulate", "plan.yaml", "--fault", "transient=7", expect=2)


# --- the record --------------------------------------------------------------------------------------------


def test_the_record_of_an_upgrade(site: Site) -> None:
    site.run("run", "plan.yaml")
    lines = [json.loads(line) for line in site.run("log", "--json").stdout.splitlines()]
    assert {"PlanFrozen", "RunBegan", "RunOpened", "StepSucceeded", "RunClosed"} <= {line["kind"] for line in lines}
    assert all(
        line["host"] == "app-03"
        for line in map(json.loads, site.run("log", "--host", "app-03", "--json").stdout.splitlines())
    )
    assert site.run("log", "--problems").stdout == ""
    assert site.run("log", "--since", "2030-01-01").stdout == ""
    report = site.run("report").stdout
    assert report.startswith("# ")
    assert "app-03" in report
    site.run("report", "--lang", "zh", "--output", "报告.md")
    assert "升级" in (site.folder / "报告.md").read_text()


def test_an_archive_proves_itself_and_a_changed_byte_is_named(site: Site) -> None:
    site.run("run", "plan.yaml")
    key = site.run("journal", "key").stdout.strip()
    made = site.data("archive", "--output", "app.liftlock")
    assert made["archive"] == "app.liftlock"
    whole = site.data("verify", "app.liftlock", "--key", key)
    assert whole["ok"]
    assert len(whole["streams"]) == 2
    data = bytearray((site.folder / "app.liftlock").read_bytes())
    data[len(data) // 3] ^= 1
    (site.folder / "bad.liftlock").write_bytes(data)
    bad = site.data("verify", "bad.liftlock", expect=1)
    assert bad["discrepancies"][0]["where"]
    (site.folder / "short.liftlock").write_bytes(bytes(data[:1000]))
    site.run("verify", "short.liftlock", expect=1)
    site.run("verify", "none.liftlock", expect=6)


def test_the_record_is_copied_and_proved(site: Site) -> None:
    site.run("run", "plan.yaml")
    site.run("journal", "backup", "copy")
    assert site.data("journal", "verify", "--store", "copy")["ok"]
    assert site.data("journal", "restore", "copy", "--store", "again")["into"] == "again"
    assert site.data("status", "--store", "again")["result"] == "upgraded"
    site.run("journal", "backup", "copy", expect=6)
    site.run("journal", "verify", "--store", "nowhere", expect=6)


def test_a_check_that_cannot_be_read_holds_and_hangs_nothing(site: Site) -> None:
    path = site.write_plan()
    text = path.read_text().replace(f'http: "{site.address}/{{host}}", value: errors,', "command: 'exit 3',")
    path.write_text(text.replace("  soak: 0.2s", "  soak: 0.2s\n  longest_soak: 1s"))
    assert "command: 'exit 3'" in path.read_text()
    site.run("run", "plan.yaml", expect=4)
    assert sorted(site.versions()) == ["1.0", "1.0", "1.0", "1.1"]
    assert "check-no-data" in site.run_any("log", "--kind", "HoldRaised", "--json")


def test_a_killed_ending_blocks_nobody(site: Site) -> None:
    """The controller died after the run's last entry, before it gave its locks back."""
    site.bad.add("1.1")
    site.write_plan(within="0.3s")
    site.run("run", "plan.yaml", expect=3)
    name = site.data("status", expect=3)["run"]

    async def lock_again() -> None:
        store = await open_store(site.folder / ".liftlock")
        (stream,) = [each for each in await store.streams("u-") if each.endswith(name)]
        assert await store.lock(stream, [f"host:{host}" for host in HOSTS]) == {}
        await store.close()

    asyncio.run(lock_again())
    site.bad.clear()
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4


def test_a_broken_old_version_does_not_block_its_fix(site: Site) -> None:
    """Every host is unhealthy before the upgrade, which is what heals it."""
    site.unhealthy.add("1.0")
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.1"] * 4
