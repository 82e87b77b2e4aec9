"""Another user's rights on a real host: sudo by command, with a password, su, the wrapper; and each refusal's own name.

The host has its own users and sudoers (tests/house.py); it is reached as a person who is not root.
"""

import asyncio
import os
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from msgspec.structs import replace

from liftlock.drivers.technology import text_of
from liftlock.execute.rights import refusal
from liftlock.hosts.reach import PASSWORD as OUR_NAME
from liftlock.hosts.reach import Reach
from liftlock.model.actions import Exited, Script, TimedOut
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.inventory import Become
from liftlock.model.secret import SecretRef
from tests.hosts.grounds import QUICK, SHELLS, WallClock, run, until
from tests.house import PASSWORD, ROOT_PASSWORD, House, build, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "-")
WRAPPER = "/usr/local/sbin/liftlock-root"
SOME = """\
deploy ALL=(root) NOPASSWD: /usr/bin/id -u, /usr/bin/cat, /bin/sh -c *
deploy ALL=(orders) NOPASSWD: /usr/bin/id
deploy ALL=(root) /usr/bin/whoami, /usr/bin/false, /usr/bin/wc"""
ONE_TRY = "Defaults passwd_tries=1\ndeploy ALL=(root) ALL"
SUDO, SU, WRAPPED = Become(), Become("su"), Become(wrapper=WRAPPER)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    built = build(tmp_path_factory.mktemp("house"))
    built.write(WRAPPER, files("liftlock.hosts").joinpath("wrapper/liftlock-root.sh").read_text(), 0o755)
    yield built
    built.stop()


class Login:
    """What a person at the controller sees of a script."""

    def __init__(self, house: House, become: Become = SUDO, password: str = "", shell: str = "sh") -> None:
        self.reach = Reach({"h1": house.host(become)}, WallClock(), limits=QUICK, shell=shell)
        self.env = {OUR_NAME: password} if password else {}
        self.number = 0

    async def both(self, text: str) -> Exited:
        """As a step and as a look: the same comes of it."""
        self.number += 1
        script = Script(text_of("prelude") + text)
        mark = f"r1.{os.urandom(4).hex()}-{self.number}.1"
        done = await self.reach.perform("h1", mark, script, timeout_s=20, boot="", env=self.env)
        seen = await self.reach.look("h1", script, timeout_s=20, env=self.env)
        assert isinstance(done, Exited)
        assert done == seen
        return done


def ask(house: House, text: str, become: Become = SUDO, password: str = "", shell: str = "sh") -> Exited:
    async def story() -> Exited:
        login = Login(house, become, password, shell)
        try:
            return await login.both(text)
        finally:
            await login.reach.close()

    return run(story())


def refused(house: House, text: str, become: Become = SUDO, password: str = "", shell: str = "sh") -> WorldError:
    """The refusal; nothing that comes after it was done."""
    done = ask(house, f"{text}\necho WENT_ON", become, password, shell)
    error = refusal(done, "h1")
    assert error is not None, done
    assert "WENT_ON" not in done.output
    assert error.kind is WorldKind.DENIED
    return error


@pytest.mark.parametrize("shell", SHELLS)
def test_as_root_and_as_another_with_sudo_by_command(house: House, shell: str) -> None:
    house.sudoers(SOME)
    text = 'x=$(as_root id -u); say root "$x"; as_user orders id -un; as_user deploy id -un; echo in | as_root cat'
    assert ask(house, text, shell=SHELLS[shell]).output == "@root=0\norders\ndeploy\nin\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_with_a_password_that_is_told_only_where_sudo_asks(house: House, shell: str) -> None:
    """`cat` needs none and would print it if standard input had it; `wc` needs it, and counts its own lines."""
    house.sudoers(SOME)
    text = "echo one | as_root wc -l; echo in | as_root cat; as_root cat; as_root whoami"
    assert ask(house, text, password=PASSWORD, shell=SHELLS[shell]).output == "1\nin\nroot\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_su_with_a_password(house: House, shell: str) -> None:
    text = 'as_root id -u; as_user orders id -un; echo in | as_root cat; as_root sh -c "echo out; echo err >&2; exit 4"'
    done = ask(house, text, SU, ROOT_PASSWORD, SHELLS[shell])
    assert (done.code, done.output) == (4, "0\norders\nin\nout\nerr\n")


