"""PostgreSQL 15 comes to 17 and back on a real Debian host, by a user of limited sudo; a write ends the way back."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from liftlock.drivers import upgrade_postgres
from liftlock.hosts.lab import image
from liftlock.hosts.lab.machine import require
from liftlock.hosts.lab.record import CACHE
from liftlock.model.actions import Failure, FailureKind
from liftlock.model.errors import WorldError
from tests.contract.debian import rights_of
from tests.contract.way import Done, Way
from tests.lab import Lab, LabHost, own_fleet

pytestmark = pytest.mark.real
IMAGE = image.Image("trixie", ("postgresql-15/bookworm", "postgresql-17"), idle=True)
ITEM = {"postgres": 17, "cluster": "15/main", "jobs": 2}
# once pg_restore writes to the new cluster: pg_upgrade and both servers, as by a power cut
KILL = """until pgrep -x pg_restore; do sleep 0.02; done
pkill -9 -x pg_upgrade; pkill -9 -x pg_restore; pkill -9 -x postgres; :"""
OWN = "fsync = off\nwork_mem = 7MB\nvacuum_defer_cleanup_age = 0\n"
DATA = """
CREATE EXTENSION pg_trgm VERSION '1.5'; CREATE EXTENSION hstore;
CREATE TABLE orders (id bigserial PRIMARY KEY, note text, price float8, raw bytea, more hstore);
INSERT INTO orders (note, price, raw, more) SELECT E'line\\n' || g, g / 3.0, decode(md5(g::text), 'hex'), 'a=>1'
  FROM generate_series(1, 120000) g;
