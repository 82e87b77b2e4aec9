"""Is the controller that a run names still there? Only its own machine can tell."""

import os
import socket


def controller_name(person: str) -> str:
    """Who drives, where, and in which process: the name that a run's record knows a controller by."""
    return f"{person}@{socket.gethostname()}:{os.getpid()}"


def is_gone(controller: str) -> bool:
    """It ran on this machine, and its process is not there any more."""
    place, _, pid = controller.rpartition(":")
    if place.rpartition("@")[2] != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # another person's
    return False
