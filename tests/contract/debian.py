"""A real Debian host for contract tests: systemd, dpkg, apt and sudo in a container of its own, over a tree that is
never changed; a login user with limited sudo; a repository in a folder; and steps carried out as the product does.

The tree is a debootstrap of bookworm with systemd, dbus and sudo: `LIFTLOCK_DEBIAN_TREE` names it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from liftlock.decide.expand import fill_action
from liftlock.drivers import builtin
from liftlock.execute.perform import Job, Performer, mark_of
from liftlock.execute.reading import look_at
from liftlock.execute.world import World
from liftlock.hosts.reach import Reach
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Context, Evidence, Failure, Preview
from liftlock.model.inventory import Host
from liftlock.model.ports import Setting
from liftlock.model.schedule import Step
from tests.hosts.grounds import QUICK, WallClock

TREES = (os.environ.get("LIFTLOCK_DEBIAN_TREE", ""), "/var/cache/liftlock-hand/bookworm")
TREE = next((Path(tree) for tree in TREES if tree and Path(tree, "usr/bin/apt-get").exists()), None)
STATE = "/var/lib/liftlock-test"
LANE = "orders/1/w1/h1"
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})
ALONE = ("--register=no", "--keep-unit", "--private-network")
BOOTS_WITHIN_S = 30.0


def missing() -> str:
    """Why there can be no such host here; empty if there can."""
    tools = ("systemd-nspawn", "nsenter", "dpkg-deb", "apt-ftparchive")
    lacking = [tool for tool in tools if shutil.which(tool) is None]
    if os.geteuid() != 0:
        return "a Debian host needs root"
    if lacking:
        return f"not installed: {', '.join(lacking)}"
    return "" if TREE else "no Debian tree: set LIFTLOCK_DEBIAN_TREE"


class Debian:
    """One host. `sudoers`: what its login user `ops` may do; `repository`: the folder that its apt reads."""

    def __init__(self, folder: Path, sudoers: str) -> None:
        self.folder, self.root = folder, folder / "root"
        self.repository = folder / "repository"
        self.sudoers = sudoers
        self.nspawn: subprocess.Popen[bytes] | None = None
        self.leader = 0
        self.courses = 0

    # --- up and down -----------------------------------------------------------------------------------------

    def up(self) -> None:
        for name in ("root", "up", "work", "repository"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={TREE},upperdir={self.folder}/up,workdir={self.folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)], check=True)
        (self.root / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/repository ./\n")
        (self.root / "etc/sudoers.d/liftlock").write_text(self.sudoers)
        (self.root / "etc/machine-id").write_text("")
        (self.root / "etc/hostname").write_text("debian\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost debian\n")
        for command in (("useradd", "-m", "-s", "/bin/sh", "ops"), ("install", "-d", "-o", "ops", "-m", "700", STATE)):
            subprocess.run(["chroot", str(self.root), *command], check=True)
        self.index()
        self.boot()

    def boot(self) -> None:
        name, bind = f"liftlock-apt-{os.getpid()}", f"--bind={self.repository}:/repository"
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-b", "-D", self.root, "-M", name, "--hostname=debian", *ALONE, bind],
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "console").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        until = time.monotonic() + BOOTS_WITHIN_S
        while time.monotonic() < until:
            self.leader = first_child(self.nspawn.pid)
            if self.leader and self.run("systemctl is-system-running | grep -E 'running|degraded'").returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "console").read_text())

    def wait_for_reboot(self) -> None:
        """With --keep-unit a reboot ends nspawn: whoever supervises it starts it again."""
        assert self.nspawn is not None
        assert self.nspawn.wait(BOOTS_WITHIN_S) == 133
        self.boot()

    def down(self) -> None:
        if self.nspawn is not None and self.nspawn.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)
            self.nspawn.wait(BOOTS_WITHIN_S)
        subprocess.run(["umount", "-l", str(self.root)], check=True)

    # --- by hand, as root ------------------------------------------------------------------------------------

    def enter(self) -> list[str]:
        return ["nsenter", "-t", str(self.leader), "-a"]

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A shell command of root's, on the host."""
        return subprocess.run(
            [*self.enter(), "sh", "-c", command], capture_output=True, text=True, timeout=60, check=False
        )

    def said(self, command: str) -> str:
        done = self.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def begin(self, command: str) -> subprocess.Popen[bytes]:
        """A command that goes on; the caller ends it."""
        return subprocess.Popen([*self.enter(), "sh", "-c", command], stdin=subprocess.DEVNULL)

    def version(self, package: str) -> str:
        """Version and status, as dpkg says; empty if it knows nothing of it."""
        said = self.run(f"dpkg-query -W -f '${{Version}} ${{db:Status-Abbrev}}' {package}").stdout.strip()
        return "" if said == "un" else said

    # --- the repository --------------------------------------------------------------------------------------

    def package(
        self, name: str, version: str, *, conf: str = "", files: dict[str, str] | None = None, **more: str
    ) -> None:
        """Build a package. `more`: control fields (`Depends`) and maintainer scripts (`postinst`)."""
        build = self.folder / "build"
        scripts = {key: text for key, text in more.items() if key in ("preinst", "postinst", "prerm", "postrm")}
        control = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "Nobody <nobody@example>"}
        control |= {key.replace("_", "-"): text for key, text in more.items() if key not in scripts}
        texts = {f"usr/share/{name}/version": f"{version}\n", **(files or {})}
        texts["DEBIAN/control"] = "".join(f"{k}: {v}\n" for k, v in control.items()) + f"Description: {name}\n"
        if conf:
            texts[f"etc/{name}.conf"] = conf
            texts["DEBIAN/conffiles"] = f"/etc/{name}.conf\n"
        for path, text in (texts | {f"DEBIAN/{key}": f"#!/bin/sh\n{text}\n" for key, text in scripts.items()}).items():
            (build / path).parent.mkdir(parents=True, exist_ok=True)
            (build / path).write_text(text)
            (build / path).chmod(0o755 if path.removeprefix("DEBIAN/") in scripts else 0o644)
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(build), str(self.repository)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        shutil.rmtree(build)

    def index(self) -> None:
        """What the repository holds now; the host learns it with its next update."""
        for what, name in (("packages", "Packages"), ("release", "Release")):
            done = subprocess.run(
                ["apt-ftparchive", what, "."], cwd=self.repository, stdout=subprocess.PIPE, check=True
            )
            (self.repository / name).write_bytes(done.stdout)

    def install(self, *packages: str) -> None:
        """As somebody did before us."""
        self.index()
        self.said(f"apt-get update -qq && apt-get install -y -qq {' '.join(packages)}")

    # --- as the product does ---------------------------------------------------------------------------------

    def course(self, driver: str, /, **item: Any) -> "Course":
        self.courses += 1
        return Course(self, driver, item, f"r{self.courses}")

    def reach(self) -> Reach:
        entry = Host("h1", connection="local", state=STATE)
        return Reach({"h1": entry}, WallClock(), limits=QUICK, shell=" ".join((*self.enter(), "runuser -u ops -- sh")))


