"""The stage is built, used and taken down without a trace but its folder."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demo import lifeline, people, stage


def test_builds_up_and_takes_down(tmp_path: Path, wait_gone: Callable[..., None]) -> None:
    folder = tmp_path / "out"
    with stage.opened(folder, standin=True) as built:
        pids = [built.lb.process.pid, *lifeline.service_pids(folder / "hosts")]
        assert len(pids) == 9
        now = time.time()
        assert built.tally(now - 1, now).failed == 0
        with pytest.raises(stage.StageError, match="busy"), stage.opened(folder, standin=True):
            pass
    wait_gone(*pids)


def test_a_failure_takes_everything_down_too(tmp_path: Path, wait_gone: Callable[..., None]) -> None:
    folder = tmp_path / "out"
    pids: list[int] = []

    def fail() -> None:
        with stage.opened(folder, standin=True) as built:
            pids.extend([built.lb.process.pid, *lifeline.service_pids(folder / "hosts")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert len(pids) == 9
    wait_gone(*pids)


def test_leaves_a_foreign_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(stage.StageError, match="foreign"), stage.opened(tmp_path, standin=True):
        pass
    assert (tmp_path / "precious").read_text() == "mine"


def test_without_ssh_keygen_approvals_may_be_unsigned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    approvers = people.make(tmp_path / "keys")
    assert [approver.key for approver in approvers] == [None, None]
    assert "unsigned_approvals: true" in people.approvals(approvers)
