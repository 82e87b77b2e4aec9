"""Up over a release on the way, and back, from the command line on sandbox hosts."""

from pathlib import Path

from tests.cli.conftest import HOSTS, Site

VIA = """\
    via:
      - version: "1.1"
        recipe:
          - backup: {{files: "{{root}}/etc"}}
          - release: {{archive: app-1.1.tar.gz, into: "{{root}}/srv"}}
          - verify: {{http: "{address}/{{host}}", json: {{version: "{{version}}"}}, within: 0.5s}}
"""
HOST = "    hosts: app\n"


def over_a_release(site: Site, **more: str) -> Path:
    """The plan to 1.2, over 1.1."""
    path = site.write_plan(to="1.2", within="0.5s", **more)
    path.write_text(path.read_text().replace(HOST, HOST + VIA.format(address=site.address)))
    return path


def test_up_over_a_release_on_the_way(site: Site) -> None:
    over_a_release(site)
    assert "App to 1.2" in site.run("plan", "plan.yaml").stdout
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.2"] * 4
    stages = site.data("status")["stages"]
    assert [(each["id"], each["hop"], each["upgraded"]) for each in stages] == [
        ("app/1/w1", 1, 1),
        ("app/1/w2", 1, 3),
        ("app/2/w1", 2, 1),
        ("app/2/w2", 2, 3),
    ]
    assert "app (hop 2 of 2)" in site.run("status").stdout


def test_a_controller_that_is_killed_in_the_second_hop_is_followed_by_another(site: Site) -> None:
    over_a_release(site, first="      - wait: 500ms")
    running = site.start("run", "plan.yaml")
    site.wait_for("StageOpened", "app/2/w1")
    running.kill()
    running.wait()
    assert site.versions() == ["1.1"] * 4, "the first hop is complete"
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.2"] * 4
    started = site.run("log", "--kind", "StepStarted").stdout.splitlines()
    assert len([line for line in started if "-install" in line]) == 8, "each once"


def test_what_is_bad_in_the_second_hop_goes_back_over_both(site: Site) -> None:
    site.bad.add("1.2")
    over_a_release(site)
    site.run("run", "plan.yaml", expect=3)
    assert site.versions() == ["1.0"] * 4
    undone = [line for line in site.run("log", "--kind", "StepStarted").stdout.splitlines() if "/u" in line]
    hops = ["app/2/" in line for line in undone]
    assert hops == sorted(hops, reverse=True)
    assert set(hops) == {True, False}


def test_one_hop_goes_back_and_is_tried_again(site: Site) -> None:
    site.unhealthy.add("1.2")
    over_a_release(site, on_failure="roll back wave")
    site.run("run", "plan.yaml", expect=4)
    assert site.versions() == ["1.1"] * 4
    site.unhealthy.clear()
    site.run("settle", "run", "retry", "-m", "mended")
    site.run("retry", "-m", "mended")
    site.run("run", "plan.yaml")
    assert site.versions() == ["1.2"] * 4


def test_a_fleet_that_is_further_than_the_first_hop_does_not_begin(site: Site) -> None:
    over_a_release(site)
    site.run("run", "plan.yaml")
    over_a_release(site, title="Once more")
    out = site.run("run", "plan.yaml", expect=1).stdout
    assert out.count("L594") == len(HOSTS)
    assert site.versions() == ["1.2"] * 4