CREATE TABLE "Odd | name" (x text); INSERT INTO "Odd | name" VALUES ('a'), (NULL);
CREATE INDEX ON "Odd | name" USING gin (x gin_trgm_ops);
SELECT lo_from_bytea(0, 'large');
"""


@pytest.fixture(scope="module")
def lab17() -> Iterator[Lab]:
    """A fleet of hosts that have both versions. Skipped where the image is not there, and need not be made."""
    try:
        require()
    except WorldError as error:
        pytest.skip(f"no lab here: {error.message}")
    there = all((Path(CACHE) / name / "tree").is_dir() for name in image.layer_names(IMAGE))
    if not there and os.environ.get("LIFTLOCK_REAL") != "required":
        pytest.skip("the image with PostgreSQL 15 and 17 is not built: python -m tests.contract.test_upgrade_postgres")
    with own_fleet(IMAGE) as made:
        yield made


@pytest.fixture
def host(lab17: Lab) -> LabHost:
    made = lab17.host()
    made.sudoers(rights_of("postgresql-major-upgrade.md"))
    made.root("cat >>/etc/postgresql-common/createcluster.conf", stdin="initdb_options = '--no-sync'\n")  # for speed
    made.root("pg_dropcluster 17 main 2>/dev/null; [ -d /etc/postgresql/15/main ] || pg_createcluster 15 main -- -k")
    made.root("cat >/etc/postgresql/15/main/conf.d/own.conf", stdin=OWN)
    made.root("echo '# ours' >>/etc/postgresql/15/main/pg_hba.conf; systemctl daemon-reload")
    made.root("systemctl start postgresql@15-main")
    made.root("runuser -u postgres -- createdb orders")
    made.root("runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 orders", stdin=DATA)
    return made


def sql(host: LabHost, text: str, database: str = "orders") -> str:
    return host.root(f"runuser -u postgres -- psql -X -A -t -v ON_ERROR_STOP=1 {database}", stdin=text).strip()


def clusters(host: LabHost) -> dict[str, str]:
    """Version -> port and state, as Debian lists them."""
    lines = host.root("pg_lsclusters -h").splitlines()
    return {words[0]: f"{words[2]} {words[3]}" for words in map(str.split, lines)}


def way(lab17: Lab, host: LabHost) -> Way:
    return Way(lab17, host, upgrade_postgres.DRIVERS, versions=("15", "17"), stateful=True)


SUMS = 'SELECT count(*), md5(string_agg(o::text, $$$$ ORDER BY id)), (SELECT count(*) FROM "Odd | name") FROM orders o'


def test_over_and_back_and_over_until_somebody_writes(lab17: Lab, host: LabHost) -> None:
    own, before = way(lab17, host), sql(host, SUMS)
    done = own.up(ITEM)
    assert clusters(host) == {"15": "5432 down", "17": "5432 online"}
    assert (sql(host, SUMS), sql(host, "SHOW work_mem")) == (before, "7MB")
    assert sql(host, "SELECT extversion FROM pg_extension WHERE extname = 'pg_trgm'") == "1.6"
    facts = done[3].facts
    assert (facts["version"].split(".")[0], facts["tables"], facts["rows"]) == ("17", "2", "120002")
    assert facts["counts"] == done[1].facts["counts"]
    assert done[2].facts["dropped_settings"] == "vacuum_defer_cleanup_age"
    assert host.read("/etc/postgresql/15/main/start.conf").strip() == "manual"
    assert "# ours" in host.read("/etc/postgresql/17/main/pg_hba.conf")
    assert sql(host, "SELECT count(*) > 0 FROM pg_stats WHERE tablename = 'orders'") == "t"

    back = own.back(done)
    assert back[-1]["version"].split(".")[0] == "15"
    assert clusters(host) == {"15": "5432 online"}
    assert host.read("/etc/postgresql/15/main/start.conf").strip() == "auto"
    assert sql(host, SUMS) == before
    own.back(done)  # once more: nothing is left to do
    assert ".liftlock" not in host.root("ls -A /var/lib/postgresql")

    done = cut_short(own, host)
    assert (sql(host, SUMS), clusters(host)) == (before, {"15": "5432 down", "17": "5432 online"})
    sql(host, "INSERT INTO orders (note) VALUES ('new')")
    assert refused(own, done[-1]) == "upgrade.postgres.written"
    assert clusters(host) == {"15": "5432 down", "17": "5432 online"}
    assert sql(host, "SELECT count(*) FROM orders") == "120001"
    assert refused(own, done[-2]) == "upgrade.postgres.written"  # nor is the new one dropped from under it
    assert refused(own, done[0]) == "upgrade.postgres.new_there"
    host.root("systemctl kill -s KILL postgresql@17-main; systemctl start postgresql@17-main")
    assert refused(own, done[-1]) == "upgrade.postgres.written"


def cut_short(own: Way, host: LabHost) -> list[Done]:
    """Forward, with every process of the upgrade killed in the middle of pg_upgrade, and each step done twice."""
    done: list[Done] = []
    for number, template in enumerate(own.expand(ITEM)[1:4], 2):
        name = f"{number:02}-{template.verb}"
        if template.verb == "upgrade":
            killer = threading.Thread(target=host.root, args=(KILL,))
            killer.start()
            assert isinstance(own.perform(name, template.action, template, {}), Failure)
            killer.join()
            settled = own.settle(name, template.action, template, {})
            assert isinstance(settled, Failure)
            assert settled.kind is FailureKind.INTERRUPTED
        facts = own.good(own.perform(name, template.action, template, {}))
        assert own.good(own.perform(name, template.action, template, {}))["counts"] == facts["counts"]
        done.append(Done(name, template, facts))
    return done


def refused(own: Way, one: Done) -> str:
    assert one.template.undo is not None
    ended = own.perform(f"u{one.name}", one.template.undo, one.template, one.facts, back=True)
    assert isinstance(ended, Failure), ended
    assert ended.kind is FailureKind.DEVIATED
    return ended.code


if __name__ == "__main__":  # build the image now, so that the test is not skipped
    image.ensure(IMAGE, Path(CACHE), lambda what: print(f"building {what}", flush=True))
