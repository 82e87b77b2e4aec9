"""A step at the controller, whose controller was killed: found again on the same machine; on another, nobody knows."""

import os
import signal
import time

import pytest

from tests.cli.conftest import Site

AT = "      - {{command: {{run: 'echo x >>{place}; sleep 1; echo y >>{place}', undo: 'true'}}, at: controller}}\n"


def killed(site: Site) -> list[str]:
    """A run whose controller dies while the step runs; answers what the step wrote until then."""
    place = site.folder / "written"
    site.write_plan(first=AT.format(place=place))
    text = (site.folder / "hosts.yaml").read_text()
    (site.folder / "hosts.yaml").write_text(text.replace('["app-[01:04]"]', '["app-[01:02]"]'))
    first = site.start("run", "plan.yaml")
    deadline = time.monotonic() + 60
    while not place.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    return place.read_text().split()


def test_on_the_same_machine_it_is_found_again(site: Site) -> None:
    assert killed(site)[0] == "x"
    site.run("run", "plan.yaml")
    assert (site.folder / "written").read_text().split() == ["x", "y"] * 2


def test_on_another_machine_a_person_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert killed(site)[0] == "x"
    monkeypatch.setattr("liftlock.cli.presence.socket.gethostname", lambda: "another")
    site.run("run", "plan.yaml", expect=4)
    assert '"code":"no-probe"' in site.run("log", "--json", "--kind", "StepLost").stdout
    assert (site.folder / "written").read_text().split().count("x") == 1