@pytest.mark.parametrize(
    ("become", "password", "text", "code"),
    [
        (SUDO, "", 'as_root sh -c "exit 1"', 1),
        (SUDO, PASSWORD, "as_root false", 1),
        (SUDO, "", 'as_root sh -c "exit 77"', 77),
        (SU, ROOT_PASSWORD, "as_root false", 1),
    ],
)
def test_a_command_that_fails_is_not_a_refusal(
    house: House, become: Become, password: str, text: str, code: int
) -> None:
    house.sudoers(SOME)
    done = ask(house, text, become, password)
    assert (done.code, refusal(done, "h1")) == (code, None)


@pytest.mark.parametrize(
    ("sudoers", "become", "password", "why"),
    [
        (SOME, SUDO, "", "password"),
        (SOME, SUDO, "wrong", "wrong"),
        (ONE_TRY, SUDO, "wrong", "wrong"),
        ("# nobody", SUDO, PASSWORD, "denied"),
        ("Defaults requiretty\ndeploy ALL=(root) NOPASSWD: ALL", SUDO, "", "tty"),
        (SOME, Become("none"), "", "none"),
        (SOME, SU, "wrong", "wrong"),
        (SOME, SU, "", "password"),
        (SOME, WRAPPED, "", "denied"),
    ],
)
def test_each_refusal_has_its_name(house: House, sudoers: str, become: Become, password: str, why: str) -> None:
    house.sudoers(sudoers)
    error = refused(house, "as_root whoami", become, password)
    assert (error.fields["why"], error.fields["command"]) == (why, "/usr/bin/whoami")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    "text",
    [
        "if as_root systemctl is-active x; then :; fi",
        "x=$(as_root systemctl show x 2>/dev/null) || :",
        "as_root systemctl show x 2>/dev/null | cat >/dev/null",
        "{ as_root systemctl show x || :; } >/dev/null 2>&1",
        "(as_root systemctl show x) || as_root id -u",
    ],
)
def test_a_refusal_is_never_taken_for_an_answer(house: House, text: str, shell: str) -> None:
    """Wherever a script asks, it ends: `is-active` refused would read as `is not active`."""
    house.sudoers(SOME)
    assert refused(house, text, shell=SHELLS[shell]).fields["why"] == "denied"


@pytest.mark.parametrize(("become", "password"), [(SUDO, ""), (SU, "wrong")])
def test_what_only_explains_may_be_refused(house: House, become: Become, password: str) -> None:
    house.sudoers(SOME)
    text = "x=$(try_root whoami 2>/dev/null) || say code $?; try_root whoami 2>/dev/null || echo on"
    assert ask(house, text, become, password).output == "@code=77\non\n"


def test_the_rule_that_is_told_lets_the_command_pass(house: House) -> None:
    """What sudoers gives a meaning to (a comma, a colon, an asterisk) is told as it must be written there."""
    house.sudoers("# nobody")
    command = "as_root printf '%s.' 'a,b:c=d*e?[f]!\\g  #h' -- last"
    error = refused(house, command)
    assert error.fields["rule"].startswith("deploy ALL=(root) NOPASSWD: /usr/bin/printf ")
    house.sudoers(str(error.fields["rule"]))
    assert ask(house, command).output == "a,b:c=d*e?[f]!\\g  #h.--.last."
    assert refused(house, "as_root printf '%s.' more").fields["why"] == "denied"


# --- the wrapper ------------------------------------------------------------------------------------------------

ALLOWED = """\
# what deploy may do
root /usr/bin/id -u
orders /usr/bin/id -un
root /usr/bin/cat /etc/ssh/*
root /usr/bin/printf %s ...
root /bin/sh -c *
"""


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_one_wrapper_that_sudoers_allow(house: House, password: str) -> None:
    house.sudoers(f"deploy ALL=(root) {'' if password else 'NOPASSWD:'} {WRAPPER}")
    house.write("/etc/liftlock/allowed", ALLOWED)
    text = "as_root id -u; as_user orders id -un; as_root cat /etc/ssh/house_keys >/dev/null; as_root printf %s a 'b c'"
    assert ask(house, text, WRAPPED, password).output == "0\norders\nab c"
    assert ask(house, 'as_root /bin/sh -c "exit 77"', WRAPPED, password).code == 77


