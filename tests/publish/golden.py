"""Documents that are compared byte by byte; `LIFTLOCK_UPDATE_GOLDEN=1` rewrites them."""

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "golden" / "documents"


def same_as(path: Path, text: str) -> None:
    """Assert that the file holds exactly this text, or write it there if that was asked for."""
    if os.environ.get("LIFTLOCK_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"{path.name} differs; LIFTLOCK_UPDATE_GOLDEN=1 rewrites it"
