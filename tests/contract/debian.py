"""What contract tests of drivers do with a host of the lab: by hand as root, and as the product does, step by step.

course = host.course("apt", packages={"orders": "{version}"})
course.good()       # every step up, by the product's own performer, over SSH, as the login user
course.back()       # the undo, from what the forward step told
"""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import msgspec

from liftlock.decide.expand import fill_action
from liftlock.drivers import builtin
from liftlock.execute.perform import Job, Performer, mark_of
from liftlock.execute.reading import look_at
from liftlock.execute.world import World
from liftlock.hosts.lab import power
from liftlock.journal.memory import MemoryStore
from liftlock.model import events as ev
from liftlock.model.actions import Context, Evidence, Failure, Preview
from liftlock.model.ports import Setting
from liftlock.model.schedule import Step
from tests.hosts.grounds import WallClock
from tests.lab import Lab

Answer = TypeVar("Answer")
ROOT = Path(__file__).parents[2]
STATE = "/var/lib/liftlock-test"
LANE = "orders/1/w1/h1"
SETTING = Setting("orders", "1.0", "1.1", False, {}, {}, {})


def rights_of(document: str) -> str:
    """The lines for sudoers that a how-to gives, for the lab's login user."""
    text = (ROOT / "docs/how-to" / document).read_text()
    found = re.search(r"^```sudoers\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].replace("deploy ALL", "ops ALL")


class Debian:
    """One host of the lab, with a repository of its own beside the fleet's."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.host = lab, lab.host()
        self.repository = lab.fleet.packages / "own"
        self.stanzas: dict[str, str] = {}
        self.courses = 0
        shutil.rmtree(self.repository, ignore_errors=True)
        self.repository.mkdir(mode=0o755)
        self.host.put("/etc/apt/sources.list", f"deb [trusted=yes] file:{power.APT_ON_HOST}/own ./\n")
        self.host.put("/etc/dpkg/dpkg.cfg.d/quick", "force-unsafe-io\n")  # what is tried here is no loss of power
        self.said(f"rm -f /etc/apt/sources.list.d/*; install -d -o ops -m 700 {STATE}")

    def __enter__(self) -> "Debian":
        """One controller for all steps, as a run has it."""
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever)
        self.thread.start()
        self.reach = self.lab.reach(self.host, state=STATE)
        return self

    def __exit__(self, *failed: object) -> None:
        self.ask(self.reach.close()).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def ask(self, work: Coroutine[Any, Any, Answer]) -> "Future[Answer]":
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A shell command of root's."""
        argv = power.inside(self.host.fleet, self.host.member, ["sh", "-c", command])
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    def said(self, command: str) -> str:
        return self.host.root(command).strip()

    def begin(self, command: str) -> subprocess.Popen[bytes]:
        """A command that goes on; the caller waits for it."""
        argv = power.inside(self.host.fleet, self.host.member, ["sh", "-c", command])
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL)

    def version(self, package: str) -> str:
        """Version and status, as dpkg says; empty if nothing of it is there."""
        said = self.run(f"dpkg-query -W -f '${{Version}} ${{db:Status-Abbrev}}' {package}").stdout.strip()
        return "" if said == "un" else said

    # --- the repository --------------------------------------------------------------------------------------

    def package(
        self, name: str, version: str, *, conf: str = "", files: dict[str, str] | None = None, **more: str
    ) -> None:
        """Build a package. `more`: control fields (`Depends`) and maintainer scripts (`postinst`)."""
        build = self.repository / "build"
        scripts = {key: text for key, text in more.items() if key in ("preinst", "postinst", "prerm", "postrm")}
        control = {"Package": name, "Version": version, "Architecture": "all", "Maintainer": "Nobody <nobody@example>"}
        control |= {key.replace("_", "-"): text for key, text in more.items() if key not in scripts}
        texts = {f"usr/share/{name}/version": f"{version}\n", **(files or {})}
        told = "".join(f"{k}: {v}\n" for k, v in control.items()) + f"Description: {name}\n"
        texts["DEBIAN/control"] = told
        if conf:
            texts |= {f"etc/{name}.conf": conf, "DEBIAN/conffiles": f"/etc/{name}.conf\n"}
        for path, text in (texts | {f"DEBIAN/{key}": f"#!/bin/sh\n{text}\n" for key, text in scripts.items()}).items():
            (build / path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            (build / path).write_text(text)
            (build / path).chmod(0o755 if path.removeprefix("DEBIAN/") in scripts else 0o644)
        file = self.repository / f"{name}_{version.replace(':', '%3a')}_all.deb"
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(build), str(file)],
            stdout=subprocess.DEVNULL,
            check=True,
        )
        shutil.rmtree(build)
        data = file.read_bytes()
        self.stanzas[file.name] = (
            f"{told}Filename: ./{file.name}\nSize: {len(data)}\nSHA256: {sha256(data).hexdigest()}\n"
        )

    def withdraw(self, file: str) -> None:
        """A package that the repository no longer has."""
        (self.repository / file).unlink()
        del self.stanzas[file]
        self.index()

    def index(self) -> None:
        """What the repository holds now; the host learns it with its next update."""
        data = "\n".join(self.stanzas.values()).encode()
        (self.repository / "Packages").write_bytes(data)
        release = (
            f"Suite: own\nDate: {formatdate(usegmt=True)}\nSHA256:\n {sha256(data).hexdigest()} {len(data)} Packages\n"
        )
        (self.repository / "Release").write_text(release)

    def install(self, *packages: str) -> None:
        """As somebody did before us: `name=version`."""
        self.index()
        files = [f"{power.APT_ON_HOST}/own/{each.replace('=', '_').replace(':', '%3a')}_all.deb" for each in packages]
        self.said(f"DEBIAN_FRONTEND=noninteractive dpkg -i {' '.join(files)}")

    # --- as the product does ---------------------------------------------------------------------------------

    def course(self, driver: str, /, **item: Any) -> "Course":
        self.courses += 1
        return Course(self, driver, item, f"r{self.courses}")


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
        event = self.host.ask(self.perform(job)).result()
        if isinstance(event, ev.StepSucceeded):
            self.facts[job.step.id] = event.evidence.facts
            return event.evidence
        assert isinstance(event, ev.StepFailed), event
        return event.failure

    def begin(self, n: int) -> "Future[ev.RunEvents]":
        """The step under way; its event comes later."""
        return self.host.ask(self.perform(self.job(n)))

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
        nobody: Any = None
        return self.host.ask(look_at(self.host.reach, self.host.host.name, operation, nobody, timeout_s=60.0)).result()

    def job(self, n: int, *, undo: bool = False) -> Job:
        template, plain = self.templates[n], self.steps[n]
        before = self.steps[n - 1] if n else ""
        name = plain.replace("h1/", "h1/u") if undo else plain
        action = template.undo if undo else template.action
        assert action is not None
        known = {"version": "1.0" if undo else "1.1", "from_version": "1.0", "to_version": "1.1"}
        self.attempts[name] = attempt = self.attempts.get(name, 0) + 1
        at = self.host.host.name
        step = Step(name, LANE, name.rpartition("/")[2], at, at, fill_action(action, known), template.timeout_s)
        context = Context(
            run=self.run,
            step=name,
            host=at,
            address=self.host.host.address,
            component="orders",
            forward=self.facts.get(plain if undo else before, {}),
            state=STATE,
            back=undo,
            **known,
        )
        return Job(step, attempt, "", context, mark_of(self.run, name, attempt))

    async def perform(self, job: Job) -> ev.RunEvents:
        nobody: Any = None
        world = World(MemoryStore(), self.host.reach, WallClock(), {}, nobody, nobody)
        return await Performer(world, lambda step: (), unguarded).perform(job, self.driver)

    def worded(self, failure: Failure) -> Failure:
        """Its words exist in both languages, and every field of them is told."""
        for language in ("en", "zh"):
            self.driver.manifest.words[language][failure.code].format(**failure.fields)
        return failure


async def unguarded() -> None:
    """The run is ours."""


def until(condition: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)
