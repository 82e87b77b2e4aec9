"""A real PostgreSQL major upgrade, 15 to 17, forward and back: seconds of outage, and rows compared.

    python -m bench.postgres_major [--mb 1000] [--clone]

On one host of the lab, by its login user with limited sudo. The outage is measured by a client on the host that asks
for a row every 50 ms: from its last answer of the old server to its first of the other one.
"""

import argparse
import subprocess
import threading
import time
from pathlib import Path

from tests.contract.debian import rights_of
from tests.contract.test_upgrade_postgres import IMAGE, clusters, sql
from tests.contract.way import Way
from tests.lab import LabHost, own_fleet, power

from liftlock.drivers import upgrade_postgres
from liftlock.hosts.lab import image
from liftlock.hosts.lab.record import CACHE

ROW_BYTES = 1000
SETUP = """
CREATE TABLE orders (id bigint PRIMARY KEY, at timestamptz DEFAULT now(), note text, raw text);
INSERT INTO orders SELECT g, now(), md5(g::text), repeat(md5(g::text), 27) FROM generate_series(1, {rows}) g;
CREATE INDEX ON orders (note);
CHECKPOINT;
"""
CLIENT = """while :; do
  date +%s.%N; runuser -u postgres -- psql -XAtqc 'SHOW server_version_num' \
    -c 'SELECT count(*) FROM orders WHERE id = 7' orders 2>/dev/null || echo none; sleep 0.05
done"""


class Client:
    """What a client of the server sees: (when, the version that answered or `none`)."""

    def __init__(self, host: LabHost) -> None:
        argv = power.inside(host.fleet, host.member, ["sh", "-c", CLIENT])
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
        self.seen: list[tuple[float, str]] = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self) -> None:
        at = 0.0
        for line in self.process.stdout or ():
            word = line.strip()
            if "." in word:
                at = float(word)
            elif word != "1":
                self.seen.append((at, word[:2]))

    def outage_s(self, old: str, new: str) -> float:
        last = max(at for at, version in self.seen if version == old)
        return min(at for at, version in self.seen if version == new and at > last) - last

    def reset(self) -> None:
        self.seen.clear()

    def end(self) -> None:
        self.process.kill()


def filled(host: LabHost, size_mb: int) -> None:
    host.sudoers(rights_of("postgresql-major-upgrade.md"))
    host.root("pg_dropcluster 17 main 2>/dev/null; [ -d /etc/postgresql/15/main ] || pg_createcluster 15 main -- -k")
    host.root("systemctl daemon-reload; systemctl start postgresql@15-main; runuser -u postgres -- createdb orders")
    rows = size_mb * 1_000_000 // ROW_BYTES
    host.root("runuser -u postgres -- psql -q orders", stdin=SETUP.format(rows=rows), within_s=600.0)


def timed(what: str, begun: float) -> None:
    print(f"  {what:<10} {time.monotonic() - begun:7.1f} s", flush=True)


def forward(own: Way, item: dict[str, object]) -> list[tuple[str, object, dict[str, object]]]:
    done = []
    for number, template in enumerate(own.expand(item), 1):
        name, begun = f"{number:02}-{template.verb}", time.monotonic()
        facts = own.good(own.perform(name, template.action, template, {}))
        timed(template.verb, begun)
        done.append((name, template, facts))
    return done


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--mb", type=int, default=1000)
    asked.add_argument("--clone", action="store_true")
    told = asked.parse_args()
    image.ensure(IMAGE, Path(CACHE), lambda what: print(f"building {what}", flush=True))
    with own_fleet(IMAGE) as lab:
        host = lab.host()
        filled(host, told.mb)
        print(f"{sql(host, 'SELECT pg_size_pretty(pg_database_size(current_database()))')} of data", flush=True)
        client, own = Client(host), Way(lab, host, upgrade_postgres.DRIVERS, stateful=True)
        try:
            went(own, host, client, clone=told.clone)
        finally:
            client.end()


def went(own: Way, host: LabHost, client: Client, *, clone: bool) -> None:
    done = forward(own, {"postgres": 17, "cluster": "15/main", "clone": clone})
    facts = done[3][2]
    print(
        f"forward: outage {client.outage_s('15', '17'):.1f} s; {facts['rows']} rows in {facts['tables']} tables equal"
    )
    client.reset()
    time.sleep(1.0)
    for name, template, facts in reversed(done):
        if template.undo is not None:
            begun = time.monotonic()
            own.good(own.perform(f"u{name}", template.undo, template, facts, back=True))
            timed(f"u{template.verb}", begun)
    time.sleep(1.0)
    print(f"back: outage {client.outage_s('17', '15'):.1f} s; {clusters(host)}")


if __name__ == "__main__":
    main()
