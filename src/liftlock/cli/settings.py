"""What the command line and the environment say: where the record is, who is asking, in which language."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

FOLDER = ".liftlock"


def store_folder(option: str, environ: Mapping[str, str], beside: Path | None) -> str:
    """The option, else LIFTLOCK_STORE, else `.liftlock` beside the plan (here, where no plan was named).

    A PostgreSQL address passes through as it is.
    """
    wish = option or environ.get("LIFTLOCK_STORE", "")
    if wish:
        return wish if "://" in wish else str(Path(wish).expanduser())
    folder = Path.cwd() if beside is None else beside.resolve().parent
    return str(folder / FOLDER)


def person(option: str, environ: Mapping[str, str]) -> str:
    """Who is asking: `--as`, else LIFTLOCK_PERSON, else the user of the operating system."""
    if name := (option or environ.get("LIFTLOCK_PERSON", "")).strip():
        return name
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid-{os.getuid()}"
