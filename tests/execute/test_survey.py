"""A look at hosts: real ones on this machine, ones that do not answer, ones that lack tools."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from liftlock.execute import survey as looking
from liftlock.execute.probing import Probing
from liftlock.execute.survey import Question, Version, read_facts, script, survey
from liftlock.hosts.reach import Reach
from liftlock.model.actions import (
    Action,
    Again,
    Context,
    Evidence,
    Exited,
    Failure,
    FailureKind,
    Greeting,
    Kind,
    Script,
)
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Host
from liftlock.model.schedule import Step
from liftlock.model.secret import SecretRef
from liftlock.model.survey import HostSurvey, Survey

AT = datetime(2026, 12, 20, tzinfo=UTC)
SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell[0]) is None, reason=f"{shell[0]} is not installed"))
    for shell in (["sh"], ["dash"], ["busybox", "sh"], ["bash"])
]


class NoSecrets:
    def resolve(self, ref: SecretRef) -> str:
        raise WorldError(WorldKind.MISSING, ref.secret)


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, for_s: float) -> None:
        await asyncio.sleep(for_s)


class FakeHosts:
    """Answers after a turn of the loop, and counts how many are asked at once."""

    def __init__(self, down: tuple[str, ...] = (), output: str = "@os=debian\n@cpus=4\n", code: int = 0) -> None:
        self.down, self.output, self.code = down, output, code
        self.now = self.most = 0

    async def greet(self, host: str) -> Greeting:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        if host in self.down:
            self.now -= 1
            raise WorldError(WorldKind.UNREACHABLE, "no route to host", host=host)
        return Greeting("boot-1", {"os": "linux", "hostname": host}, 0.25)

    async def look(self, host: str, asked: Script, *, timeout_s: float, env: Mapping[str, str]) -> Exited:
        await asyncio.sleep(0)
        self.now -= 1
        return Exited(self.code, self.output)

    def rights(self, host: str, script: Script) -> dict[str, SecretRef]:
        return {}


class VersionDriver:
    """Reads a version from what a script prints."""

    def operate(self, action: Action, context: Context) -> Script:
        return Script("echo")

    def read(self, action: Action, context: Context, outcome: Any) -> Evidence | Again:
        if outcome.code:
            return Again(1.0, Failure(FailureKind.UNHEALTHY, "verify.json", {"expected": '"1.0"', "found": '"0.9"'}))
        return Evidence()


def ask(hosts: Any, questions: Mapping[str, Question], drivers: Any = None, **limits: Any) -> Survey:
    return asyncio.run(survey(hosts, questions, drivers or {}, NoSecrets(), at=AT, **limits))


def test_a_host_that_is_down_is_an_answer_like_any_other() -> None:
    seen = ask(FakeHosts(down=("b",)), {name: Question() for name in "abc"})
    assert list(seen.hosts) == ["a", "b", "c"]
    assert seen.hosts["b"] == HostSurvey(
        "b", reachable=False, problem="no route to host", kind="unreachable", fields={"host": "b"}
    )
    assert seen.hosts["a"].facts["cpus"] == "4"
    assert seen.hosts["a"].clock_skew_s == 0.25
    assert seen.at == AT


def test_stable_facts_are_those_that_a_precheck_will_read_again() -> None:
    seen = ask(FakeHosts(), {"a": Question()})
    assert seen.hosts["a"].facts["os"] == "linux"
    assert seen.hosts["a"].facts["boot"] == "boot-1"


def test_hosts_are_asked_side_by_side_but_not_all_at_once() -> None:
    hosts = FakeHosts()
    told: list[tuple[str, int, int]] = []
    ask(
        hosts,
        {f"h{i}": Question() for i in range(40)},
        side_by_side=8,
        progress=lambda answer, done, total: told.append((answer.host, done, total)),
    )
    assert 1 < hosts.most <= 8
    assert [done for _, done, _ in told] == list(range(1, 41))


def test_a_script_that_fails_says_why() -> None:
    seen = ask(FakeHosts(output="@os=x\nsh: getconf: not found\n", code=127), {"a": Question()})
    assert seen.hosts["a"].reachable
    assert seen.hosts["a"].problem == "sh: getconf: not found"


@pytest.mark.parametrize(("code", "version"), [(0, "1.0"), (1, "0.9")])
def test_the_running_version_is_read_by_its_driver(code: int, version: str) -> None:
    context = Context("", "", "a", "", "orders", "1.0", "1.0", "1.1")
    step = Step("s", "l", "b05-verify", "a", "a", Action(Kind.VERIFY, "verify"), 5.0)
    question = Question(versions=(Version("orders", step, context),))
    seen = ask(FakeHosts(code=code), {"a": question}, {"verify": VersionDriver()})
    assert seen.hosts["a"].facts["version:orders"] == version


class TellingDriver(VersionDriver):
    """Asks with a token, and is told it back."""

    def operate(self, action: Action, context: Context) -> Script:
        return Script("echo", secrets={"TOKEN": SecretRef("env:TOKEN")})

    def read(self, action: Action, context: Context, outcome: Any) -> Evidence | Again:
        return Again(1.0, Failure(FailureKind.UNHEALTHY, "verify.json", {"expected": "1.0", "found": "v tr0ub4dor"}))


class OneSecret:
    def resolve(self, ref: SecretRef) -> str:
        return "tr0ub4dor"


def test_a_secret_that_a_host_tells_back_is_not_shown() -> None:
    context = Context("", "", "a", "", "orders", "1.0", "1.0", "1.1")
    step = Step("s", "l", "b05-verify", "a", "a", Action(Kind.VERIFY, "verify"), 5.0)
    question = Question(versions=(Version("orders", step, context),))
    seen = asyncio.run(survey(FakeHosts(), {"a": question}, {"verify": TellingDriver()}, OneSecret(), at=AT))
    assert seen.hosts["a"].facts["version:orders"] == "v [secret]"


# --- the script itself -------------------------------------------------------------------------------------


def run(shell: list[str], question: Question, path: str = os.environ["PATH"]) -> dict[str, str]:
    asked = script(question)
    done = subprocess.run(
        [*shell, "-c", asked.body], env={"PATH": path, **asked.variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""
    return read_facts(done.stdout)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_tells_the_same(shell: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        ports = (used.getsockname()[1], other.getsockname()[1])
        facts = run(shell, Question(paths=("/", f"{tmp_path}/not/yet/there"), ports=ports))
    assert facts[f"port:{ports[0]}"] == "used"
    assert facts[f"port:{ports[1]}"] == "free"
    assert int(facts["cpus"]) == os.cpu_count()
    assert int(facts["memory_mb"]) > 0
    assert int(facts["disk_free_mb"]) >= 0
    assert facts["kernel"] == os.uname().release
    assert facts["arch"] == os.uname().machine


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_shell_answers_what_readiness_asks(shell: list[str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as used, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        open_, closed = (f"127.0.0.1:{each.getsockname()[1]}" for each in (used, other))
        probing = Probing(
            hardware=True,
            fibre=True,
            disks=(str(tmp_path), f"{tmp_path}/not/yet"),
            mounts=("/proc", "/nowhere"),
            interfaces=("lo", "none0"),
            settings=("kernel.ostype", "kernel.nothing"),
            names=("localhost", "nobody.invalid"),
            reaches=(open_, closed),
            ports=(used.getsockname()[1],),
        )
        facts = run(shell, Question(probing=probing))
    assert facts[f"port:{open_.rpartition(':')[2]}"] == "used"
    assert (facts[f"reaches:{open_}"], facts[f"reaches:{closed}"]) == ("yes", "no")
    assert (facts["resolves:localhost"], facts["resolves:nobody.invalid"]) == ("yes", "no")
    assert (facts["mount:/proc"], facts["mount:/nowhere"]) == ("proc", "none")
    assert (facts["interface:lo"], facts["interface:none0"]) == ("up", "missing")
    assert facts["setting:kernel.ostype"] == "Linux"
    assert "setting:kernel.nothing" not in facts
    assert int(facts[f"free:{tmp_path}"]) >= int(facts[f"free:{tmp_path}/not/yet"]) - 1024
    assert int(facts["fibre_channel"]) >= 0
    assert facts["cpu_model"] in Path("/proc/cpuinfo").read_text()


@pytest.mark.parametrize("shell", [["/bin/sh"], ["/bin/bash"]], ids=" ".join)
def test_missing_tools_leave_facts_out(shell: list[str]) -> None:
    facts = run(shell, Question(services=("cron",)), path="/nonexistent")
    assert "cpus" not in facts
    assert "service:cron" not in facts
    assert int(facts["memory_mb"]) > 0


def test_words_that_the_shell_would_split_are_not_asked() -> None:
    asked = script(Question(paths=("/a b", "/tmp/*", "/srv"), services=("a b", "x")))
    assert asked.variables["SURVEY_PATHS"] == "/srv"
    assert asked.variables["SURVEY_SERVICES"] == "x"


def test_answers_are_bounded() -> None:
    assert len(read_facts("@long=" + "x" * 10_000)["long"]) == looking.VALUE_MAX


def test_a_real_host_of_this_machine(tmp_path: Path) -> None:
    async def work() -> Survey:
        reach = Reach({"here": Host("here", connection="local", state=str(tmp_path / "state"))}, RealClock())
        try:
            return await survey(reach, {"here": Question()}, {}, NoSecrets(), at=AT)
        finally:
            await reach.close()

    seen = asyncio.run(work()).hosts["here"]
    assert seen.reachable, seen.problem
    assert seen.facts["hostname"] == os.uname().nodename
    assert abs(seen.clock_skew_s) < 5
