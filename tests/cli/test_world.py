"""What lives at the edge: secrets, drivers, names, settings."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from liftlock.cli import discovery, naming, settings
from liftlock.cli.secrets import LocalSecrets
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.secret import SecretRef


@pytest.fixture
def secrets(tmp_path: Path) -> LocalSecrets:
    return LocalSecrets({"TOKEN": "s3cret", "EMPTY": ""}, tmp_path)


def private(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_secret_from_the_environment(secrets: LocalSecrets) -> None:
    assert secrets.resolve(SecretRef("env:TOKEN")) == "s3cret"
    assert secrets.resolve(SecretRef("env:EMPTY")) == ""


def test_a_secret_from_a_private_file(secrets: LocalSecrets, tmp_path: Path) -> None:
    private(tmp_path / "token", b" two words \r\n")
    assert secrets.resolve(SecretRef("file:token")) == " two words "
    assert secrets.resolve(SecretRef(f"file:{tmp_path}/token")) == " two words "


@pytest.mark.parametrize("name", ["env:NONE", "file:none", "vault:x", "env", "file:", ""])
def test_a_secret_that_is_not_there(secrets: LocalSecrets, name: str) -> None:
    with pytest.raises(WorldError) as caught:
        secrets.resolve(SecretRef(name))
    assert caught.value.kind is WorldKind.MISSING


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(secrets: LocalSecrets, tmp_path: Path, mode: int) -> None:
    private(tmp_path / "token", b"s3cret", mode)
    with pytest.raises(WorldError) as caught:
        secrets.resolve(SecretRef("file:token"))
    assert caught.value.kind is WorldKind.REFUSED
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_is_no_secret_is_refused(secrets: LocalSecrets, tmp_path: Path, data: bytes) -> None:
    private(tmp_path / "token", data)
    with pytest.raises(WorldError):
        secrets.resolve(SecretRef("file:token"))


# --- drivers -----------------------------------------------------------------------------------------------


class Incomplete:
    manifest = None


NOT_A_TUPLE = ["a"]
INCOMPLETE = (Incomplete(),)


def offer(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    ours = [each for each in discovery.entry_points(group=discovery.GROUP) if each.name == "builtin"]
    monkeypatch.setattr(discovery, "entry_points", lambda group: [*points, *ours])


@pytest.mark.parametrize(
    "value",
    [
        "tests.cli.no_such_module:x",
        "tests.cli.test_world:NONE",
        "tests.cli.test_world:NOT_A_TUPLE",
        "tests.cli.test_world:INCOMPLETE",
        "tests.cli.broken_driver:DRIVERS",
    ],
)
def test_a_broken_driver_is_reported_and_left_out(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    offer(monkeypatch, EntryPoint("strange", value, discovery.GROUP))
    found = discovery.find_drivers()
    assert [broken.name for broken in found.broken] == ["strange"]
    assert "precheck" in found.drivers


def test_nobody_takes_the_name_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("again", "liftlock.drivers:builtin", discovery.GROUP))
    found = discovery.find_drivers()
    assert len(found.broken) == len(found.drivers)
    assert {broken.name for broken in found.broken} == {"again"}


# --- names and settings ------------------------------------------------------------------------------------


def test_an_upgrades_name_is_readable_safe_and_its_own() -> None:
    assert naming.upgrade_id("Orders 1.0 → 1.1").startswith("orders-1-0-1-1-")
    assert naming.upgrade_id("订单系统升级").isascii()
    assert naming.upgrade_id("订单系统升级") != naming.upgrade_id("支付系统升级")
    assert naming.upgrade_id("A b") != naming.upgrade_id("a B")
    assert len(naming.upgrade_id("x" * 500)) < 60
    assert "/" not in naming.upgrade_id("../../etc/passwd")


def test_runs_are_counted_as_numbers() -> None:
    streams = ["u-a", "u-a/r10", "u-a/r9", "u-ab/r1", "u-a/x1"]
    assert naming.runs_of("a", streams) == ["u-a/r9", "u-a/r10"]
    assert naming.upgrade_of("u-a/r10") == "a"


def test_where_the_record_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    plan = tmp_path / "plans" / "plan.yaml"
    assert settings.store_folder("", {}, None) == str(tmp_path / ".liftlock")
    assert settings.store_folder("", {}, plan) == str(tmp_path / "plans" / ".liftlock")
    assert settings.store_folder("", {"LIFTLOCK_STORE": "/srv/l"}, plan) == "/srv/l"
    assert settings.store_folder("/opt/l", {"LIFTLOCK_STORE": "/srv/l"}, plan) == "/opt/l"


def test_who_is_asking() -> None:
    assert settings.person("li.wei", {"LIFTLOCK_PERSON": "other"}) == "li.wei"
    assert settings.person("", {"LIFTLOCK_PERSON": " chen.jie "}) == "chen.jie"
    assert settings.person("", {})


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIFTLOCK_STORE", raising=False)
    monkeypatch.delenv("LIFTLOCK_PERSON", raising=False)
