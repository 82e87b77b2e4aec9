"""Script bodies run for real: under dash with the system's tools, and under busybox with nothing but its applets."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from liftlock.model.actions import Action, Context, Evidence, Exited, Failure, Script
from liftlock.model.ports import Driver, Setting
from liftlock.model.schedule import Template

RUN = "r1-0123456789ab"
HOSTILE = "a b'c\"d$(touch pwned)`touch pwned`;é中"


class Machine:
    """A host: a state folder, a shell, and a way to run what a driver asks for. `env`: resolved secrets."""

    def __init__(self, root: Path, shell: list[str], path: str) -> None:
        self.root, self.shell, self.path = root, shell, path
        self.state = root / "state dir"
        self.state.mkdir(mode=0o700)

    def context(self, step: str = "orders/1/w1/h1/03-x", **fields: Any) -> Context:
        known: dict[str, Any] = {
            "run": RUN,
            "step": step,
            "host": "h1",
            "address": "127.0.0.1",
            "component": "orders",
            "version": "1.1",
            "from_version": "1.0",
            "to_version": "1.1",
            "state": str(self.state),
        }
        return Context(**known | fields)

    def run(self, script: Script, env: dict[str, str] | None = None, timeout_s: float = 20) -> Exited:
        told = "".join(f"{name}={shlex.quote(value)}\n" for name, value in script.variables.items())
        assert all(name.isidentifier() and name.isascii() for name in script.variables)
        assert script.interpreter == "sh"
        done = subprocess.run(
            self.shell,
            input=(told + script.body).encode(),
            env={"PATH": self.path, "ll_s": str(self.state), **(env or {})},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
        return Exited(done.returncode, done.stdout.decode(errors="replace"))

    def operate(
        self, driver: Driver, action: Action, context: Context, env: dict[str, str] | None = None
    ) -> Evidence | Failure:
        operation = driver.operate(action, context)
        if isinstance(operation, Failure):
            return operation
        assert isinstance(operation, Script)
        result = driver.read(action, context, self.run(operation, env))
        assert isinstance(result, Evidence | Failure), result
        if isinstance(result, Failure):
            known = driver.manifest.words
            assert all(result.code in known[language] for language in ("en", "zh")), result
            known["en"][result.code].format(**result.fields)
        assert not (self.root / "pwned").exists()
        return result

    def good(self, driver: Driver, action: Action, context: Context) -> dict[str, Any]:
        result = self.operate(driver, action, context)
        assert isinstance(result, Evidence), result
        return result.facts

    def bad(self, driver: Driver, action: Action, context: Context) -> Failure:
        result = self.operate(driver, action, context)
        assert isinstance(result, Failure), result
        return result


def shells() -> Iterator[Any]:
    for name in ("dash", "busybox"):
        missing = shutil.which(name) is None
        yield pytest.param(name, marks=pytest.mark.skipif(missing, reason=f"{name} is not installed"))


@pytest.fixture(params=list(shells()))
def machine(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    if request.param == "dash":
        return Machine(tmp_path, ["dash", "-s"], os.environ["PATH"])
    applets = tmp_path_factory.mktemp("applets")
    subprocess.run(["busybox", "--install", "-s", str(applets)], check=True)
    return Machine(tmp_path, [str(applets / "sh"), "-s"], str(applets))


@pytest.fixture
def setting() -> Setting:
    return Setting("orders", "1.0", "1.1", False, {"h1": {"address": "127.0.0.1"}}, {}, {})


@pytest.fixture
def fill() -> Callable[[Template, Context], Template]:
    """Fill a template's placeholders as deciding does."""
    from liftlock.decide.expand import fill_action

    def filled(template: Template, context: Context) -> Template:
        known = {
            **context.variables,
            "host": context.host,
            "address": context.address,
            "component": context.component,
            "version": context.version,
            "from_version": context.from_version,
            "to_version": context.to_version,
        }
        undo = template.undo and fill_action(template.undo, known | {"version": context.from_version})
        return replace(template, action=fill_action(template.action, known), undo=undo)

    return filled
