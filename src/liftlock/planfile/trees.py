"""The digest of a folder: SHA-256 over `sha256sum`'s own lines for its files, sorted by their bytes.

Rule: a shell can compute the same (drivers/sh/tree.sh does, where the folder is used): files behind links count as what
they hold; what programs leave behind (.git, __pycache__, .ansible, *.pyc, *.retry) does not count.
"""

import os
from collections.abc import Iterator
from hashlib import file_digest, sha256

LEFT_OUT = (".git", "__pycache__", ".ansible")
LEFT_OUT_ENDINGS = (".pyc", ".retry")
FILES_MAX = 20_000


class Unfit(Exception):
    """A folder cannot be digested, and why."""


def digest_tree(folder: str, limit_bytes: int) -> tuple[str, int]:
    """SHA-256 and size of all files. Raises Unfit, OSError."""
    lines, size = [], 0
    for name in sorted(files_of(folder), key=os.fsencode):
        with open(os.path.join(folder, name), "rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            size += file.tell()
        lines.append(f"{digest}  ./{name}\n")
        if len(lines) > FILES_MAX or size > limit_bytes:
            raise Unfit(f"more than {FILES_MAX} files, or {limit_bytes} bytes")
    return sha256(os.fsencode("".join(lines))).hexdigest(), size


def files_of(folder: str) -> Iterator[str]:
    """Names of the files that count, relative to the folder."""
    for place, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        real = os.path.realpath(place)
        for name in folders:
            if (real + os.sep).startswith(os.path.realpath(os.path.join(place, name)) + os.sep):
                raise Unfit(f"{name}: a link to a folder that holds it")
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in files:
            path = os.path.join(place, name)
            if not name.endswith(LEFT_OUT_ENDINGS) and os.path.isfile(path):
                yield plain(os.path.relpath(path, folder))


def plain(name: str) -> str:
    """Raises Unfit for a name that `sha256sum` would write in another way."""
    if "\n" in name or "\\" in name or "\r" in name:
        raise Unfit(f"{name!r}: a name with a line end or a backslash")
    return name


def refuse(error: OSError) -> None:
    raise error
