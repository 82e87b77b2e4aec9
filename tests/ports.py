"""Ports for the servers of tests, which no client's own port and no other worker's server takes meanwhile.

The system hands out ports for outgoing connections from its local range: a server's port that was found free there may
be some client's a moment later. Ours lie below it, each worker's in a stretch of its own, and each comes round again
only after all others.
"""

import itertools
import os
import socket
from collections.abc import Iterator

FIRST, STRETCH, STRETCHES = 20_000, 1_500, 8


def ports_in_turn() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % STRETCHES
    begin, turn = FIRST + worker * STRETCH, os.getpid() % STRETCH
    return itertools.cycle([*range(begin + turn, begin + STRETCH), *range(begin, begin + turn)])


IN_TURN = ports_in_turn()


def free_port() -> int:
    for port in itertools.islice(IN_TURN, STRETCH):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
