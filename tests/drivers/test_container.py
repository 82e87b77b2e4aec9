"""container: what docker, docker compose and systemd are asked, and what their answers mean. A stand-in answers in
their words, under both shells; a real podman is in tests/real/test_container_podman.py."""

from typing import Any

import pytest

from liftlock.drivers.container import DRIVERS, Container
from liftlock.model.actions import Action, Evidence, Exited, Failure, FailureKind, Preview, Script
from liftlock.model.ports import Setting

from .conftest import Machine

DRIVER = DRIVERS[0]
IDS = {"1.0": "a" * 64, "1.1": "b" * 64, "1.2": "c" * 64}
STANDIN = """\
#!/bin/sh
# docker 28: `inspect` with a Go template prints what it is asked for, ids with their algorithm
cd {folder}
echo "$*" >>asked
id_of() {{
  case $1 in
    *:1.0 | *@sha256:1000*) echo {one} ;;
    *:1.1 | *@sha256:1100*) echo {two} ;;
    *:1.2) echo {three} ;;
    *) return 1 ;;
  esac
}}
case "$1 $2" in
  "info "*) ;;
  "pull "*) [ "$2" != gone/orders:1.1 ] || {{ echo "manifest unknown"; exit 1; }} ;;
  "image inspect")
    id=$(id_of "$5") || {{ echo "Error: No such image: $5" >&2; exit 1; }}
    case $id in
      {one}) echo "sha256:$id mirror/orders@sha256:9999 reg.example:5000/orders@sha256:1000 " ;;
      {two}) echo "sha256:$id reg.example:5000/orders@sha256:1100 " ;;
      *) echo "sha256:$id " ;;
    esac ;;
  "container inspect")
    [ -f id ] || {{ echo "Error: No such container" >&2; exit 1; }}
    echo "sha256:$(cat id) $(cat state) $(cat health)|$(cat started)" ;;
  "compose -f")
    image=$(sed -n 's/^ORDERS=//p' env)
    id_of "$image" >id
    date +%s.%N >started ;;
  "logs --tail") echo "panic: no database" ;;
esac
"""
SYSTEMCTL = """\
#!/bin/sh
cd {folder}
echo "systemctl $*" >>asked
[ "$1" != restart ] || ! grep -q '^Image=.*1100' env || echo {two} >id
"""


class Host:
    def __init__(self, machine: Machine) -> None:
        self.machine, self.folder = machine, machine.root / "host"
        self.folder.mkdir()
        names = dict(zip(("one", "two", "three"), IDS.values(), strict=True))
        for name, text in (("docker", STANDIN), ("systemctl", SYSTEMCTL)):
            tool = self.folder / name
            tool.write_text(text.format(folder=self.folder, **names))
            tool.chmod(0o755)
        machine.path = f"{self.folder}:{machine.path}"
        for name, text in (("id", IDS["1.0"]), ("state", "running"), ("health", "healthy"), ("started", "t0")):
            (self.folder / name).write_text(text)
        (self.folder / "env").write_text("A=1\n  ORDERS = reg.example:5000/orders:1.0\nXORDERS=2\n")

    def actions(self, image: str = "reg.example:5000/orders:1.1", **item: Any) -> tuple[Action, Action, Action]:
        said = {"image": image, "name": "orders", "file": str(self.folder / "env"), "key": "ORDERS"}
        said |= {"steady_s": 0.0, "within_s": 1.0, "compose": "/srv/compose.yaml", "service": "web", **item}
        pull, switch = DRIVER.expand(Container(**said), Setting("app", "1.0", "1.1", False, {}, {}, {}))
        assert switch.undo is not None
        return pull.action, switch.action, switch.undo

    def run(self, action: Action, step: str = "app/1/w1/h1/03-switch", **context: Any) -> Evidence | Failure:
        return self.machine.operate(DRIVER, action, self.machine.context(step, **context))

    def look(self, action: Action) -> Evidence | Failure | None:
        script = DRIVER.probe(action, self.machine.context("app/1/w1/h1/03-switch"))
        assert isinstance(script, Script)
        return DRIVER.settle(action, self.machine.context(), self.machine.run(script))

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def host(machine: Machine) -> Host:
    return Host(machine)


