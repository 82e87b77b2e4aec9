"""A real primary and its replica change places and back; whatever is cut short or started again, never two write."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.drivers.switchover_postgres import DRIVERS, STEPS, SwitchoverPostgres
from liftlock.model.actions import Evidence, Failure
from liftlock.model.ports import Setting
from tests.ports import free_port
from tests.postgres import BIN, ROOT, Bench, Cluster, missing

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
DRIVER = DRIVERS[0]


class Node(Cluster):
    """A server that others reach over TCP. `of`: a replica of that one."""

    def __init__(self, folder: Path, of: Cluster | None = None) -> None:
        if of is None:
            super().__init__(folder)
            return
        self.folder, self.data, self.socket, self.port = folder, folder / "data", folder / "socket", str(free_port())
        folder.chmod(0o755)
        if ROOT:
            shutil.chown(folder, "postgres", "postgres")
        self.own("mkdir", str(self.socket))
        words = ["-h", "127.0.0.1", "-p", of.port, "-U", "postgres" if ROOT else "", "-c", "fast", "-R", "-C", "-S"]
        words = [word for word in words if word] if ROOT else [w for w in words if w not in ("-U", "")]
        self.own(str(BIN / "pg_basebackup"), "-D", str(self.data), *words, "liftlock", "-X", "stream")
        changed = f"port={self.port}\nunix_socket_directories='{self.socket}'\n"
        self.own("sh", "-c", 'printf "%s" "$1" >>"$0"', str(self.data / "postgresql.conf"), changed)
        self.start()

    def settings(self) -> list[str]:
        self.port = str(free_port())
        return [*super().settings(), "listen_addresses='127.0.0.1'", "wal_keep_size=64MB"]

    def runs(self) -> bool:
        return (self.data / "postmaster.pid").exists()

    def writes(self) -> bool:
        return self.runs() and self.sql("postgres", "SELECT pg_is_in_recovery()") == "f"


class Pair(Bench):
    """`old` is the primary at the start; the steps of its lane, as they run here and there."""

    def __init__(self, folder: Path, old: Node, new: Node) -> None:
        super().__init__(folder)
        self.old, self.new = old, new
        hosts = {"h1": {"address": "127.0.0.1"}, "h2": {"address": "127.0.0.1"}}
        item = SwitchoverPostgres(postgres="h2", conninfo="user=postgres", within_s=20.0)
        self.steps = dict(
            zip(
                (name for name, _, _ in STEPS),
                DRIVER.expand(item, Setting("db", "1", "2", True, hosts, {}, {})),
                strict=True,
            )
        )

    def action(self, name: str, *, back: bool, **changed: Any) -> Any:
        step = self.steps[name]
        here, peer = (self.new, self.old) if step.at else (self.old, self.new)
        args = server_of(here) | {"conninfo": conninfo(peer), "data": str(here.data)} | changed
        action = step.undo if back else step.action
        return replace(action, args=action.args | args)

    def up(self, name: str, of: str = "", **changed: Any) -> Evidence | Failure:
        result = self.carry(DRIVER, self.action(name, back=False, **changed), f"db/1/w2/h1/{name}", 120.0, of)
        assert self.writers() <= 1, name
        return result

    def back(self, name: str) -> Evidence | Failure:
        result = self.carry(DRIVER, self.action(name, back=True), f"db/1/w2/h1/u{name}", 120.0, of=name)
        assert self.writers() <= 1, name
        return result

    def context(self, step: str, of: str = "") -> Any:
        return replace(super().context(step, of), back=step.rpartition("/")[2][:1] == "u")

    def writers(self) -> int:
        return sum(node.writes() for node in (self.old, self.new))

    def over(self) -> None:
        self.good(self.up("ready"))
        self.good(self.up("fence"))
        self.good(self.up("promote", of="fence"))
        self.good(self.up("follow", of="promote"))

    def home(self) -> None:
        for name in ("follow", "promote", "fence", "ready"):
            self.good(self.back(name))

    def write(self, node: Node, number: int) -> None:
        node.sql("postgres", f"INSERT INTO orders VALUES ({number})")

    def read(self, node: Node) -> list[str]:
        return node.sql("postgres", "SELECT id FROM orders ORDER BY id").split()


def server_of(node: Node) -> dict[str, Any]:
    known = {"pg_cluster": "", "pg_bin": str(BIN), "pg_socket": str(node.socket), "pg_port": node.port, "pg_user": ""}
    return {"server": known | {"pg_as": "postgres" if ROOT else ""}}


def conninfo(node: Node) -> str:
    return f"port={node.port}" + (" user=postgres" if ROOT else "")


@pytest.fixture(scope="module")
def nodes() -> Iterator[tuple[Node, Node]]:
    """Both stopped, with a copy of their data beside them: each test begins with the same two."""
    old = Node(Path(tempfile.mkdtemp(prefix="liftlock-pg2-", dir="/tmp")))
    new = Node(Path(tempfile.mkdtemp(prefix="liftlock-pg2-", dir="/tmp")), of=old)
    old.sql("postgres", "CREATE TABLE orders (id int)")
    for node in (old, new):
        node.own(str(BIN / "pg_ctl"), "-D", str(node.data), "-m", "fast", "-w", "stop")
        node.own("cp", "-a", str(node.data), f"{node.data}.kept")
    yield old, new
    shutil.rmtree(old.folder)
    shutil.rmtree(new.folder)


@pytest.fixture
def pair(nodes: tuple[Node, Node], tmp_path: Path) -> Iterator[Pair]:
    for node in nodes:
        node.own("rm", "-rf", str(node.data))
        node.own("cp", "-a", f"{node.data}.kept", str(node.data))
        node.start()
    yield Pair(tmp_path, *nodes)
    for node in nodes:
        if node.runs():
            node.stop()


def test_over_and_back_with_every_write(pair: Pair) -> None:
    pair.write(pair.old, 1)
    pair.over()
    assert (pair.old.writes(), pair.new.writes()) == (False, True)
    pair.write(pair.new, 2)
    pair.home()
    assert (pair.old.writes(), pair.new.writes()) == (True, False)
    pair.write(pair.old, 3)
    assert pair.read(pair.old) == ["1", "2", "3"]
    pair.over()
    assert pair.read(pair.new) == ["1", "2", "3"]


def test_each_step_done_twice_is_done_once(pair: Pair) -> None:
    for name, of in (("ready", ""), ("fence", ""), ("promote", "fence"), ("follow", "promote")):
        first, second = pair.up(name, of), pair.up(name, of)
        if name != "fence" and name != "ready":
            assert pair.good(first) == pair.good(second)
    for name in ("follow", "promote", "fence", "ready"):
        pair.good(pair.back(name))
    assert (pair.old.writes(), pair.new.writes()) == (True, False)


def test_a_fenced_server_that_something_starts_writes_nothing(pair: Pair) -> None:
    pair.good(pair.up("fence"))
    assert pair.writers() == 0
    pair.old.start()
    assert not pair.old.writes()
    assert pair.bad(pair.up("promote", of="fence")).code == "switchover.postgres.peer_up"
    assert pair.writers() == 0


def test_nothing_is_promoted_before_the_old_one_is_down(pair: Pair) -> None:
    pair.facts["fence"] = {"was": "primary", "lsn": "0/0"}
    assert pair.bad(pair.up("promote", of="fence")).code == "switchover.postgres.peer_up"
    assert pair.bad(pair.up("promote")).code == "switchover.postgres.unclear"
    assert pair.old.writes()


def test_a_fence_alone_is_taken_back(pair: Pair) -> None:
    pair.good(pair.up("fence"))
    for name in ("fence", "ready"):
        pair.good(pair.back(name))
    assert (pair.old.writes(), pair.new.writes()) == (True, False)
    pair.write(pair.old, 1)


def test_what_was_written_there_is_not_left_behind(pair: Pair) -> None:
    """Promoted, and the old one does not follow yet: nobody goes back over what was written since."""
    pair.good(pair.up("fence"))
    pair.good(pair.up("promote", of="fence"))
    pair.write(pair.new, 7)
    pair.steps["promote"] = replace(
        pair.steps["promote"],
        undo=replace(pair.steps["promote"].undo, args=pair.steps["promote"].undo.args | {"within_s": 1.0}),
    )
    assert pair.bad(pair.back("promote")).code == "switchover.postgres.behind"
    assert pair.new.writes()
    assert pair.bad(pair.back("fence")).code == "switchover.postgres.peer_promoted"
    assert not pair.old.writes()


def test_a_replica_that_is_not_there_stops_nothing(pair: Pair) -> None:
    pair.new.stop()
    assert pair.bad(pair.up("fence", within_s=1.0)).code == "switchover.postgres.behind"
    assert pair.old.writes()
    assert pair.bad(pair.up("ready", within_s=1.0)).code == "switchover.postgres.not_running"
    pair.new.start()


def test_on_a_replica_nothing_happens(pair: Pair) -> None:
    """A third one's lane: as if the old one's were the replica."""
    pair.old, pair.new = pair.new, pair.old
    assert pair.good(pair.up("ready")) == {"was": "primary_already"}
    assert pair.good(pair.up("fence")) == {"was": "replica"}
    assert pair.good(pair.up("promote", of="fence")) == {"was": "replica"}
    assert pair.good(pair.up("follow", of="promote")) == {"was": "replica"}
    for name in ("follow", "promote", "fence"):
        pair.good(pair.back(name))
    assert (pair.old.writes(), pair.new.writes()) == (False, True)


def test_what_a_server_is(pair: Pair) -> None:
    look = DRIVER.inquire(SwitchoverPostgres(postgres="h2", conninfo="user=postgres"), pair.setting())
    for node, role in ((pair.old, "primary"), (pair.new, "replica")):
        action = replace(look.action, args=look.action.args | server_of(node))
        facts = pair.good(pair.carry(DRIVER, action, "db/1/w2/h1/00-look", 60.0))
        assert facts["role"] == role
        assert facts["cluster"].isdecimal()
