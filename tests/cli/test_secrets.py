"""A secret through a real run: used by a step, echoed by it, and found nowhere that Liftlock writes or shows."""

import os
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.conftest import HOSTS, Site
from tests.cli.test_steering import end, open_gates

ODD = "Zq7bergamotte$(touch pwned)`touch pwned`'\"\\x  é中\nzweite-Zeile&%s;|\tZq9bergamotte"
PIECES = [b"Zq7bergamotte", b"zweite", b"Zq9bergamotte", "é中".encode()]
ECHO = """\
      - command:
          run: |
            echo x >>"$root/ran"
            printf '%s\\n' "$TOKEN"; echo $TOKEN; printf '@found=%s\\n' "$TOKEN"
            printf '%s' "$TOKEN" >"$root/used"
            tr '\\0' '\\n' </proc/self/environ | grep -c ODD_SECRET >"$root/inherited" || :
            cat /proc/[0-9]*/cmdline 2>/dev/null | grep -c "[z]weite-Zeile" >"$root/argv" || :
            while [ ! -e "$root/gate" ]; do sleep 0.05; done
            i=0; while [ $i -lt 9000 ]; do printf '%s' "$TOKEN"; i=$((i + 1)); done
          undo: 'true'
          env: {TOKEN: {secret: "env:ODD_SECRET"}}
      - command: {run: 'cat "$root/used"; echo', undo: 'true'}
"""


def written(site: Site, swept: bool) -> list[Path]:
    """All that there is, but what the command itself was told to write. Before a host is swept at the run's end, its
    state folder, closed to others, holds what steps printed."""
    paths = [path for path in site.folder.rglob("*") if path.is_file() and path.name != "used"]
    return [path for path in paths if swept or "/state/" not in str(path)]


def assert_told_nowhere(site: Site, *shown: str, swept: bool = True) -> None:
    for piece in PIECES:
        for path in written(site, swept):
            assert piece not in path.read_bytes(), (piece, path)
        for text in shown:
            assert piece not in text.encode(), (piece, text)


@pytest.fixture
def odd(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("ODD_SECRET", ODD)
    site.write_plan(first=ECHO)
    return site


def test_odd_characters_many_lines_and_cut_output(odd: Site) -> None:
    open_gates(odd)
    ran = odd.run("run", "plan.yaml")
    assert (odd.root("app-01") / "used").read_text() == ODD
    assert not list(odd.folder.rglob("pwned"))
    assert [(odd.root(host) / name).read_text().strip() for host in HOSTS for name in ("inherited", "argv")] == [
        "0"
    ] * 8
    odd.run("archive", "-o", "up.liftlock")
    ZipFile(odd.folder / "up.liftlock").extractall(odd.folder / "unpacked")
    said = [odd.run_any(*words) for words in (("log",), ("log", "--json"), ("report",), ("status", "--json"))]
    assert "[secret]" in said[1]
    assert_told_nowhere(odd, ran.output, *said)


def test_a_controller_that_finds_the_step_again_knows_its_secret(odd: Site) -> None:
    process = odd.start("run", "plan.yaml")
    odd.wait_for("StepStarted", "command")
    until_used(odd)
    process.kill()
    _, out = end(process)
    open_gates(odd)
    again = odd.run("run", "plan.yaml")
    assert [(odd.root(host) / "ran").read_text() for host in HOSTS] == ["x\n"] * 4
    assert_told_nowhere(odd, out, again.output, odd.run_any("log", "--json"), odd.run_any("report"))


def test_without_the_secret_nothing_of_the_step_is_recorded(odd: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    process = odd.start("run", "plan.yaml")
    odd.wait_for("StepStarted", "command")
    until_used(odd)
    process.kill()
    _, out = end(process)
    open_gates(odd)
    monkeypatch.delenv("ODD_SECRET")
    held = odd.run("run", "plan.yaml", expect=4)
    assert "ODD_SECRET" in odd.run_any("log")
    assert_told_nowhere(odd, out, held.output, odd.run_any("log", "--json"), swept=False)


def test_a_preview_shows_no_secret_that_an_earlier_run_left_in_a_file(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODD_SECRET", ODD)
    first = """\
      - command: {run: 'true', undo: 'true', env: {TOKEN: {secret: "env:ODD_SECRET"}}}
      - config: {file: "{root}/etc/app.conf", content: "new = true\\n", show: true}
"""
    site.write_plan(first=first)
    (site.root("app-01") / "etc" / "app.conf").write_text(f"token = {ODD}\n")
    shown = site.run("plan", "plan.yaml", "--diff-host", "app-01").output
    assert "+new = true" in shown
    for piece in PIECES:
        assert piece.decode() not in shown


def until_used(site: Site) -> None:
    subprocess.run(
        ["sh", "-c", "until ls fleet/*/argv >/dev/null 2>&1; do sleep 0.05; done"],
        cwd=site.folder,
        timeout=20,
        check=True,
        env=dict(os.environ),
    )