class Course:
    """A recipe's item on a host: each of its steps with its undo, carried out by the product's own performer."""

    def __init__(self, host: Debian, name: str, item: dict[str, Any], run: str) -> None:
        self.host, self.run = host, run
        self.driver = next(each for each in builtin if each.manifest.name == name)
        self.item = msgspec.convert(item, self.driver.manifest.item)
        assert self.driver.complain(self.item, SETTING) == ()
        self.templates = self.driver.expand(self.item, SETTING)
        self.steps = [f"{LANE}/{n:02d}-{each.verb}" for n, each in enumerate(self.templates)]
        self.facts: dict[str, dict[str, Any]] = {}
        self.attempts: dict[str, int] = {}

    def up(self) -> Evidence | Failure:
        """The steps in order, to the first that fails; the last one's result."""
        result: Evidence | Failure = Evidence()
        for n in range(len(self.templates)):
            result = self.do(n)
            if isinstance(result, Failure):
                break
        return result

    def good(self) -> dict[str, Any]:
        result = self.up()
        assert isinstance(result, Evidence), result
        return result.facts

    def bad(self) -> Failure:
        result = self.up()
        assert isinstance(result, Failure), result
        return self.worded(result)

    def back(self) -> dict[str, Any]:
        """The undo of the last step that has one."""
        n = max(n for n, template in enumerate(self.templates) if template.undo is not None)
        result = self.do(n, undo=True)
        assert isinstance(result, Evidence), result
        return result.facts

    def do(self, n: int, *, undo: bool = False) -> Evidence | Failure:
        job = self.job(n, undo=undo)
        event = asyncio.run(self.perform(job))
        if isinstance(event, ev.StepSucceeded):
            self.facts[job.step.id] = event.evidence.facts
            return event.evidence
        assert isinstance(event, ev.StepFailed), event
        return event.failure

    def begin(self, n: int) -> "Future[ev.RunEvents]":
        """The step under way; its event comes later."""
        pool = ThreadPoolExecutor(1)
        found = pool.submit(asyncio.run, self.perform(self.job(n)))
        pool.shutdown(wait=False)
        return found

    def looked(self, n: int, *, undo: bool = False) -> Evidence | Failure | None:
        """What the probe says of a step that vanished; None: unknown."""
        job = self.job(n, undo=undo)
        probe = self.driver.probe(job.step.action, job.context)
        assert probe is not None
        return self.driver.settle(job.step.action, job.context, self.asked(probe))

    def preview(self, n: int) -> Preview:
        job = self.job(n)
        asked = self.driver.preview(job.step.action, job.context)
        assert asked is not None
        return self.driver.show(job.step.action, job.context, self.asked(asked))

    def asked(self, operation: Any) -> Any:
        async def ask() -> Any:
            reach = self.host.reach()
            try:
                return await look_at(reach, "h1", operation, None, timeout_s=60.0)  # type: ignore[arg-type]
            finally:
                await reach.close()

        return asyncio.run(ask())

    def job(self, n: int, *, undo: bool = False) -> Job:
        template, plain = self.templates[n], self.steps[n]
        before = self.steps[n - 1] if n else ""
        name = plain.replace("h1/", "h1/u") if undo else plain
        action = template.undo if undo else template.action
        assert action is not None
        known = {"version": "1.0" if undo else "1.1", "from_version": "1.0", "to_version": "1.1"}
        self.attempts[name] = attempt = self.attempts.get(name, 0) + 1
        step = Step(name, LANE, name.rpartition("/")[2], "h1", "h1", fill_action(action, known), template.timeout_s)
        context = Context(
            run=self.run,
            step=name,
            host="h1",
            address="",
            component="orders",
            forward=self.facts.get(plain if undo else before, {}),
            state=STATE,
            back=undo,
            **known,
        )
        return Job(step, attempt, "", context, mark_of(self.run, name, attempt))

    async def perform(self, job: Job) -> ev.RunEvents:
        reach, nobody = self.host.reach(), nothing()
        world = World(MemoryStore(), reach, WallClock(), {}, nobody, nobody)
        try:
            return await Performer(world, lambda step: (), unguarded).perform(job, self.driver)
        finally:
            await reach.close()

    def worded(self, failure: Failure) -> Failure:
        """Its words exist in both languages, and every field of them is told."""
        for language in ("en", "zh"):
            self.driver.manifest.words[language][failure.code].format(**failure.fields)
        return failure


async def unguarded() -> None:
    """The run is ours."""


def nothing() -> Any:
    return None


def until(condition: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def first_child(pid: int) -> int:
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(found[0]) if found else 0
    return 0
