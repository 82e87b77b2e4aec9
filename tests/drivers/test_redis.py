"""Facts, backup with trial restore, restore, and the primary's role handed over and back, of real Redis servers."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.command import Secret
from liftlock.drivers.redis import DRIVERS, BackupRedis, RoleRedis
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Kind, Script
from liftlock.model.ports import Setting
from tests.drivers.conftest import Machine
from tests.drivers.test_haproxy import until
from tests.ports import free_port

BACKUP, DRAIN, READMIT = DRIVERS
SETTING = Setting("cache", "7.0", "7.2", True, {"h1": {}}, {}, {})


class Redis:
    """A server with a configuration file of its own. `auth`: the password that it asks for, and uses as a replica."""

    def __init__(self, folder: Path, of: "Redis | None" = None, auth: str = "") -> None:
        folder.mkdir()
        self.folder, self.port, self.auth = folder, free_port(), auth
        lines = [f"port {self.port}", "bind 127.0.0.1", f"dir {folder}", "save ''", "repl-diskless-sync-delay 0"]
        lines += [f'requirepass "{auth}"', f'masterauth "{auth}"'] if auth else []
        lines += [f"replicaof 127.0.0.1 {of.port}"] if of else []
        (folder / "redis.conf").write_text("\n".join([*lines, ""]))
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / "log").open("a") as log:
            command = ["redis-server", self.folder / "redis.conf"]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self.say("PING") == "PONG")

    def say(self, *command: str) -> str:
        env = {**os.environ, "REDISCLI_AUTH": self.auth} if self.auth else dict(os.environ)
        asked = ["redis-cli", "--no-auth-warning", "-p", str(self.port), *command]
        return subprocess.run(asked, stdout=subprocess.PIPE, env=env, check=False).stdout.decode().strip()

    def info(self, name: str) -> str:
        lines = self.say("INFO").replace("\r", "").splitlines()
        return next((line.partition(":")[2] for line in lines if line.startswith(f"{name}:")), "")

    def stop(self) -> None:
        """Asked again where it is not ready to end, as while it writes its first append-only file."""

        def ended() -> bool:
            self.process.terminate()
            return self.process.poll() is not None

        until(ended, 30)


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Redis, Redis]]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    first = Redis(tmp_path / "r1")
    second = Redis(tmp_path / "r2", of=first)
    until(lambda: second.info("master_link_status") == "up" and "state=online" in first.info("slave0"))
    yield first, second
    for each in (first, second):
        each.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    made = Redis(tmp_path / "redis")
    made.say("MSET", "a", "1", "b", "zwei 三", "c", 'x"\n\t')
    made.say("HSET", "h", "f", "1", "g", "2")
    made.say("SADD", "s", "y", "x", "z")
    made.say("ZADD", "z", "1.5", "m", "2", "n")
    made.say("RPUSH", "l", "1", "2")
    made.say("-n", "3", "XADD", "stream", "*", "k", "v")
    yield made
    made.stop()


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])


def steps(redis: Redis, **more: Any) -> tuple[Action, Action, Action]:
    item = BackupRedis(**{"redis": redis.address, "as_": "", "within_s": 40.0, **more})
    assert BACKUP.complain(item, SETTING) == ()
    backup, prove = BACKUP.expand(item, SETTING)
    assert backup.undo is not None
    return backup.action, prove.action, backup.undo


def test_a_backup_is_proved_and_brings_everything_back(here: Machine, redis: Redis) -> None:
    backup, prove, restore = steps(redis, keep=1)
    older = Path(here.good(BACKUP, backup, replace(here.context(), run="older"))["path"])
    taken = here.good(BACKUP, backup, here.context())
    assert older.exists()
    assert (taken["keys"], taken["exact"], taken["sampled"]) == ("8", "yes", "8")
    context = replace(here.context(), forward=taken)
    proved = here.good(BACKUP, prove, context)
    assert (proved["proved"], proved["sampled"], older.exists()) == ("8", "8", False)
    assert Path(taken["path"]).exists()
    redis.say("SET", "a", "other")
    redis.say("SET", "late", "1")
    redis.say("-n", "3", "DEL", "stream")
    assert here.good(BACKUP, restore, context)["restored"] == "8"
    assert (redis.say("GET", "a"), redis.say("EXISTS", "late"), redis.info("role")) == ("1", "0", "master")
    assert redis.say("STRLEN", "c") == "4"
    assert redis.say("-n", "3", "XLEN", "stream") == "1"
    assert not list(here.state.rglob(".liftlock*"))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restore_that_is_ended_in_the_middle_leaves_no_replica(
    here: Machine, redis: Redis, how: signal.Signals
) -> None:
    backup, _, restore = steps(redis)
    context = replace(here.context(), forward=here.good(BACKUP, backup, here.context()))
    redis.say("SET", "a", "other")
    redis.say("CONFIG", "SET", "masterauth", "x")
    redis.say("CONFIG", "SET", "masteruser", "nobody")  # so that it waits for its data
    operation = BACKUP.operate(restore, context)
    assert isinstance(operation, Script)
    told = "".join(f"{name}={shlex.quote(value)}\n" for name, value in operation.variables.items())
    env = {"PATH": here.path, "ll_s": str(here.state)}
    shell = subprocess.Popen(here.shell, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=env)
    assert shell.stdin is not None
    shell.stdin.write((told + operation.body).encode())
    shell.stdin.close()
    until(lambda: redis.info("role") == "slave")
    scratch = int(redis.info("master_port"))
    shell.send_signal(how)
    shell.wait(timeout=20)
    if how is signal.SIGTERM:
        assert (redis.info("role"), redis.say("GET", "a")) == ("master", "other")
    redis.say("CONFIG", "SET", "masteruser", "")
    here.good(BACKUP, restore, context)
    assert (redis.info("role"), redis.say("GET", "a")) == ("master", "1")
    with socket.socket() as other:
        assert other.connect_ex(("127.0.0.1", scratch)) != 0
    assert not list(here.state.rglob("*.restore"))


def test_an_append_only_file_comes_along_and_a_password_stays_out_of_sight(here: Machine, tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    made = Redis(tmp_path / "aof", auth="pa ss#1")
    try:
        made.say("CONFIG", "SET", "appendonly", "yes")
        made.say("CONFIG", "REWRITE")
        made.say("SET", "a", "1")
        env = {"REDISCLI_AUTH": "pa ss#1"}
        backup, prove, restore = steps(made, password=Secret("env:X"))
        taken = here.operate(BACKUP, backup, here.context(), env)
        assert isinstance(taken, Evidence), taken
        context = replace(here.context(), forward=taken.facts)
        assert isinstance(here.operate(BACKUP, prove, context, env), Evidence)
        made.say("SET", "a", "2")
        restored = here.operate(BACKUP, restore, context, env)
        assert isinstance(restored, Evidence), restored
        made.stop()
        made.start()  # from its append-only file
        assert made.say("GET", "a") == "1"
        refused = here.operate(BACKUP, backup, here.context(), {"REDISCLI_AUTH": "wrong"})
        assert isinstance(refused, Failure)
        assert refused.code == "backup.redis.refused"
        assert "pa ss#1" not in restored.output + str(refused)
    finally:
        made.stop()


def test_keys_written_meanwhile_and_keys_that_expire_do_no_harm(here: Machine, redis: Redis) -> None:
    backup, prove, _ = steps(redis)
    redis.say("SET", "gone", "soon", "PX", "300")
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            redis.say("INCR", "counter")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        taken = here.good(BACKUP, backup, here.context())
    finally:
        over.set()
        writer.join()
    assert (taken["exact"], taken["sampled"]) == ("no", "8")
    here.good(BACKUP, prove, replace(here.context(), forward=taken))


def test_a_damaged_or_other_file_is_not_proved(here: Machine, redis: Redis) -> None:
    from hashlib import sha256

    backup, prove, _ = steps(redis)
    taken = here.good(BACKUP, backup, here.context())
    path = Path(taken["path"])
    whole = path.read_bytes()

    def proof(data: bytes) -> Failure:
        path.write_bytes(data)
        forged = taken | {"sha256": sha256(data).hexdigest()}
        return here.bad(BACKUP, prove, replace(here.context(), forward=forged))

    path.write_bytes(whole[:-9])
    assert here.bad(BACKUP, prove, replace(here.context(), forward=taken)).code == "backup.redis.damaged"
    assert proof(whole[:-9]).code == "backup.redis.broken"
    redis.say("SET", "a", "2")
    other = here.good(BACKUP, backup, here.context())
    differs = proof(Path(other["path"]).read_bytes())
    assert differs.code == "backup.redis.differs"
    redis.say("SET", "more", "2")
    redis.say("SET", "a", "1")
    other = here.good(BACKUP, backup, here.context())
    differs = proof(Path(other["path"]).read_bytes())
    assert (differs.fields["found"], differs.fields["expected"]) == ("9", "8")
    assert here.bad(BACKUP, prove, here.context()).code == "backup.redis.none"


def test_a_save_that_fails_is_no_backup(here: Machine, redis: Redis) -> None:
    (redis.folder / "dump.rdb").mkdir()  # nothing can be renamed onto it
    failed = here.bad(BACKUP, steps(redis)[0], here.context())
    assert (failed.kind, failed.code) == (FailureKind.TRANSIENT, "backup.redis.save")


def test_a_replica_is_not_restored_over(here: Machine, pair: tuple[Redis, Redis]) -> None:
    _, second = pair
    backup, _, restore = steps(second)
    taken = here.good(BACKUP, backup, here.context())
    failed = here.bad(BACKUP, restore, replace(here.context(), forward=taken))
    assert failed.code == "backup.redis.replica"


def test_facts(here: Machine, pair: tuple[Redis, Redis]) -> None:
    def facts(redis: Redis) -> dict[str, Any]:
        template = BACKUP.inquire(BackupRedis(redis=redis.address), SETTING)
        assert template is not None
        assert template.action.kind is Kind.PRECHECK
        return here.good(BACKUP, template.action, here.context())

    first, second = map(facts, pair)
    assert (first["role"], first["replicas"], second["role"], second["link"]) == ("primary", "1", "replica", "up")
    assert second["source"] == pair[0].address
    assert first["version"] == pair[0].info("redis_version")
    assert f"127.0.0.1:{pair[1].port} online" in first["replica_offsets"]


def test_nobody_there_is_told(here: Machine, tmp_path: Path) -> None:
    if shutil.which("redis-cli") is None:
        pytest.skip("redis-tools is not installed")
    item = BackupRedis(redis=f"127.0.0.1:{free_port()}")
    failed = here.bad(BACKUP, BACKUP.expand(item, SETTING)[0].action, here.context())
    assert (failed.kind, failed.code) == (FailureKind.TRANSIENT, "backup.redis.silent")
    failed = here.bad(
        BACKUP,
        replace(
            BACKUP.expand(item, SETTING)[0].action,
            args={**BACKUP.expand(item, SETTING)[0].action.args, "redis": f"{tmp_path}/no.sock"},
        ),
        here.context(),
    )
    assert failed.code == "backup.redis.silent"


# --- roles -------------------------------------------------------------------------------------------------


def role(redis: Redis, driver: Any = DRAIN) -> Action:
    (template,) = driver.expand(RoleRedis(redis=redis.address, deadline_s=40.0), SETTING)
    return template.action


def of(here: Machine, redis: Redis, **forward: Any) -> Context:
    return replace(here.context(step=f"cache/1/w1/{redis.folder.name}/02-x"), forward=forward)


class Writer:
    """Writes all the time, to whoever is primary. `acknowledged`: how many writes must be there."""

    def __init__(self, pair: tuple[Redis, Redis]) -> None:
        self.pair, self.over, self.acknowledged = pair, threading.Event(), 0
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.over.is_set():
            for each in self.pair:
                if each.say("SET", f"w{self.acknowledged}", "1") == "OK":
                    self.acknowledged += 1

    def __enter__(self) -> "Writer":
        self.thread.start()
        until(lambda: self.acknowledged > 5)
        return self

    def __exit__(self, *_: object) -> None:
        seen = self.acknowledged
        until(lambda: self.acknowledged > seen + 5)
        self.over.set()
        self.thread.join()


def test_the_role_is_handed_over_and_back_and_no_acknowledged_write_is_lost(
    here: Machine, pair: tuple[Redis, Redis]
) -> None:
    first, second = pair
    with Writer(pair) as writer:
        gone = here.good(DRAIN, role(first), of(here, first))
        assert (gone["found"], gone["role"], gone["source"]) == ("primary", "replica", second.address)
        assert (first.info("role"), second.info("role")) == ("slave", "master")
        first.stop()
        first.start()  # restarted, as an upgrade does: it must not come up as a second primary
        assert first.info("role") == "slave"
        back = here.good(READMIT, role(first, READMIT), of(here, first, **gone))
        assert (back["role"], back["former"]) == ("primary", second.address)
    assert (first.info("role"), second.info("role")) == ("master", "slave")
    until(lambda: second.info("master_link_status") == "up")
    kept = first.say(
        "EVAL",
        "local n=0; for i=0,ARGV[1]-1 do n=n+redis.call('EXISTS','w'..i) end; return n",
        "0",
        str(writer.acknowledged),
    )
    assert int(kept) == writer.acknowledged
    second.stop()
    second.start()
    assert second.info("role") == "slave"


def test_a_replica_is_asked_nothing_and_only_waited_for(here: Machine, pair: tuple[Redis, Redis]) -> None:
    first, second = pair
    gone = here.good(DRAIN, role(second), of(here, second))
    assert (gone["found"], gone["role"]) == ("replica", "replica")
    second.stop()
    first.say("SET", "meanwhile", "1")
    late = here.bad(
        READMIT, replace(role(second, READMIT), args=role(second, READMIT).args | {"deadline_s": 0.2}), of(here, second)
    )
    assert late.code == "readmit.redis.silent"
    second.start()
    assert here.good(READMIT, role(second, READMIT), of(here, second, **gone))["role"] == "replica"
    assert second.say("GET", "meanwhile") == "1"
    assert first.info("role") == "master"


def test_what_was_found_is_remembered_where_the_evidence_was_lost(here: Machine, pair: tuple[Redis, Redis]) -> None:
    first, second = pair
    here.good(DRAIN, role(first), of(here, first))
    assert here.good(DRAIN, role(first), of(here, first))["found"] == "primary"  # asked again
    probe = DRAIN.probe(role(first), of(here, first))
    assert isinstance(probe, Script)
    settled = DRAIN.settle(role(first), of(here, first), here.run(probe))
    assert isinstance(settled, Evidence)
    assert settled.facts["found"] == "primary"
    assert here.good(READMIT, role(first, READMIT), of(here, first))["role"] == "primary"
    assert second.info("role") == "slave"


def test_a_primary_without_replicas_keeps_its_role(here: Machine, redis: Redis) -> None:
    failed = here.bad(DRAIN, role(redis), here.context())
    assert (failed.kind, failed.code) == (FailureKind.REFUSED, "drain.redis.alone")
    assert redis.info("role") == "master"


def test_a_server_that_would_forget_its_role_keeps_it(here: Machine, pair: tuple[Redis, Redis]) -> None:
    first, second = pair
    (second.folder / "redis.conf").unlink()
    (second.folder / "redis.conf").mkdir()
    failed = here.bad(DRAIN, role(first), of(here, first))
    assert (failed.code, failed.fields["redis"]) == ("drain.redis.rewrite", second.address)
    assert (first.info("role"), second.info("role")) == ("master", "slave")
    (second.folder / "redis.conf").rmdir()


def test_a_replica_that_does_not_answer_gets_no_role(here: Machine, pair: tuple[Redis, Redis]) -> None:
    """It is stopped in its tracks: still connected, and reads nothing."""
    first, second = pair
    os.kill(second.process.pid, signal.SIGSTOP)
    try:
        action = replace(role(first), args=role(first).args | {"deadline_s": 0.5})
        failed = here.bad(DRAIN, action, of(here, first))
        assert (failed.kind, failed.code) == (FailureKind.TRANSIENT, "drain.redis.silent")
        assert failed.fields["redis"] == second.address
        assert first.say("SET", "x", "2") == "OK"
    finally:
        os.kill(second.process.pid, signal.SIGCONT)
    assert here.good(DRAIN, role(first), of(here, first))["found"] == "primary"  # tried again


def test_a_role_that_cannot_be_taken_in_time_stays(here: Machine, pair: tuple[Redis, Redis]) -> None:
    """The replica is stopped when all was asked but the taking: FAILOVER gives up, and the primary goes on."""
    first, second = pair
    told = first.folder / "told"
    wrapper = first.folder / "redis-cli"
    wrapper.write_text(f"""#!/bin/sh
