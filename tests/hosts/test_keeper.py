"""What the shell on the host promises beside the port: what a script holds and sees, and what a lost keeper leaves."""

import asyncio
import os
import shutil
import signal
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from liftlock.hosts.limits import Limits
from liftlock.hosts.quote import word
from liftlock.hosts.shell import KEEPER
from liftlock.model.actions import Exited, Script, TimedOut, Vanished
from liftlock.model.errors import WorldError, WorldKind
from tests.hosts.grounds import QUICK, RealGround, belongs, run, until
from tests.sshd import processes

MARK = "r1.step-1.1"
SLOW = "echo $$ >{pid}; echo begun; while [ ! -e {go} ]; do sleep 0.05; done; echo done >>{traces}"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", KEEPER)
def test_shellcheck_accepts_it(name: str) -> None:
    file = files("liftlock.hosts").joinpath("keeper", f"{name}.sh")
    done = subprocess.run(["shellcheck", "-s", "sh", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def perform(ground: RealGround, body: str, *, env: Any = None, timeout_s: float = 20.0, **limits: Any) -> Any:
    async def story() -> Any:
        hosts = ground.hosts(Limits(**{name: getattr(QUICK, name) for name in QUICK.__struct_fields__} | limits))
        try:
            return await hosts.perform(ground.host, MARK, Script(body), timeout_s=timeout_s, boot="", env=env or {})
        finally:
            await hosts.close()

    return run(story())


def attach(ground: RealGround, timeout_s: float = 20.0) -> Any:
    async def story() -> Any:
        hosts = ground.hosts()
        try:
            return await hosts.attach(ground.host, MARK, timeout_s=timeout_s)
        finally:
            await hosts.close()

    return run(story())


def record(ground: RealGround) -> dict[str, str]:
    """The lines of the mark: `keeper` (pid, deadline, boot), `script`, `kill`, `exit`."""
    first, *more = (ground.state / f"{MARK}.run").read_text().splitlines()
    return {"keeper": first.split()[0]} | dict(line.split(" ", 1) for line in more)


# --- what a script holds and sees -----------------------------------------------------------------------------


def test_what_a_script_starts_holds_nothing_of_ours(ground: RealGround) -> None:
    """Neither the connection nor a file of ours but its output: a service that it starts lives for years."""
    held = ground.folder / "held"
    assert perform(ground, f"ls -l /proc/self/fd >{word(str(held))}") == Exited(0)
    targets = [line.partition(" -> ")[2] for line in held.read_text().splitlines()[1:]]
    beside = [target for target in targets if target not in ("/dev/null", str(held)) and "/proc/" not in target]
    assert beside == [str(ground.state / f"{MARK}.out")]


def test_a_script_sees_no_arguments_and_no_name_of_our_frames(ground: RealGround) -> None:
    assert perform(ground, 'echo "$#/$1/$ll_n"') == Exited(0, "0//\n")


@pytest.mark.parametrize(
    ("body", "code", "output"),
    [
        ("echo a; exit 3; echo b", 3, "a\n"),
        ("exec sh -c 'echo $0; exit 4' name", 4, "name\n"),
        ("f() { return 5; }; f", 5, ""),
        ("echo a; return 6; echo b", 6, "a\n"),
        ("trap 'echo bye' EXIT; echo hi; false", 1, "hi\nbye\n"),
        ("set -e; false; echo b", 1, ""),
        ("set -C; set -u; echo a; cd /; umask 077", 0, "a\n"),
        ("ll_f=x; ll_tag=7; ll_code=8; ll_half=0; IFS=0; LC_ALL=C", 0, ""),
        ("kill -9 $(sh -c 'echo $PPID')", 137, ""),
    ],
)
def test_whatever_a_script_does_to_its_shell_its_end_is_told(
    ground: RealGround, body: str, code: int, output: str
) -> None:
    done = perform(ground, body)
    assert (done.code, done.output.replace("Killed\n", "")) == (code, output)


def test_a_script_that_is_no_program_fails_and_the_shell_goes_on(ground: RealGround) -> None:
    done = perform(ground, "if then fi (")
    assert isinstance(done, Exited)
    assert done.code
    assert done.output
    assert attach(ground) == done


# --- a keeper that is killed ----------------------------------------------------------------------------------


async def without_keeper(ground: RealGround, body: str, timeout_s: float) -> Any:
    """Begin a script, kill its keeper, and ask what became of it, on another connection."""
    hosts = ground.hosts()
    work = asyncio.create_task(hosts.perform(ground.host, MARK, Script(body), timeout_s=timeout_s, boot="", env={}))
    await until(lambda: (ground.folder / "pid").exists() and "script" in record(ground))
    os.kill(int(record(ground)["keeper"]), signal.SIGKILL)
    work.cancel()
    other = ground.hosts()
    found = asyncio.create_task(other.attach(ground.host, MARK, timeout_s=timeout_s))
    await asyncio.sleep(0.3)
    assert not found.done(), found  # it still runs, and that is seen
    (ground.folder / ("go" if timeout_s > 5 else "stay")).touch()
    answer = await found
    await asyncio.gather(hosts.close(), other.close())
    return answer


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def slow(ground: RealGround) -> str:
    return SLOW.format(**{name: word(str(ground.folder / name)) for name in ("pid", "go", "traces")})


@pytest.mark.parametrize("exec_", ["", "exec "])
def test_a_script_whose_keeper_was_killed_is_waited_for_and_its_outcome_is_unknown(
    ground: RealGround, exec_: str
) -> None:
    body = f"exec sh -c {word(slow(ground))}" if exec_ else slow(ground)
    assert run(without_keeper(ground, body, 20.0)) == Vanished("begun\n")
    assert ground.traces() == 1


def test_the_deadline_ends_a_script_whose_keeper_was_killed(ground: RealGround) -> None:
    assert run(without_keeper(ground, slow(ground), 1.0)) == TimedOut("begun\n")
    assert not is_alive(int(record(ground)["script"]))
    assert ground.traces() == 0


# --- a mark that cannot be made -------------------------------------------------------------------------------


def test_a_mark_without_a_word_is_no_licence_to_run_again(sandbox: RealGround) -> None:
    """Its maker died, or found the disk full, right after creating it: whether it ran is unknown."""
    perform(sandbox, "true")
    (sandbox.state / f"{MARK}.run").write_text("")
    assert isinstance(attach(sandbox), Vanished)
    assert isinstance(perform(sandbox, f"echo done >>{word(str(sandbox.folder / 'traces'))}"), Vanished)
    assert sandbox.traces() == 0


def test_a_mark_cannot_be_made_where_its_name_is_a_folder(ground: RealGround) -> None:
    perform(ground, "true")
    (ground.state / f"{MARK}.out").unlink()
    (ground.state / f"{MARK}.run").unlink()
    (ground.state / f"{MARK}.out").mkdir()
    with pytest.raises(WorldError) as refused:
        perform(ground, "true")
    assert refused.value.kind is WorldKind.HOST_FULL
    assert not (ground.state / f"{MARK}.run").exists()


def test_what_runs_in_a_run_that_was_closed_meanwhile_never_begins(ground: RealGround) -> None:
    perform(ground, "true")
    (ground.state / f"{MARK}.run").unlink()
    (ground.state / "r1.closed").touch()
    with pytest.raises(WorldError) as refused:
        perform(ground, "true")
    assert refused.value.kind is WorldKind.REFUSED
    assert not (ground.state / f"{MARK}.run").exists()


def test_after_a_run_was_swept_nobody_watches_over_what_has_ended(sandbox: RealGround) -> None:
    async def story() -> None:
        hosts = sandbox.hosts()
        await hosts.perform(sandbox.host, MARK, Script("true"), timeout_s=20.0, boot="", env={})
        await hosts.sweep(sandbox.host, "r1")
        await hosts.close()

    run(story())
    assert [pid for pid, _ in processes() if belongs(pid, sandbox.folder)] == []
