"""`liftlock canary` over a record that holds looks."""

import asyncio
import json
from pathlib import Path

import pytest
from msgspec import json as msgspec_json
from typer.testing import CliRunner, Result

from liftlock.cli.main import root
from liftlock.journal.sqlite import open_store
from liftlock.model.events import Entry, RunBegan, RunOpened
from tests.publish import canary_story as story

RUN = "orders-1.1/r1"


async def keep(folder: Path, entries: list[Entry]) -> None:
    """Write a story's stream as a run's."""
    store = await open_store(folder / ".liftlock")
    try:
        assert await store.put(msgspec_json.encode(story.SCHEDULE, order="deterministic")) == story.DIGEST
        at = entries[0].at
        await store.append("u-orders-1.1", [RunBegan(f"u-{RUN}", story.DIGEST, "li.wei")], at, raise_epoch=True)
        await store.append(f"u-{RUN}", [entries[0].event], at, raise_epoch=True)
        for entry in entries[1:]:
            await store.append(f"u-{RUN}", [entry.event], entry.at)
    finally:
        await store.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LIFTLOCK_STORE", "LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def canary(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(root, ["canary", *words])
    assert result.exit_code == status, result.output
    return result


def test_a_failed_canary(folder: Path) -> None:
    asyncio.run(keep(folder, story.caught()))
    assert "latency  fails" in canary(status=3).stdout
    assert "不通过" in canary(RUN, "--lang", "zh", status=3).stdout
    data = json.loads(canary("--json", status=3).stdout)["components"][0]
    assert (data["component"], data["verdict"], data["looks"]) == ("orders", "fail", 22)
    assert data["margins"][1]["promote"] == 1.1
    lines = canary("--looks", "--json", "--metric", "errors", status=3).stdout.splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, 23))
    assert len(canary("--looks", "--metric", "latency", status=3).stdout.splitlines()) == 22
    followed = canary("--follow", "--metric", "latency", status=3).stdout.splitlines()
    assert len(followed) == 22
    assert "164 of 100 against it" in followed[-1]


def test_figures_are_written(folder: Path) -> None:
    asyncio.run(keep(folder, story.soaking()))
    (folder / "figures").mkdir()
    assert "figures/orders.svg" in canary("--svg", "figures/", status=4).stdout
    written = (folder / "figures" / "orders.svg").read_text()
    canary("--svg", "one.svg", "--metric", "errors", status=4)
    assert written.count("<path") > (folder / "one.svg").read_text().count("<path") > 0
    missing = CliRunner().invoke(root, ["canary", "--svg", "nowhere/", "--json"])
    assert json.loads(missing.stdout)["error"] == "missing"


def test_what_passes_ends_with_0(folder: Path) -> None:
    asyncio.run(keep(folder, story.upgraded()))
    assert "passes" in canary("--component", "orders").stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [(["--metric", "latncy"], "no-such-metric"), (["--component", "db"], "no-such-component")],
)
def test_what_is_misspelt_is_refused(folder: Path, words: list[str], error: str) -> None:
    asyncio.run(keep(folder, story.watching()))
    told = json.loads(canary(*words, "--json", status=1).stdout)
    assert told["error"] == error


def test_a_run_without_looks_says_so(folder: Path) -> None:
    entries = story.watching()[:1]
    assert isinstance(entries[0].event, RunOpened)
    asyncio.run(keep(folder, entries))
    told = canary(status=1)
    assert "has no looks" in told.stderr
    assert "rollout" in told.stderr
