"""Three tiers on hosts of the lab: HAProxy, application hosts with a Debian package, PostgreSQL with a replica.

Set up as an operations team would have it: a login user with limited sudo, the application from the repository, a
database of some size, clients that never rest.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

from liftlock.hosts.lab.rights import sudoers
from tests.lab import Lab, LabHost
from tests.real.scenarios.figures import Figures, figures
from tests.real.scenarios.load import Account, account
from tests.real.scenarios.plans import PLAN, as_outage

HERE = Path(__file__).parent
ORDERS = HERE / "orders"
CLUSTER = "15/main"
FRONT = 8000
RIGHTS = sudoers("limited", "ops") + "ops ALL=(postgres) NOPASSWD: ALL\n"
BALANCER = """\
global
    stats socket /run/haproxy/admin.sock mode 660 group ops level admin
    maxconn 2000
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    option redispatch
frontend front
    bind :{front}
    default_backend orders
backend orders
    option httpchk GET /healthz
    default-server inter 500ms fall 2 rise 1
{servers}
"""


class Tiers:
    """The fleet, its clients, and the folder with the plan. `apps`: how many application hosts."""

    def __init__(self, lab: Lab, folder: Path, *, apps: int, rows: int) -> None:
        self.lab, self.folder = lab, folder
        self.balancer, self.primary, self.replica, *self.apps = lab.hosts(3 + apps)
        for host in (self.balancer, self.primary, self.replica, *self.apps):
            host.sudoers(RIGHTS)
        self.load: subprocess.Popen[bytes] | None = None
        self.publish()
        self.set_up_databases(rows)
        for app in self.apps:
            self.set_up_app(app)
        self.set_up_balancer()
        self.write_inventory()
        for each in ("expand-1.1", "expand-1.2", "expand-1.3", "contract-1.3"):
            shutil.copytree(ORDERS / each, folder / each)

    # --- what is there before -------------------------------------------------------------------------

    def publish(self) -> None:
        for version in ("1.0", "1.1", "1.2", "1.3"):
            files = {
                "/usr/lib/orders/server.py": (ORDERS / "server.py").read_text().replace("@VERSION@", version),
                "/lib/systemd/system/orders.service": (ORDERS / "orders.service").read_text(),
            }
            scripts = {
                "postinst": "#!/bin/sh\nset -e\nid orders >/dev/null 2>&1 || useradd -r orders\n"
                'systemctl daemon-reload\n[ -n "$2" ] && invoke-rc.d orders restart || true\n'
            }
            self.lab.package("orders", version, files, scripts=scripts, fields="Depends: python3-psycopg2")

    def set_up_databases(self, rows: int) -> None:
        for host in (self.primary, self.replica):
            host.put("/etc/postgresql/15/main/conf.d/site.conf", "listen_addresses = '*'\nwal_keep_size = '256MB'\n")
            host.root(
                f"printf 'host all,replication all {self.lab.subnet} scram-sha-256\\n"
                f"host replication all {self.lab.subnet} scram-sha-256\\n' >>/etc/postgresql/15/main/pg_hba.conf"
            )
        self.primary.root("systemctl enable -q --now postgresql postgresql@15-main")
        self.primary.root("runuser -u postgres -- psql -qc \"CREATE ROLE replica REPLICATION LOGIN PASSWORD 'copies'\"")
        self.primary.root("runuser -u postgres -- psql -qc \"CREATE ROLE orders LOGIN PASSWORD 'sells'\"")
        self.primary.root("runuser -u postgres -- createdb -O orders orders")
        self.primary.root(
            "runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 orders", stdin=(ORDERS / "schema.sql").read_text()
        )
        fill = f"INSERT INTO orders SELECT 'old-'||n, md5(n::text), n % 90 + 1 FROM generate_series(1, {rows}) n"
        self.primary.root(f'runuser -u postgres -- psql -qc "{fill}" orders', within_s=600)
        self.replica.root("rm -rf /var/lib/postgresql/15/main")
        self.replica.root(
            "runuser -u postgres -- env PGPASSWORD=copies pg_basebackup -R -X stream -c fast -C -S replica -U replica "
            f"-h {self.primary.address} -D /var/lib/postgresql/15/main",
            within_s=600,
        )
        self.replica.root("systemctl enable -q --now postgresql postgresql@15-main")

    def set_up_app(self, app: LabHost) -> None:
        conf = (ORDERS / "orders.conf").read_text()
        conf = conf.replace("@DATABASES@", f"{self.primary.address},{self.replica.address}").replace(
            "@PASSWORD@", "sells"
        )
        app.put("/etc/orders/orders.conf", conf)
        app.root("apt-get -q update && apt-get -q -y install orders=1.0", within_s=120)
        app.root("systemctl enable -q --now orders")

    def set_up_balancer(self) -> None:
        servers = "".join(f"    server {app.name} {app.address}:8080 check\n" for app in self.apps)
        self.balancer.put("/etc/haproxy/haproxy.cfg", BALANCER.format(front=FRONT, servers=servers))
        self.balancer.root("systemctl enable -q --now haproxy")

    def write_inventory(self) -> None:
        entries = {
            self.balancer: "variables: {haproxy: /run/haproxy/admin.sock, haproxy_via: host}",
            self.primary: "domain: rack-1",
            self.replica: "domain: rack-2",
        }
        entries |= {app: f"domain: rack-{number % 2 + 1}" for number, app in enumerate(self.apps)}
        lines = [f"  {host.name}: {{address: {host.address}, {more}}}\n" for host, more in entries.items()]
        fleet = self.lab.fleet
        (self.folder / "hosts.yaml").write_text(
            f"defaults: {{user: {fleet.user}, key: {fleet.key}, known_hosts: {fleet.known_hosts}}}\n"
            f"hosts:\n{''.join(lines)}"
            f"groups:\n  app: [{', '.join(app.name for app in self.apps)}]\n"
        )

    # --- the clients ----------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://{self.balancer.address}:{FRONT}"

    def begin_load(self, clients: int = 8, per_second: int = 60) -> None:
        words = [self.url, str(self.folder / "load.txt"), str(clients), str(per_second)]
        self.load = subprocess.Popen(
            [sys.executable, "-m", "tests.real.scenarios.load", *words], stdin=subprocess.PIPE, cwd=HERE.parents[2]
        )

    def end_load(self) -> Account:
        assert self.load is not None
        stdin: IO[bytes] | None = self.load.stdin
        assert stdin is not None
        stdin.close()
        self.load.wait(60)
        return self.account()

    def account(self) -> Account:
        return account(self.folder / "load.txt")

    # --- the operator -----------------------------------------------------------------------------------

    def write_plan(
        self,
        to: str,
        before: str = "1.0",
        *,
        after: str = "",
        soak: str = "3s",
        more: str = "",
        outage: bool = False,
    ) -> None:
        """`after`: steps that run once when all hosts are upgraded; `more`: of the backup; `outage`: planned."""
        names = {"balancer": self.balancer.name, "primary": self.primary.name, "to": to, "before": before}
        names |= {"column": {"1.1": "quantity", "1.2": "channel", "1.3": "at"}[to], "soak": soak, "more": more}
        text = PLAN.format(**names, after=after.format(**names))
        (self.folder / "plan.yaml").write_text(as_outage(text) if outage else text)

    def liftlock(self, *words: str, expect: int | None = 0, within_s: float = 300) -> str:
        """What the command line says, as a user starts it; with both kinds of output."""
        process = self.start(*words)
        said, _ = process.communicate(timeout=within_s)
        assert expect is None or process.returncode == expect, f"{words}: status {process.returncode}\n{said}"
        return said

    def start(self, *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "liftlock", *words],
            cwd=self.folder,
            env={**os.environ, "LIFTLOCK_PERSON": "li.wei"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def host_of(self, name: str) -> LabHost:
        return next(host for host in (self.primary, self.replica, self.balancer, *self.apps) if host.name == name)

    def figures(self, seen: Account) -> Figures:
        return figures(self.liftlock("log", "plan.yaml", "--json"), seen, self.present())

    # --- what is there afterwards ---------------------------------------------------------------------

    def sql(self, query: str, host: LabHost | None = None) -> list[str]:
        return (host or self.primary).root(f'runuser -u postgres -- psql -Atqc "{query}" orders').splitlines()

    def present(self) -> list[str]:
        """The orders that are in the database."""
        return self.sql("SELECT id FROM orders WHERE id NOT LIKE 'old-%'")

    def columns(self) -> set[str]:
        return set(self.sql("SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"))

    def versions(self) -> list[str]:
        """What the running processes say."""
        return [self.version(app) for app in self.apps]

    def version(self, app: LabHost) -> str:
        query = (
            "import json, urllib.request as u; print(json.load(u.urlopen('http://127.0.0.1:8080/healthz'))['version'])"
        )
        return app.root(f'python3 -c "{query}"').strip()
