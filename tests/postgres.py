"""A real PostgreSQL to try drivers on: a cluster in a folder of its own, asked through its socket and nothing else.

`Bench` takes a driver's steps the product's way: the script goes under a mark through a local shell, the outcome is
read or settled by the performer.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from liftlock.execute.perform import Job, Performer, mark_of
from liftlock.execute.world import World
from liftlock.hosts.reach import Reach
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Action, Context, Evidence, Failure, Preview
from liftlock.model.inventory import Host
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Step, Template
from liftlock.model.secret import SecretRef
from tests.hosts.grounds import QUICK, WallClock

BIN = next((path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"))[:1]), Path("/nowhere"))
ROOT = os.geteuid() == 0


def missing() -> str:
    """Why there can be no cluster here; empty if there can."""
    if not (BIN / "initdb").exists():
        return "postgresql is not installed"
    if ROOT and not any(entry.pw_name == "postgres" for entry in pwd.getpwall()):
        return "there is no user postgres"
    return ""


class Cluster:
    """Its folder belongs to whom the server runs as: `postgres` where the tests are root's."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.data, self.socket, self.port = folder, folder / "data", folder / "socket", "5499"
        self.options = options
        folder.chmod(0o755)
        if ROOT:
            shutil.chown(folder, "postgres", "postgres")
        self.own("mkdir", str(self.socket))
        self.own(
            str(BIN / "initdb"), "-D", str(self.data), "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"
        )
        conf = str(self.data / "postgresql.conf")
        self.own("sh", "-c", 'printf "%s\\n" "$1" >>"$0"', conf, "\n".join(self.settings()))
        self.start()

    def own(self, *words: str) -> str:
        prefix = ["runuser", "-u", "postgres", "--"] if ROOT else []
        done = subprocess.run([*prefix, *words], cwd="/", capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def settings(self) -> list[str]:
        """As they could stand in postgresql.conf."""
        mine = [f"port={self.port}", "fsync=off", "listen_addresses=''", f"unix_socket_directories='{self.socket}'"]
        return [*mine, "max_connections=30", "shared_buffers=16MB", "wal_level=logical", *self.options]

    def start(self) -> None:
        self.own(str(BIN / "pg_ctl"), "-D", str(self.data), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        self.own(str(BIN / "pg_ctl"), "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def sql(self, database: str, text: str) -> str:
        words = [str(BIN / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", str(self.socket)]
        return self.own(*words, "-p", self.port, "-d", database, "-c", text).strip()

    def session(self, database: str) -> "Session":
        return Session(self, database)

    def server(self) -> dict[str, Any]:
        """What an item says of this server."""
        return {"bin": str(BIN), "socket": str(self.socket), "port": int(self.port), "as_": "postgres" if ROOT else ""}


class Session:
    """Another client's session, which holds what it took until it is closed."""

    def __init__(self, cluster: Cluster, database: str) -> None:
        words = [
            str(BIN / "psql"),
            "-X",
            "-q",
            "-A",
            "-t",
            "-h",
            str(cluster.socket),
            "-p",
            cluster.port,
            "-d",
            database,
        ]
        words = ["runuser", "-u", "postgres", "--", *words] if ROOT else words
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, cwd="/", stdin=pipe, stdout=pipe, text=True, bufsize=1)

    def ask(self, text: str) -> None:
        """Send it, and wait until it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{text};\n\\echo said\n")
        while self.process.stdout.readline().strip() != "said":
            assert self.process.poll() is None

    def close(self) -> None:
        self.process.communicate()


def made_cluster(*options: str) -> Cluster:
    return Cluster(Path(tempfile.mkdtemp(prefix="liftlock-pg-", dir="/tmp")), *options)


class NoSecrets:
    def resolve(self, ref: SecretRef) -> str:
        return os.environ[ref.secret.removeprefix("env:")]


class Silence:
    async def tell(self, occasion: str, event: ev.RunEvents) -> None:
        """Nobody is told."""


async def ours() -> None:
    """The run is always ours."""


class Bench:
    """Steps of one lane on one host. `run` names the run; each step's evidence is kept for its undo."""

    def __init__(self, folder: Path, run: str = "r1") -> None:
        self.folder, self.run = folder, run
        self.state = folder / "state"
        self.state.mkdir(mode=0o700, exist_ok=True)
        self.facts: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, int] = {}

    @staticmethod
    def setting(**texts: str) -> Setting:
        return Setting("orders", "1.0", "1.1", False, {"h1": {"address": "127.0.0.1"}}, {}, texts)

    def do(self, driver: Driver, template: Template, name: str, of: str = "") -> Evidence | Failure:
        return self.carry(driver, template.action, f"orders/1/w1/h1/{name}", template.timeout_s, of)

    def undo(self, driver: Driver, template: Template, name: str) -> Evidence | Failure:
        assert template.undo is not None
        return self.carry(driver, template.undo, f"orders/1/w1/h1/u{name}", template.timeout_s, of=name)

    def good(self, result: Evidence | Failure) -> dict[str, Any]:
        assert isinstance(result, Evidence), result
        return result.facts

    def bad(self, result: Evidence | Failure) -> Failure:
        assert isinstance(result, Failure), result
        return result

    def context(self, step: str, of: str = "") -> Context:
        forward = self.facts.get(of, {})
        return Context(
            self.run, step, "h1", "127.0.0.1", "orders", "1.1", "1.0", "1.1", state=str(self.state), forward=forward
        )

    def job(self, action: Action, step: str, timeout_s: float, of: str = "") -> Job:
        lane, _, name = step.rpartition("/")
        attempt = self.attempts[step] = self.attempts.get(step, 0) + 1
        made = Step(step, lane, name, "h1", "h1", action, timeout_s)
        return Job(made, attempt, "", self.context(step, of), mark_of(self.run, step, attempt))

    def carry(self, driver: Driver, action: Action, step: str, timeout_s: float, of: str = "") -> Evidence | Failure:
        job = self.job(action, step, timeout_s, of)
        result = told(self.through(lambda performer, hosts: performer.perform(job, driver)))
        if isinstance(result, Evidence):
            self.facts[step.rpartition("/")[2]] = result.facts
        else:
            assert all(result.code in driver.manifest.words[each] for each in ("en", "zh")), result
            driver.manifest.words["en"][result.code].format(**result.fields)
        return result

    def settle(self, driver: Driver, action: Action, name: str, of: str = "") -> Evidence | Failure | None:
        """What the probe says, as after an attempt whose process is gone; None: it cannot tell."""
        context = self.context(f"orders/1/w1/h1/{name}", of)
        probe = driver.probe(action, context)
        assert probe is not None
        outcome = self.through(lambda performer, hosts: hosts.look("h1", probe, timeout_s=100.0, env={}))
        return driver.settle(action, context, outcome)

    def preview(self, driver: Driver, action: Action, name: str) -> Preview:
        context = self.context(f"orders/1/w1/h1/{name}")
        operation = driver.preview(action, context)
        assert operation is not None
        outcome = self.through(lambda performer, hosts: hosts.look("h1", operation, timeout_s=100.0, env={}))
        return driver.show(action, context, outcome)

    def through(self, work: Any) -> Any:
        async def story() -> Any:
            entry = Host("h1", connection="local", state=str(self.state))
            hosts = Reach({"h1": entry}, WallClock(), limits=QUICK, shell="dash")
            world = World(MemoryStore(), hosts, WallClock(), {}, NoSecrets(), Silence())
            try:
                return await work(Performer(world, lambda step: (), ours), hosts)
            finally:
                await hosts.close()

        coroutine: Coroutine[Any, Any, Any] = story()
        return asyncio.run(coroutine)


def told(event: ev.RunEvents) -> Evidence | Failure:
    assert isinstance(event, ev.StepSucceeded | ev.StepFailed), event
    return event.evidence if isinstance(event, ev.StepSucceeded) else event.failure
