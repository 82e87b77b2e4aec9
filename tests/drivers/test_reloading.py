"""Reloads of a real HAProxy and a real nginx under constant load; of a refused configuration; of another program."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.reloading import DRIVERS, ReloadHaproxy, ReloadNginx
from liftlock.model.actions import Action, Evidence, Failure, FailureKind, Kind, Script, SocketCall
from liftlock.model.ports import Setting
from tests.drivers.conftest import Machine
from tests.drivers.test_haproxy import Backend, ask, until
from tests.ports import free_port

HAPROXY, NGINX = DRIVERS
CONFIG = """
global
    stats socket {folder}/admin.sock mode 600 level admin
    server-state-file {folder}/states
    {more}
defaults
    mode http
    {load}
    timeout connect 500ms
    timeout client 5s
    timeout server 5s
    retries 0
listen orders
    bind 127.0.0.1:{port}
    server s1 127.0.0.1:{first} weight 80
    server s2 127.0.0.1:{second} weight 80
"""
LOAD = "load-server-state-from-file global"


class Load:
    """Clients that ask all the time, each time on a new connection. `statuses`: of what came back; 0: nothing did."""

    def __init__(self, port: int, clients: int = 3) -> None:
        self.port, self.statuses, self.over = port, [], threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        self.statuses: list[int] = []

    def run(self) -> None:
        while not self.over.is_set():
            self.statuses.append(get(self.port))

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        until(lambda: len(self.statuses) > 20)
        return self

    def __exit__(self, *_: object) -> None:
        seen = len(self.statuses)
        until(lambda: len(self.statuses) > seen + 20)
        self.over.set()
        for thread in self.threads:
            thread.join()


def get(port: int) -> int:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            data = b""
            while chunk := client.recv(65536):
                data += chunk
        return int(data.split(None, 2)[1])
    except (OSError, IndexError):
        return 0


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])


def setting() -> Setting:
    return Setting("lb", "1", "2", False, {"h1": {}}, {}, {})


class Haproxy:
    """A master with its worker, from a program of its own that can be replaced."""

    def __init__(self, folder: Path, load: str = LOAD) -> None:
        self.folder, self.port, self.backends = folder, free_port(), (Backend(), Backend())
        self.program = folder / "haproxy"
        shutil.copy2(shutil.which("haproxy") or "", self.program)
        (folder / "states").touch()
        self.write(load)
        command = [self.program, "-W", "-db", "-f", folder / "haproxy.cfg", "-p", folder / "pid"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: self.said("show info"), 30)

    def write(self, load: str = LOAD, more: str = "") -> None:
        ports = {"port": self.port, "first": self.backends[0].port, "second": self.backends[1].port}
        text = CONFIG.format(folder=self.folder, load=load, more=more, **ports)
        (self.folder / "haproxy.cfg").write_text(text)

    def said(self, command: str) -> str:
        try:
            return ask(SocketCall(str(self.folder / "admin.sock"), f"{command}\n"))
        except OSError:
            return ""

    def states(self) -> dict[str, tuple[str, str]]:
        """Administrative state and weight, by server."""
        rows = [line.split() for line in self.said("show servers state").splitlines()]
        return {row[3]: (row[6], row[7]) for row in rows if len(row) > 7 and row[0].isdigit()}

    def action(self, **more: Any) -> Action:
        names = {"haproxy": "haproxy.cfg", "socket": "admin.sock", "pid_file": "pid", "program": "haproxy"}
        known: dict[str, Any] = {name: f"{self.folder}/{file}" for name, file in names.items()}
        item = ReloadHaproxy(**known | {"state_file": f"{self.folder}/states", "within_s": 5.0} | more)
        (template,) = HAPROXY.expand(item, setting())
        return template.action

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        for backend in self.backends:
            backend.stop()


@pytest.fixture
def haproxy(tmp_path: Path) -> Iterator[Haproxy]:
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    with contextlib.closing(Haproxy(tmp_path)) as made:
        yield made


def test_a_reload_under_load_loses_no_request_and_keeps_what_was_taken_out(here: Machine, haproxy: Haproxy) -> None:
    haproxy.said("set server orders/s2 state drain")
    haproxy.said("set weight orders/s1 25%")
    before = haproxy.states()
    with Load(haproxy.port) as load:
        for _ in range(3):
            facts = here.good(HAPROXY, haproxy.action(), here.context())
            assert facts["before"] != facts["process"]
            assert haproxy.states() == before == {"s1": ("0", "20"), "s2": ("8", "80")}
    assert set(load.statuses) == {200}
    assert (facts["kept_out"], facts["old"]) == ("2", "ended")


def test_the_installed_program_takes_over(here: Machine, haproxy: Haproxy) -> None:
    other = haproxy.folder / "other"
    said = subprocess.run([haproxy.program, "-v"], stdout=subprocess.PIPE, check=True).stdout.split()[2]
    installed = said[:-1].decode() + "x"
    other.write_bytes(haproxy.program.read_bytes().replace(said, installed.encode()))
    other.chmod(0o755)
    action = haproxy.action()
    other.rename(haproxy.program)
    look = HAPROXY.preview(action, here.context())
    assert isinstance(look, Script)
    shown = HAPROXY.show(action, here.context(), here.run(look))
    assert (shown.changes, shown.text) == (True, f"haproxy: {said.decode()} → {installed}")
    assert isinstance(HAPROXY.settle(action, here.context(), here.run(look)), Failure)
    with Load(haproxy.port) as load:
        assert here.good(HAPROXY, action, here.context())["version"] == installed
    assert set(load.statuses) == {200}
    assert f"Version: {installed}" in haproxy.said("show info")


def test_a_refused_configuration_is_not_loaded(here: Machine, haproxy: Haproxy) -> None:
    haproxy.write(more="nonsense here")
    before = haproxy.said("show info").splitlines()[6]
    failed = here.bad(HAPROXY, haproxy.action(), here.context())
    assert (failed.kind, failed.code) == (FailureKind.REFUSED, "reload.haproxy.config")
    assert "nonsense" in failed.output
    assert haproxy.said("show info").splitlines()[6] == before
    haproxy.write()
    here.good(HAPROXY, haproxy.action(), here.context())


def test_a_reload_that_did_not_take_place_is_no_success(here: Machine, haproxy: Haproxy) -> None:
    """The configuration is valid, and cannot be bound: the old worker goes on, and everybody says "reloaded"."""
    text = (haproxy.folder / "haproxy.cfg").read_text()
    (haproxy.folder / "haproxy.cfg").write_text(f"{text}    bind 192.0.2.1:{haproxy.port}\n")
    failed = here.bad(HAPROXY, haproxy.action(within_s=1.0), here.context())
    assert (failed.kind, failed.code) == (FailureKind.UNHEALTHY, "reload.haproxy.same")
    (haproxy.folder / "haproxy.cfg").write_text(text)
    until(lambda: get(haproxy.port) == 200)
    assert here.good(HAPROXY, haproxy.action(), here.context())["old"] == "ended"
    assert get(haproxy.port) == 200


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss is not installed")
@pytest.mark.parametrize("address", ["127.0.0.1", "*"])
def test_what_another_process_listens_at_is_told_before_anybody_is_disturbed(
    here: Machine, haproxy: Haproxy, address: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, Load(haproxy.port) as load:
        text = (haproxy.folder / "haproxy.cfg").read_text()
        wanted = f"{address}:{taken.getsockname()[1]}"
        (haproxy.folder / "haproxy.cfg").write_text(f"{text}    bind 127.0.0.2:{taken.getsockname()[1]},{wanted}\n")
        failed = here.bad(HAPROXY, haproxy.action(), here.context())
    assert (failed.kind, failed.code, failed.fields["address"]) == (FailureKind.REFUSED, "reload.haproxy.taken", wanted)
    assert set(load.statuses) == {200}


@pytest.mark.parametrize(("load", "state_file"), [("", True), (LOAD, False)])
def test_a_reload_that_would_forget_a_drain_is_refused(
    here: Machine, tmp_path: Path, load: str, state_file: bool
) -> None:
    (tmp_path / "ha").mkdir()
    with contextlib.closing(Haproxy(tmp_path / "ha", load)) as haproxy:
        action = haproxy.action() if state_file else haproxy.action(state_file="")
        haproxy.said("set server orders/s2 state maint")
        failed = here.bad(HAPROXY, action, here.context())
        assert (failed.kind, failed.code) == (FailureKind.REFUSED, "reload.haproxy.forgets")
        assert (failed.fields["count"], failed.fields["server"]) == ("1", "orders/s2")
        assert haproxy.states()["s2"][0] == "1"
        haproxy.said("set server orders/s2 state ready")
        if not state_file:
            here.good(HAPROXY, action, here.context())


def test_a_server_that_the_reload_brought_back_is_taken_out_again_and_told(here: Machine, haproxy: Haproxy) -> None:
    """The configuration loads states, but from another file than the plan names."""
    (haproxy.folder / "others").touch()
    haproxy.said("set server orders/s2 state drain")
    failed = here.bad(HAPROXY, haproxy.action(state_file=f"{haproxy.folder}/others"), here.context())
    assert (failed.code, failed.fields["server"]) == ("reload.haproxy.forgot", "orders/s2")
    assert haproxy.states()["s2"][0] == "8"


def test_facts_and_whether_it_was_taken_up(here: Machine, haproxy: Haproxy) -> None:
    item = ReloadHaproxy(haproxy="/etc/x")
    template = HAPROXY.inquire(item, setting())
    assert template is not None
    assert template.action.kind is Kind.PRECHECK
    action = haproxy.action()
    facts = here.good(HAPROXY, Action(Kind.PRECHECK, action.driver, action.args), here.context())
    assert facts["version"] == facts["installed"]
    probe = HAPROXY.probe(action, here.context())
    assert isinstance(probe, Script)
    later(haproxy.folder / "haproxy.cfg")

    def taken_up() -> bool:
        here.good(HAPROXY, action, here.context())
        return isinstance(HAPROXY.settle(action, here.context(), here.run(probe)), Evidence)

    assert isinstance(HAPROXY.settle(action, here.context(), here.run(probe)), Failure)
    until(taken_up, 10)


def later(path: Path) -> None:
    path.touch()


def test_no_haproxy_is_told(here: Machine, haproxy: Haproxy) -> None:
    failed = here.bad(HAPROXY, haproxy.action(socket="/nowhere"), here.context())
    assert (failed.kind, failed.code) == (FailureKind.TRANSIENT, "reload.haproxy.silent")
    failed = here.bad(HAPROXY, haproxy.action(pid_file="/nowhere"), here.context())
    assert failed.code == "reload.haproxy.down"


# --- nginx -------------------------------------------------------------------------------------------------

PAGE = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; {more} location / {{ return {status} "x"; }} }}
  include {folder}/extra/*.conf;
}}
"""


