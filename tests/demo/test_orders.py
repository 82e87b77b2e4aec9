"""The service that the demo upgrades: its scripts, its releases, its one bad release."""

import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import fleet, lifeline, releases


@pytest.fixture
def host(tmp_path: Path, archives: dict[str, Path]) -> Iterator[fleet.SandboxHost]:
    host = fleet.lay_out(tmp_path)[0]
    fleet.found(
        host, archives["1.0"], "1.0", f"[orders]\naddress = {host.address}\nport = {host.port}\ncurrency = CNY\n"
    )
    yield host
    lifeline.end_services(tmp_path)


def run(host: fleet.SandboxHost, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([host.base / "current/bin" / script], capture_output=True, text=True, check=False)


def get(host: fleet.SandboxHost, path: str) -> dict[str, object]:
    with urllib.request.urlopen(f"http://{host.address}:{host.port}{path}", timeout=5) as answer:
        value: dict[str, object] = json.load(answer)
        return value


def test_starts_answers_and_stops(host: fleet.SandboxHost) -> None:
    pid = int((host.base / "run/orders.pid").read_text())
    assert get(host, "/order?item=7")["version"] == "1.0"
    assert run(host, "start").returncode == 1, "a second one is refused"
    assert run(host, "stop").returncode == 0
    assert not lifeline.lives(pid)
    assert run(host, "stop").returncode == 0, "stopping what is stopped is fine"
    with pytest.raises(urllib.error.URLError):
        get(host, "/healthz")


def test_says_why_it_does_not_start(host: fleet.SandboxHost) -> None:
    run(host, "stop")
    (host.base / "etc/orders.conf").write_text("[nonsense]\n")
    result = run(host, "start")
    assert result.returncode == 1
    assert "KeyError" in result.stderr


def test_each_install_is_on_record(host: fleet.SandboxHost) -> None:
    run(host, "install")
    assert fleet.records([host], "install 1.0 begun") == {"app-01": 1}
    run(host, "install")
    assert fleet.records([host], "install 1.0 begun") == {"app-01": 2}
    assert len((host.base / "data/catalogue-1.0").read_text().splitlines()) == 20
    run(host, "uninstall")
    assert not (host.base / "data/catalogue-1.0").exists()


def test_archives_are_reproducible_and_differ(archives: dict[str, Path], tmp_path: Path) -> None:
    digests = {version: releases.digest(path) for version, path in archives.items()}
    assert len(set(digests.values())) == len(releases.VERSIONS)
    assert digests == {version: releases.digest(releases.pack(version, tmp_path)) for version in releases.VERSIONS}


@pytest.mark.parametrize(("version", "bad"), [("1.0", 0), ("1.1", 0), ("1.2", 10), ("1.3", 0)])
def test_only_1_2_is_bad_and_only_when_its_memory_is_full(
    version: str, bad: int, archives: dict[str, Path], tmp_path: Path
) -> None:
    releases.unpack(archives[version], tmp_path / version)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pricing\n"
        "prices = pricing.Prices(); failed = 0\n"
        "for item in range(40):\n"
        "    try: prices.of(str(item))\n"
        "    except KeyError: failed += 1\n"
        "print(failed)"
    )
    command = [sys.executable, "-B", "-c", program, str(tmp_path / version / "bin")]
    assert int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) == bad


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_scripts_are_clean() -> None:
    scripts = [str(releases.SOURCE / "bin" / name) for name in releases.SCRIPTS]
    checked = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
