"""A MariaDB of a test's own: its data in a short temporary folder, a socket, no port."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.drivers.test_haproxy import until

PROGRAM = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
SMALL = "--innodb-log-file-size=10M"
HASTY = ("--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0")  # nothing here outlives its test
INSTALLED = Path(PROGRAM).exists() and shutil.which("mariadb-install-db") is not None


class Mariadb:
    def __init__(self, *options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ll"))
        self.socket = f"{self.folder}/s"
        made = ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder}/d", "--skip-test-db", "--rpm"]
        made += ["--user=root", "--auth-root-authentication-method=normal", SMALL]
        subprocess.run(made, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        self.command = [PROGRAM, "--no-defaults", f"--datadir={self.folder}/d", f"--socket={self.socket}"]
        self.command += ["--user=root", "--skip-networking", f"--pid-file={self.folder}/pid", SMALL, *HASTY, *options]
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("w") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        until(lambda: self.ask("SELECT 1") == "1", 30)

    def ask(self, sql: str) -> str:
        command = [
            "mariadb",
            "--no-defaults",
            "--socket",
            self.socket,
            "--user=root",
            "--default-character-set=utf8mb4",
            "--batch",
            "--skip-column-names",
        ]
        done = subprocess.run(
            command, input=sql.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        return done.stdout.decode().strip()

    def server(self, **more: Any) -> dict[str, Any]:
        return {"socket": self.socket, **more}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
