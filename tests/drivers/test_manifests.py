"""What every driver says of itself: words in both languages for every code, an example that is its own item, bodies
that shellcheck accepts, and an import that costs nothing."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

import liftlock.drivers
from liftlock.drivers import builtin
from liftlock.drivers.technology import SH, body, read_script
from liftlock.model.actions import Exited
from liftlock.model.ports import Driver

PSQL = ("postgres-common", "postgres-mark", "postgres-index", "postgres-attempt")
SCRATCH = ("postgres-common", "postgres-scratch")
ROWS = (*SCRATCH, "postgres-rows")
UPGRADE = ("postgres-common", "postgres-rows", "postgres-checks", "postgres-upgrade-common")
OWN = {
    *PSQL,
    "test",
    "prelude",
    "words",
    "manifest",
    "service-state",
    "rights",
    "apt",
    "apt-world",
    *ROWS,
    *UPGRADE,
    "systemd",
    "kernel",
}
OWN |= {"older", "reloading", "mariadb-common", "mariadb-list", "mariadb-marks"}
OWN |= {"access-log-count"}
OWN |= {"redis-common", "redis-list", "redis-role", "redis-scratch"}
FAILS = re.compile(r"\bfail ([a-z_]+)")
MARIADB = (
    "mariadb-common",
    "mariadb-facts",
    "mariadb-list",
    "mariadb-dump",
    "mariadb-prove",
    "mariadb-restore",
    "older",
)
REDIS = ("older", *(f"redis-{name}" for name in ("common", "facts", "list", "save", "scratch", "prove", "restore")))
ROLES = tuple(f"redis-{name}" for name in ("common", "facts", "role"))
TOGETHER = {
    "release": ("release-install", "release-undo", "release-look"),
    "config": ("config-write", "config-undo", "config-look"),
    "backup.files": ("backup-take", "backup-prove", "backup-restore", "manifest", "older"),
    "service": ("service-state", "service-do", "service-look"),
    "command": ("command", "command-bare", "command-look"),
    "ansible": ("ansible-play", "tree"),
    "container": ("container", *(f"container-{name}" for name in ("pull", "switch", "back", "look"))),
    "script": ("blob", "script-run", "command-look"),
    "fetch": ("blob", *(f"fetch-{name}" for name in ("get", "look", "signature", "place", "unplace", "at"))),
    "drain.command": ("draining", "command-look"),
    "readmit.command": ("draining", "command-look"),
    "verify.process": ("verify-process",),
    "verify.file": ("verify-file",),
    "reboot": ("reboot", "reboot-look", "reboot-ready"),
    "kernel": ("kernel", "kernel-choose", "kernel-look"),
    "systemd": ("systemd", "systemd-do", "systemd-look", "systemd-enable"),
    "systemd.dropin": ("systemd", "systemd-dropin", "systemd-dropin-undo", "systemd-dropin-look"),
    "apt": ("apt", "apt-world", *(f"apt-{each}" for each in ("fetch", "install", "undo", "look", "show", "inquire"))),
    "switchover.postgres": ("postgres-common", "postgres-switchover"),
    "upgrade.postgres": (
        *UPGRADE,
        *(f"postgres-upgrade-{name}" for name in ("forward", "back", "look", "verify")),
    ),
    "backup.postgres": (
        "postgres-common",
        "postgres-rows",
        "postgres-checks",
        "postgres-scratch",
        "postgres-backup-take",
        "postgres-backup-prove",
        "postgres-backup-look",
        "postgres-restore-logical",
        "postgres-restore-physical",
    ),
    "migrate.alembic": ("alembic-look", "alembic-do", "alembic-show"),
    "data.postgres": ("postgres-attempt", "postgres-migrate", "postgres-migrate-undo"),
    "migrate.postgres": (
        "postgres-common",
        "postgres-mark",
        "postgres-index",
        "postgres-attempt",
        "postgres-migrate",
        "postgres-migrate-undo",
        "postgres-migrate-look",
        "postgres-dry-run",
        "postgres-facts",
    ),
    "reload.haproxy": ("reloading", "haproxy-reload"),
    "backup.mariadb": MARIADB,
    "migrate.mariadb": ("mariadb-common", "mariadb-marks", "mariadb-migrate", "mariadb-migrate-look"),
    "backup.redis": REDIS,
    "drain.redis": (*ROLES, "redis-drain"),
    "readmit.redis": (*ROLES, "redis-readmit"),
    "reload.nginx": ("reloading", "nginx-reload"),
    "measure.access_log": ("access-log-count", "access-log"),
    "measure.sql": ("postgres-common", "postgres-measure"),
}


def names(driver: Driver) -> str:
    return driver.manifest.name


def test_every_script_belongs_to_a_driver() -> None:
    used = {script for scripts in TOGETHER.values() for script in scripts} | {"prelude", "words", "rights"}
    assert used == {path.stem for path in SH.glob("*.sh")}


@pytest.mark.parametrize("driver", builtin, ids=names)
def test_words_are_complete_in_both_languages(driver: Driver) -> None:
    manifest = driver.manifest
    english, chinese = manifest.words.get("en", {}), manifest.words.get("zh", {})
    assert english.keys() == chinese.keys()
    assert manifest.summary.keys() == {"en", "zh"}
    fields = re.compile(r"{(\w+)}")
    for code, text in english.items():
        assert code.startswith(f"{manifest.name}.")
        assert set(fields.findall(text)) == set(fields.findall(chinese[code])), code
        assert re.search(r"[一-鿿]", chinese[code])
    for script in TOGETHER.get(manifest.name, ()):
        for code in FAILS.findall((SH / f"{script}.sh").read_text()):
            assert any(known.startswith(f"{manifest.name}.{code}") for known in english), (script, code)
    source = Path(sys.modules[type(driver).__module__].__file__ or "").read_text()
    for code in re.findall(rf'"{re.escape(manifest.name)}\.([a-z_]+)"', source):
        assert f"{manifest.name}.{code}" in english or f"{manifest.name}.{code}" in {d.manifest.name for d in builtin}


@pytest.mark.parametrize("driver", [driver for driver in builtin if driver.manifest.recipe], ids=names)
def test_the_example_is_an_item_of_its_own_driver(driver: Driver) -> None:
    manifest = driver.manifest
    (item,) = yaml.safe_load(manifest.example)
    value = item[manifest.name.partition(".")[0]]
    if not isinstance(value, dict):
        value = {manifest.shorthand: value} if value is not None else {}
    known = {field.encode_name: field for field in msgspec.structs.fields(manifest.item)}
    assert value.keys() <= known.keys()
    assert {name for name, field in known.items() if field.required} <= value.keys()
    if "." in manifest.name:
        assert manifest.name.partition(".")[2] in value
    for name in (*manifest.artifacts, *manifest.texts, *manifest.literal, *filter(None, [manifest.shorthand])):
        assert name in known


def test_names_are_unique_and_sorted_into_the_package() -> None:
    assert len({names(driver) for driver in builtin}) == len(builtin)
    assert liftlock.drivers.builtin is builtin
    with pytest.raises(AttributeError):
        liftlock.drivers.nothing  # noqa: B018


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("name", sorted({path.stem for path in SH.glob("*.sh")} - OWN))
def test_shellcheck_accepts_every_body(name: str) -> None:
    shared = {"service-do": ("words", "service-state"), "service-look": ("words", "service-state")}
    shared |= dict.fromkeys(("backup-take", "backup-restore"), ("manifest",)) | {"backup-prove": ("manifest", "older")}
    containers = ("container-pull", "container-switch", "container-back", "container-look")
    shared |= dict.fromkeys(containers, ("words", "container")) | {"container": ("words",)}
    shared |= dict.fromkeys(("command", "command-look", "draining", "reboot"), ("words",))
    shared |= dict.fromkeys((each for each in TOGETHER["apt"] if each not in OWN), ("apt", "apt-world"))
    shared |= dict.fromkeys(TOGETHER["migrate.postgres"], PSQL)
    shared |= dict.fromkeys(("postgres-backup-prove", "postgres-restore-logical"), ROWS)
    shared |= {
        "postgres-backup-look": SCRATCH,
        "postgres-restore-physical": SCRATCH,
        "postgres-backup-take": (*ROWS, "postgres-checks"),
    }
    shared |= dict.fromkeys((f"postgres-upgrade-{each}" for each in ("forward", "back", "look", "verify")), UPGRADE)
    shared |= dict.fromkeys(("postgres-switchover", "postgres-measure"), ("postgres-common",))
    shared |= dict.fromkeys(("haproxy-reload", "nginx-reload"), ("reloading",))
    shared |= dict.fromkeys(("mariadb-migrate", "mariadb-migrate-look"), ("mariadb-common", "mariadb-marks"))
    shared["mariadb-facts"] = ("mariadb-common",)
    shared |= dict.fromkeys(("mariadb-dump", "mariadb-prove", "mariadb-restore"), ("mariadb-common", "mariadb-list"))
    shared |= dict.fromkeys(("redis-drain", "redis-readmit"), ("redis-common", "redis-role"))
    shared |= dict.fromkeys(("redis-prove", "redis-restore"), ("redis-common", "redis-list", "redis-scratch"))
    shared |= {name: (*shared[name], "older") for name in ("mariadb-prove", "redis-prove")}
    shared |= {"redis-facts": ("redis-common",), "redis-save": ("redis-common", "redis-list")}
    shared["access-log"] = ("access-log-count",)
    shared |= dict.fromkeys(("alembic-do", "alembic-show"), ("alembic-look",))
    shared |= {
        each: (TOGETHER[name][0],) for name in ("systemd", "systemd.dropin", "kernel") for each in TOGETHER[name][1:]
    }
    text = body(*shared.get(name, ()), name)
    done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=text.encode(), stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stdout.decode()


def test_importing_the_package_is_cheap() -> None:
    code = "import sys, liftlock.drivers; print('liftlock.drivers.http' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "False"
    code = "import sys; from liftlock.drivers import builtin; print('jinja2' in sys.modules, 'httpx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert done.stdout.decode().strip() == "False False"


def test_a_scripts_named_failure_needs_its_status() -> None:
    assert read_script("x", Exited(65, "@failed=why\n@path=/a\nsaid"), {}).code == "x.why"  # type: ignore[union-attr]
    assert read_script("x", Exited(1, "@failed=why"), {}).code == "x.exit"  # type: ignore[union-attr]
    assert read_script("x", Exited(65, ""), {}).code == "x.exit"  # type: ignore[union-attr]
