"""Encoded entries in an unnamed temporary file: for histories that are too long for memory and need not outlive us."""

import os
import tempfile
from array import array
from collections.abc import Iterable
from itertools import pairwise


class Spool:
    """A list of byte strings of which only the places are in memory: 8 bytes an entry. Appended to, and sliced."""

    def __init__(self) -> None:
        number, path = tempfile.mkstemp()
        os.unlink(path)  # gone with the process, whatever becomes of it
        self._file = os.fdopen(number, "w+b")
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def extend(self, bodies: Iterable[bytes]) -> None:
        self._file.seek(self._ends[-1])
        for body in bodies:
            self._file.write(body)
            self._ends.append(self._ends[-1] + len(body))

    def __getitem__(self, wanted: slice) -> list[bytes]:
        since, until, _ = wanted.indices(len(self))
        places = self._ends[since : until + 1]
        if len(places) < 2:
            return []
        self._file.seek(places[0])
        data = self._file.read(places[-1] - places[0])
        return [data[begin - places[0] : end - places[0]] for begin, end in pairwise(places)]
