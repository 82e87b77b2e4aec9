"""`liftlock canary replay`: recorded series judged after the fact."""

import json
import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from liftlock.cli.main import root

START = 1_764_021_600


def series(path: Path, *, worse: float = 1.0, hosts: int = 8, minutes: int = 100, arms: bool = True) -> Path:
    """Two hosts of all are upgraded after an hour."""
    rng = random.Random(7)
    lines = ["time,host,arm,metric,value,events,of,total"]
    own = [math.exp(0.1 * rng.gauss(0, 1)) for _ in range(hosts)]
    for minute in range(minutes):
        for host in range(hosts):
            times = worse if host < 2 and minute >= 60 else 1.0
            told = own[host] * times * math.exp(0.03 * rng.gauss(0, 1))
            arm = ("canary" if host < 2 else "control") if arms else ""
            lines.append(f"{START + 60 * minute},app-{host},{arm},latency,,,200,{20 * told:.3f}")
            lines.append(f"{START + 60 * minute},app-{host},{arm},errors,,{rng.randrange(3)},200,")
    path.write_text("\n".join(lines) + "\n")
    return path


def replay(*words: str, status: int) -> Result:
    result = CliRunner().invoke(root, ["canary", "replay", *words])
    assert result.exit_code == status, result.output
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_regression_is_found_and_the_judgement_ends_there(folder: Path) -> None:
    file = str(series(folder / "bad.csv", worse=1.2))
    assert "latency  fails" in replay(file, status=3).stdout
    looks = [json.loads(line) for line in replay(file, "--looks", "--json", status=3).stdout.splitlines()]
    assert [look["verdict"] for look in looks].count("fail") == 1
    assert looks[-1]["verdict"] == "fail"
    assert looks[0]["complete"]


def test_what_is_healthy_is_not_rolled_back(folder: Path) -> None:
    file = str(series(folder / "good.csv"))
    data = json.loads(replay(file, "--metric", "latency", "--json", status=0).stdout)["components"][0]
    assert (data["looks"], data["verdict"]) == (41, "pass")
    assert [each["metric"] for each in data["metrics"]] == ["latency"]
    assert "not decided" in replay(file, "--promote-within", "errors=30%", status=4).stdout


def test_times_and_margins_are_told(folder: Path) -> None:
    file = str(series(folder / "plain.csv", worse=1.2, arms=False))
    assert "no host" in replay(file, status=1).stderr
    two = ["--upgraded", f"app-0={START + 3600}", "--upgraded", "app-1=2025-11-24T23:00:00Z"]
    assert replay(file, *two, "--before", "30m", status=3).stdout
    wide = json.loads(replay(file, *two, "--rollback-beyond", "latency=50%", "--json", status=4).stdout)
    assert [each["rollback"] for each in wide["components"][0]["margins"]] == [1.5, 1.25]
    late = replay(file, "--upgraded", "app-0=2030-01-01", "--json", status=4).stdout
    assert json.loads(late)["components"][0]["looks"] == 1


def test_a_small_tier_is_compared_with_its_own_past(folder: Path) -> None:
    file = str(series(folder / "small.csv", worse=1.5, hosts=2))
    assert "own past" in replay(file, status=3).stdout


def test_a_figure_is_drawn(folder: Path) -> None:
    file = str(series(folder / "good.csv"))
    replay(file, "--svg", "good.svg", "--zone", "Asia/Shanghai", status=0)
    assert "Asia/Shanghai" in (folder / "good.svg").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--every", "soon"], "replay-option"),
        (["--every", "1ms"], "replay-too-long"),
        (["--upgraded", "then"], "replay-option"),
        (["--upgraded", "app-99=0"], "replay-no-such-host"),
        (["--promote-within", "tiny"], "replay-option"),
        (["--promote-within", "cpu=5%"], "no-such-metric"),
        (["--lower-is-worse", "cpu"], "no-such-metric"),
        (["--metric", "cpu"], "no-such-metric"),
    ],
)
def test_what_cannot_be_meant_is_refused(folder: Path, words: list[str], error: str) -> None:
    file = str(series(folder / "good.csv", minutes=70))
    assert json.loads(replay(file, *words, "--json", status=1).stdout)["error"] == error


def test_a_bad_table_is_told_by_its_lines(folder: Path) -> None:
    (folder / "bad.csv").write_text("time,host,arm,metric,value\n1,a,canary,m,x\n1,b,green,m,2\n")
    found = json.loads(replay("bad.csv", "--json", status=1).stdout)["findings"]
    assert [(each["code"], each["line"]) for each in found] == [("L461", 2), ("L461", 3)]
    assert "bad.csv:2" in replay("bad.csv", status=1).stdout
    assert json.loads(replay("none.csv", "--json", status=6).stdout)["error"] == "missing"
