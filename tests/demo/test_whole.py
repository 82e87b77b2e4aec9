"""The demo itself, from the first act to the last promise. Two minutes: played where every real thing is required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo import CHECKOUT

PROMISES = 6


@pytest.mark.real
@pytest.mark.timeout(500)
@pytest.mark.skipif(os.environ.get("LIFTLOCK_REAL") != "required", reason="takes two minutes: `make demo` plays it")
def test_keeps_its_promises(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "--lang", "en", "--folder", str(tmp_path / "out")]
    played = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-2000:]
    assert played.stdout.count("✔") == PROMISES
    assert played.stdout.count("kill -9") == 2
    judged = played.stdout.partition("liftlock canary orders-1.2.yaml")[2].partition("Clients saw")[0]
    assert "compared with 7 untouched" in judged, "1.2 is caught by comparison"
    assert "a weaker judgement" in judged, "with so few hosts it says so"