case "$*" in *FAILOVER\\ TO*) kill -STOP {second.process.pid}; redis-cli -p {first.port} SET behind 1 >{told} ;; esac
exec redis-cli "$@"
""")
    wrapper.chmod(0o755)
    try:
        asked = role(first).args | {"deadline_s": 1.0, "bin": str(first.folder)}
        failed = here.bad(DRAIN, replace(role(first), args=asked), of(here, first))
        assert (failed.kind, failed.code) == (FailureKind.TIMEOUT, "drain.redis.late")
        assert told.read_text() == "OK\n"
        assert first.say("SET", "x", "2") == "OK"
    finally:
        os.kill(second.process.pid, signal.SIGCONT)
    until(lambda: second.info("master_link_status") == "up")
    assert (first.info("role"), second.info("role")) == ("master", "slave")


def test_shown_and_complained() -> None:
    item = RoleRedis(redis="127.0.0.1:6379")
    assert DRAIN.complain(item, SETTING) == ()
    assert DRAIN.complain(RoleRedis(redis="/run/redis/redis.sock"), SETTING) == ()
    assert DRAIN.complain(RoleRedis(redis="{address}:6379"), SETTING) == ()
    assert [code for code, _ in READMIT.complain(RoleRedis(redis="localhost"), SETTING)] == ["readmit.redis.address"]
    wrong = BackupRedis(redis="x", to="backups")
    assert [code for code, _ in BACKUP.complain(wrong, SETTING)] == ["backup.redis.address", "backup.redis.to"]
    (template,) = DRAIN.expand(item, SETTING)
    assert template.undo is not None
    assert (template.action.traits.lowers_capacity, template.undo.driver) == (True, "readmit.redis")
