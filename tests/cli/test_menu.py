"""The command line itself: its help, its languages, what it imports, how it fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liftlock.cli.main import root
from liftlock.cli.menu import COMMANDS, GROUPS

LAB = ("up", "down", "list", "ssh", "cut", "heal", "kill", "start", "reboot", "reset", "package")
NESTED = [("journal", name) for name in ("backup", "restore", "verify", "key")] + [("lab", name) for name in LAB]
NESTED += [("canary", "replay")]
SETS = [("journal",), ("lab",)]  # of commands: themselves they do nothing
ALL = [(name,) for name in COMMANDS] + NESTED
HEAVY = ("msgspec", "asyncssh", "sqlalchemy", "rich", "yaml", "jinja2", "httpx", "babel", "cryptography", "asyncio")


def call(*words: str) -> str:
    result = CliRunner().invoke(root, list(words))
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    text = call(*words, "--help")
    assert "Example:" in text
    assert f"  liftlock {' '.join(words)}" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("words", [words for words in ALL if words not in SETS], ids=" ".join)
def test_every_command_speaks_both_languages(words: tuple[str, ...]) -> None:
    assert "--lang" in call(*words, "--help")


@pytest.mark.parametrize(
    "words", [w for w in ALL if w not in (*SETS, ("schema",), ("report",), ("wrapper",), ("lab", "ssh"))], ids=" ".join
)
def test_every_command_has_a_form_for_programs(words: tuple[str, ...]) -> None:
    assert "--json" in call(*words, "--help")


def test_the_list_of_commands_is_complete_in_both_languages() -> None:
    english, chinese = call("--help"), call("--lang", "zh", "--help")
    for name, entry in COMMANDS.items():
        assert f"  {name}" in english
        assert entry.summary["zh"] in chinese
        assert entry.summary["en"].isascii()
        assert not entry.summary["zh"].isascii()
    assert all(set(texts) == {"en", "zh"} for texts in GROUPS.values())


def test_the_list_of_commands_imports_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['liftlock', '--help']\nfrom liftlock.cli.main import app\n"
    code += "try: app(prog_name='liftlock')\nexcept SystemExit: pass\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "liftlock COMMAND" in done.stdout


def test_a_mistyped_command_is_answered_with_the_nearest() -> None:
    result = CliRunner().invoke(root, ["staus"])
    assert result.exit_code == 2
    assert "status" in result.output


@pytest.mark.parametrize("module", ["liftlock", "liftlock.cli.main"])
def test_both_modules_are_the_program(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("liftlock ")


def test_version_for_programs() -> None:
    told = json.loads(call("version", "--json"))
    assert "precheck" in told["drivers"]
    assert told["broken"] == []


# --- trouble -----------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("LIFTLOCK_STORE", "LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("command", ["status", "watch", "log", "report", "archive", "pause", "resume", "abort", "run"])
def test_without_a_record_it_is_one_line_and_a_status(empty: Path, command: str) -> None:
    result = CliRunner().invoke(root, [command])
    assert result.exit_code == 6
    assert result.stdout == ""
    assert result.stderr.startswith("liftlock: ")
    assert "Traceback" not in result.output
    assert not (empty / ".liftlock").exists()


def test_trouble_in_chinese_and_for_programs(empty: Path) -> None:
    assert "记录" in CliRunner().invoke(root, ["status", "--lang", "zh"]).stderr
    problem = json.loads(CliRunner().invoke(root, ["status", "--json"]).stdout)
    assert problem["error"] == "missing"
    assert problem["status"] == 6


def test_a_record_that_is_damaged_stops_with_a_clear_message(empty: Path) -> None:
    (empty / ".liftlock").mkdir(mode=0o700)
    (empty / ".liftlock" / "journal.db").write_bytes(b"this is no database" * 500)
    result = CliRunner().invoke(root, ["status", "--json"])
    assert result.exit_code == 6
    assert json.loads(result.stdout)["error"] == "store-corrupt"


def test_a_bug_ends_with_its_own_status() -> None:
    code = "import sys\nfrom liftlock.cli import main\n"
    code += "def broken(*a, **k): raise ZeroDivisionError('made for a test')\n"
    code += "main.app = broken\nmain.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 70
    assert "ZeroDivisionError" in done.stderr
    assert "this is a bug of liftlock" in done.stderr


def test_a_closed_pipe_is_no_bug(empty: Path) -> None:
    """`liftlock schema | head -1`: the reader has gone."""
    command = f"{sys.executable} -m liftlock schema | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, env=os.environ.copy(), check=False
    )
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr


# --- to begin with -----------------------------------------------------------------------------------------


def test_init_writes_what_check_understands(empty: Path) -> None:
    call("init", "--name", "orders", "--from", "2.0", "--to", "2.1", "--hosts", "10.0.0.1,10.0.0.2,10.0.0.3")
    assert {path.name for path in empty.iterdir()} == {"plan.yaml", "hosts.yaml", "liftlock.schema.json"}
    (empty / "files").mkdir()
    found = json.loads(CliRunner().invoke(root, ["check", "plan.yaml", "--json"]).stdout)
    assert {each["code"] for each in found["findings"] if each["severity"] == "error"} == {"L070"}
    again = CliRunner().invoke(root, ["init", "--json"])
    assert again.exit_code == 1
    assert json.loads(again.stdout)["error"] == "exists-already"
    assert CliRunner().invoke(root, ["init", "--template", "none", "--into", "x"]).exit_code == 2


def test_init_speaks_chinese(empty: Path) -> None:
    call("init", "--lang", "zh", "--into", "方案")
    assert any("\u4e00" <= each <= "\u9fff" for each in (empty / "方案" / "plan.yaml").read_text())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("model", ["standard", "normal", "emergency"])
def test_init_writes_a_whole_plan_that_checks(empty: Path, model: str, language: str) -> None:
    call("init", "--model", model, "--lang", language, "--hosts", "10.0.0.1,10.0.0.2,10.0.0.3")
    found = json.loads(call("check", "plan.yaml", "--json"))
    assert found["errors"] == 0
    assert f"model: {model}" in (empty / "plan.yaml").read_text()


def test_init_wants_one_kind_of_beginning(empty: Path) -> None:
    assert CliRunner().invoke(root, ["init", "--model", "normal", "--template", "web"]).exit_code == 2
    assert CliRunner().invoke(root, ["init", "--model", "urgent"]).exit_code == 2
    assert list(empty.iterdir()) == []


def test_schemas_are_json(empty: Path) -> None:
    assert "components" in json.dumps(json.loads(call("schema"))["$defs"])
    assert "hosts" in json.dumps(json.loads(call("schema", "--inventory"))["$defs"])