class Nginx:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.program = folder / "nginx"
        shutil.copy2(shutil.which("nginx") or "/usr/sbin/nginx", self.program)
        (folder / "extra").mkdir()
        self.write()
        subprocess.run([self.program, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL, check=True)
        until(lambda: get(self.port) == 200)

    def write(self, status: int = 200, more: str = "") -> None:
        text = PAGE.format(folder=self.folder, port=self.port, status=status, more=more)
        (self.folder / "nginx.conf").write_text(text)

    def action(self, **more: Any) -> Action:
        names = {"nginx": "nginx.conf", "pid_file": "nginx.pid", "error_log": "error.log", "program": "nginx"}
        known: dict[str, Any] = {name: f"{self.folder}/{file}" for name, file in names.items()}
        item = ReloadNginx(**known | {"unit": "", "within_s": 5.0} | more)
        (template,) = NGINX.expand(item, setting())
        return template.action

    def close(self) -> None:
        os.kill(int((self.folder / "nginx.pid").read_text()), signal.SIGTERM)
        until(lambda: get(self.port) == 0)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if shutil.which("nginx") is None and not Path("/usr/sbin/nginx").exists():
        pytest.skip("nginx is not installed")
    with contextlib.closing(Nginx(tmp_path)) as made:
        yield made


def test_nginx_reloads_under_load(here: Machine, nginx: Nginx) -> None:
    with Load(nginx.port) as load:
        for _ in range(2):
            facts = here.good(NGINX, nginx.action(), here.context())
    assert set(load.statuses) == {200}
    assert facts["how"] == "reloaded"
    assert facts["workers"].split()[0] not in facts["before"].split()
    nginx.write(status=201)
    here.good(NGINX, nginx.action(), here.context())
    assert get(nginx.port) == 201


def test_nginx_with_a_refused_configuration_goes_on_with_the_old_one(here: Machine, nginx: Nginx) -> None:
    nginx.write(more="nonsense;")
    failed = here.bad(NGINX, nginx.action(), here.context())
    assert (failed.kind, failed.code) == (FailureKind.REFUSED, "reload.nginx.config")
    assert "nonsense" in failed.output
    assert get(nginx.port) == 200


def test_an_nginx_that_could_not_bind_is_told_with_its_own_words(here: Machine, nginx: Nginx) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nginx.write(more=f"listen 127.0.0.1:{taken.getsockname()[1]};")
        failed = here.bad(NGINX, nginx.action(within_s=3.0), here.context())
    if failed.code == "reload.nginx.config":  # `nginx -t` binds as well, as far as it may
        assert "Address already in use" in failed.output
    else:
        assert failed.code == "reload.nginx.same"
        assert "Address already in use" in failed.output
    assert get(nginx.port) == 200


def test_another_nginx_program_takes_over_without_losing_a_request(here: Machine, nginx: Nginx) -> None:
    action = nginx.action()
    replaced = nginx.folder / "replaced"
    version = subprocess.run([nginx.program, "-v"], stderr=subprocess.PIPE, check=True).stderr.split(b"/")[1].split()[0]
    other = version[:-1] + b"9"
    replaced.write_bytes(nginx.program.read_bytes().replace(version, other))
    replaced.chmod(0o755)
    replaced.rename(nginx.program)
    look = NGINX.preview(action, here.context())
    assert isinstance(look, Script)
    assert NGINX.show(action, here.context(), here.run(look)).text == f"nginx: other → {other.decode()}"
    with Load(nginx.port) as load:
        facts = here.good(NGINX, action, here.context())
    assert set(load.statuses) == {200}
    assert (facts["how"], facts["version"]) == ("program replaced", other.decode())
    assert not Path("/proc", facts["before"].split()[0]).exists()
    assert not (nginx.folder / "nginx.pid.oldbin").exists()
    assert here.good(NGINX, nginx.action(), here.context())["how"] == "reloaded"


def test_an_nginx_program_that_does_not_run_leaves_the_old_one_at_work(here: Machine, nginx: Nginx) -> None:
    action = nginx.action(within_s=2.0)
    broken = nginx.folder / "broken"
    broken.write_text("#!/bin/sh\ncase $* in *-t*) exit 0 ;; esac\nexit 1\n")
    broken.chmod(0o755)
    broken.rename(nginx.program)
    with Load(nginx.port) as load:
        failed = here.bad(NGINX, action, here.context())
    assert failed.code == "reload.nginx.binary"
    assert set(load.statuses) == {200}


def test_nginx_facts_and_whether_it_was_taken_up(here: Machine, nginx: Nginx) -> None:
    action = nginx.action()
    facts = here.good(NGINX, Action(Kind.PRECHECK, action.driver, action.args), here.context())
    assert facts["version"] == facts["installed"]
    probe = NGINX.probe(action, here.context())
    assert isinstance(probe, Script)
    (nginx.folder / "extra/more.conf").write_text("# nothing\n")  # an included file counts as well
    assert isinstance(NGINX.settle(action, here.context(), here.run(probe)), Failure)

    def taken_up() -> bool:
        here.good(NGINX, action, here.context())
        return isinstance(NGINX.settle(action, here.context(), here.run(probe)), Evidence)

    until(taken_up, 10)


@pytest.mark.parametrize(("driver", "item"), [(HAPROXY, ReloadHaproxy), (NGINX, ReloadNginx)])
def test_paths_are_absolute(driver: Any, item: Callable[..., Any]) -> None:
    what = "haproxy" if driver is HAPROXY else "nginx"
    assert driver.complain(item(**{what: "/etc/x"}), setting()) == ()
    assert driver.complain(item(**{what: "{root}/x"}), setting()) == ()
    ((code, fields),) = driver.complain(item(**{what: "/x", "pid_file": "run/x.pid"}), setting())
    assert (code, fields) == (f"reload.{what}.path", {"name": "pid_file", "path": "run/x.pid"})