@pytest.mark.parametrize(
    "command",
    [
        "as_root id",
        "as_root id -u -n",
        "as_user orders id -u",
        "as_user nobody id -un",
        "as_root cat /etc/ssh/../shadow",
        "as_root cat /etc/ssh/a /etc/shadow",
        "as_root ./id -u",
        "as_root no-such-command",
        "as_root /tmp/id -u",
        "as_root printf",
    ],
)
def test_the_wrapper_refuses_what_is_not_on_its_list(house: House, command: str) -> None:
    house.sudoers(f"deploy ALL=(root) NOPASSWD: {WRAPPER}")
    house.write("/etc/liftlock/allowed", ALLOWED)
    assert refused(house, command, WRAPPED).fields["why"] == "wrapper"


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_list_that_others_can_write_is_no_list(house: House, mode: int) -> None:
    house.sudoers(f"deploy ALL=(root) NOPASSWD: {WRAPPER}")
    house.write("/etc/liftlock/allowed", ALLOWED, mode)
    error = refused(house, "as_root id -u", WRAPPED)
    assert "others than root can write it" in str(error.fields["said"])
    assert error.fields["rule"] == "root /usr/bin/id -u"


# --- the password -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("become", [SUDO, SU])
def test_a_password_is_nowhere_to_be_seen(house: House, become: Become) -> None:
    """Neither in an argument, nor in an environment, nor in a file, while the command runs and afterwards."""
    house.sudoers("deploy ALL=(root) ALL")
    password = PASSWORD if become is SUDO else ROOT_PASSWORD

    async def story() -> None:
        login = Login(house, become, password)
        ours = f"60.{os.getpid()}"  # other tests sleep as well
        script = Script(text_of("prelude") + f"env; set -x; as_root sleep {ours}; as_root env")
        task = asyncio.create_task(
            login.reach.perform("h1", f"r1.seen-{become.method}.1", script, timeout_s=30, boot="", env=login.env)
        )
        asleep = f"sleep\0{ours}\0".encode()
        await until(lambda: any(processes_of(asleep)))
        seen = b"".join([*everybody("cmdline"), *everybody("environ")])
        os.kill(next(pid for pid in processes_of(asleep)), 15)
        done = await task
        assert isinstance(done, Exited)
        await login.reach.close()
        assert b"as_root" not in seen
        assert password.encode() not in seen + done.output.encode()

    run(story())
    kept = [file.read_bytes() for file in (house.folder / "home/deploy").rglob("*") if file.is_file()]
    assert kept
    assert not any(password.encode() in data for data in kept)


@pytest.mark.parametrize("may_kill", [True, False])
def test_what_ignores_its_deadline_as_root_is_ended_if_kill_is_allowed(house: House, may_kill: bool) -> None:
    """sudo hands TERM on; what then still runs takes root's rights to end, or is said to go on."""
    kill = ", /usr/bin/kill -s *" if may_kill else ""
    house.sudoers(f"deploy ALL=(root) NOPASSWD: /bin/sh *{kill}")
    command = f"sleep\x008{int(may_kill)}\x00".encode()

    async def story() -> None:
        login = Login(house)
        login.reach = Reach({"h1": house.host()}, WallClock(), limits=replace(QUICK, grace_s=0))
        script = Script(f"{text_of('prelude')}as_root /bin/sh -c 'trap \"\" TERM; exec sleep 8{int(may_kill)}'")
        done = await login.reach.perform("h1", f"r1.late-{may_kill}.1", script, timeout_s=1, boot="", env={})
        assert isinstance(done, TimedOut)
        left = list(processes_of(command))
        assert bool(left) is not may_kill
        assert ("no right to end" in done.output) is not may_kill, done.output
        for pid in left:
            os.kill(pid, 9)
        await login.reach.close()

    run(story())


def everybody(file: str) -> list[bytes]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid():
            try:
                found.append((entry / file).read_bytes())
            except OSError:
                continue
    return found


def processes_of(command: bytes) -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes() == command:
                yield int(entry.name)
        except OSError:
            continue


def test_only_a_script_that_may_ask_is_given_the_password(house: House) -> None:
    become = Become(password=SecretRef("env:PW"))
    reach = Reach({"h1": house.host(become), "h2": house.host()}, WallClock())
    asking = Script(text_of("prelude") + "as_root id")
    assert reach.rights("h1", asking) == {OUR_NAME: SecretRef("env:PW")}
    assert reach.rights("h1", Script("id")) == reach.rights("h2", asking) == {}
    assert re.fullmatch(r"ll_[a-z]+", OUR_NAME), "the keeper's own: never exported"