def test_a_tag_becomes_a_digest_and_that_is_what_runs(host: Host) -> None:
    pull, switch, undo = host.actions()
    assert isinstance(host.look(switch), Failure)
    pulled = host.run(pull)
    assert isinstance(pulled, Evidence), pulled
    assert pulled.facts == {"image": "reg.example:5000/orders@sha256:1100", "id": IDS["1.1"]}
    done = host.run(switch, forward=pulled.facts)
    assert isinstance(done, Evidence), done
    assert (done.facts["id"], done.facts["previous"]) == (IDS["1.1"], IDS["1.0"])
    assert host.read("env") == "A=1\nORDERS=reg.example:5000/orders@sha256:1100\nXORDERS=2\n"
    assert "compose -f /srv/compose.yaml up -d --no-build web\n" in host.read("asked")
    assert isinstance(host.look(switch), Evidence)
    assert isinstance(host.look(undo), Failure)
    (host.folder / "env").write_text(host.read("env"))
    back = host.run(undo, "app/1/w1/h1/u03-switch", forward=done.facts)
    assert isinstance(back, Failure)  # the stand-in reads no blanks: what runs is not what ran
    assert host.read("env") == "A=1\n  ORDERS = reg.example:5000/orders:1.0\nXORDERS=2\n"
    (host.folder / "id").write_text(IDS["1.0"])
    assert isinstance(host.look(undo), Evidence)


def test_another_attempt_keeps_what_the_first_one_found(host: Host) -> None:
    (host.folder / "env").write_text("ORDERS=reg.example:5000/orders:1.0\n")
    _, switch, undo = host.actions()
    for _ in range(2):
        done = host.run(switch)
        assert isinstance(done, Evidence), done
        assert done.facts["previous"] == IDS["1.0"]
    back = host.run(undo, "app/1/w1/h1/u03-switch")
    assert isinstance(back, Evidence), back
    assert back.facts["id"] == IDS["1.0"]


def test_an_image_without_a_registry_is_named_by_its_id(host: Host) -> None:
    pulled = host.run(host.actions("orders:1.2", pull=False)[0])
    assert isinstance(pulled, Evidence)
    assert pulled.facts["image"] == f"sha256:{IDS['1.2']}"
    assert "pull" not in host.read("asked")


@pytest.mark.parametrize(
    ("image", "code", "kind"),
    [
        ("gone/orders:1.1", "pull", FailureKind.TRANSIENT),
        ("reg.example:5000/orders:9", "absent", FailureKind.REFUSED),
        ("reg.example:5000/orders@sha256:1100", "", None),
        ("reg.example:5000/orders@sha256:7777", "absent", FailureKind.REFUSED),
    ],
)
def test_what_can_be_brought(host: Host, image: str, code: str, kind: FailureKind | None) -> None:
    result = host.run(host.actions(image)[0])
    assert isinstance(result, Failure) is bool(code), result
    if isinstance(result, Failure):
        assert (result.code, result.kind) == (f"container.{code}", kind)


def test_a_unit_is_restarted(host: Host) -> None:
    (host.folder / "env").write_text("[Container]\nImage = reg.example:5000/orders:1.0\n")
    item = {"unit": "orders", "compose": "", "service": "", "key": "Image"}
    pull, switch, _ = host.actions(**item)
    pulled = host.run(pull)
    assert isinstance(pulled, Evidence)
    done = host.run(switch, forward=pulled.facts)
    assert isinstance(done, Evidence), done
    assert "systemctl daemon-reload\nsystemctl restart orders\n" in host.read("asked")
    assert "Image=reg.example:5000/orders@sha256:1100\n" in host.read("env")


@pytest.mark.parametrize(("state", "health"), [("exited", ""), ("running", "starting"), ("running", "unhealthy")])
def test_what_is_not_well_is_a_failure(host: Host, state: str, health: str) -> None:
    (host.folder / "state").write_text(state)
    (host.folder / "health").write_text(health)
    failure = host.run(host.actions(within_s=0.0)[1])
    assert isinstance(failure, Failure)
    assert (failure.code, failure.kind) == ("container.unwell", FailureKind.UNHEALTHY)
    assert "panic: no database" in failure.output


@pytest.mark.parametrize("text", ["", "A=1\n", "ORDERS=a\nORDERS=b\n"])
def test_the_image_is_named_in_one_place(host: Host, text: str) -> None:
    (host.folder / "env").write_text(text)
    failure = host.run(host.actions()[1])
    assert isinstance(failure, Failure)
    assert failure.code == "container.line"
    assert host.read("env") == text


def test_previews_and_complaints(host: Host, setting: Setting) -> None:
    _, switch, _ = host.actions()
    script = DRIVER.preview(switch, host.machine.context())
    assert isinstance(script, Script)
    shown = DRIVER.show(switch, host.machine.context(), host.machine.run(script))
    assert shown == Preview(True, "orders → reg.example:5000/orders:1.1")
    assert DRIVER.settle(switch, host.machine.context(), Exited(1)) is None

    def codes(**item: Any) -> list[str]:
        said = {"image": "a:1", "name": "a", "file": "/e", **item}
        return [code for code, _ in DRIVER.complain(Container(**said), setting)]

    assert codes(unit="a") == []
    assert codes() == codes(unit="a", apply="b") == ["container.start"]
    assert codes(compose="c", file="e") == ["container.file"]
    assert codes(unit="a", steady_s=9.0, within_s=9.0) == ["container.steady"]
