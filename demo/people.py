"""Who approves the demo's plans: two persons, with keys made on the spot where ssh-keygen is there."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from demo import plans


@dataclass(frozen=True)
class Approver:
    name: str
    role: str
    key: Path | None


ROLES = {"business": "zhang.min", "risk": "chen.jie"}


def make(folder: Path) -> list[Approver]:
    """Without ssh-keygen nobody has a key, and the plans say that approvals may be unsigned."""
    program = shutil.which("ssh-keygen")
    if program is None:
        return [Approver(name, role, None) for role, name in ROLES.items()]
    folder.mkdir(mode=0o700)
    return [Approver(name, role, make_key(program, folder / name, name)) for role, name in ROLES.items()]


def make_key(program: str, path: Path, comment: str) -> Path:
    command = [program, "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return path


def approvals(approvers: list[Approver]) -> str:
    """The plan's section, with the public keys as allowed_signers lines."""
    lines = {}
    for approver in approvers:
        if approver.key is None:
            return plans.UNSIGNED
        kind, public = approver.key.with_suffix(approver.key.suffix + ".pub").read_text().split()[:2]
        lines[approver.role] = f"{approver.name} {kind} {public}"
    return plans.SIGNED.format(**lines)
