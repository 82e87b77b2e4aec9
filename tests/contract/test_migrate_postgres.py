"""Migrations against a real PostgreSQL, the product's way: applied once, found again, taken back."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from liftlock.drivers.command import Secret
from liftlock.drivers.migrate_postgres import DRIVERS, Migrate
from liftlock.model.actions import Evidence, Failure, FailureKind, Kind
from liftlock.model.schedule import Template
from tests.postgres import BIN, Bench, Cluster, missing

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
DRIVER = DRIVERS[0]
ADD = "CREATE TABLE notes (id int PRIMARY KEY, text text);\nINSERT INTO notes VALUES (1, 'it''s; $x$');\n"


class Case(Bench):
    """A database that is empty when a test begins."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        super().__init__(folder)
        self.cluster, self.database = cluster, "postgres"
        self.sql(
            "SET client_min_messages = warning; DROP SCHEMA IF EXISTS liftlock CASCADE; DROP SCHEMA public CASCADE"
        )
        self.sql("CREATE SCHEMA public")
        self.sql(
            "CREATE TABLE orders (id int, total int); INSERT INTO orders SELECT g, g FROM generate_series(1, 50) g"
        )

    def sql(self, text: str) -> str:
        return self.cluster.sql(self.database, text)

    def item(self, **fields: Any) -> Migrate:
        known: dict[str, Any] = {"postgres": self.database, "folder": "db", "lock_timeout_s": 0.2, "lock_pause_s": 0.0}
        return Migrate(**known | self.cluster.server() | fields)

    def steps(self, texts: dict[str, str], **fields: Any) -> tuple[Template, ...]:
        item, setting = self.item(**fields), self.setting(**{f"db/{name}": text for name, text in texts.items()})
        errors = [code for code, _ in DRIVER.complain(item, setting) if code not in DRIVER.manifest.advice]
        assert not errors
        ready, *steps = DRIVER.expand(item, setting)
        assert ready.verb == "ready"
        return tuple(steps)

    def not_done(self, step: Template, name: str) -> bool:
        found = self.settle(DRIVER, step.action, name)
        return isinstance(found, Failure) and found.kind is FailureKind.INTERRUPTED

    def applied(self) -> str:
        return self.sql("SELECT string_agg(name || ' ' || state, ',' ORDER BY name) FROM liftlock.migrations")


@pytest.fixture
def case(cluster: Cluster, tmp_path: Path) -> Case:
    return Case(cluster, tmp_path)


def test_up_once_and_down(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD, "1.down.sql": "DROP TABLE notes"})
    facts = case.good(case.do(DRIVER, step, "01-m"))
    assert (facts["applied"], facts["already"]) == ("yes", "no")
    assert case.sql("SELECT text FROM notes") == "it's; $x$"
    assert case.good(case.do(DRIVER, step, "01-m"))["already"] == "yes"
    assert isinstance(case.settle(DRIVER, step.action, "01-m"), Evidence)
    assert case.preview(DRIVER, step.action, "01-m").changes is False
    assert case.good(case.undo(DRIVER, step, "01-m"))["undone"] == "yes"
    assert case.sql("SELECT to_regclass('notes')") == ""
    assert case.good(case.undo(DRIVER, step, "01-m"))["undone"] == "no"
    assert case.not_done(step, "01-m")


def test_an_expand_stays_on_the_way_back(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD})
    case.good(case.do(DRIVER, step, "01-m"))
    assert case.good(case.undo(DRIVER, step, "01-m"))["kept"] == "done"
    assert case.sql("SELECT count(*) FROM notes") == "1"


def test_what_an_earlier_run_applied_is_neither_applied_nor_taken_back(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD, "1.down.sql": "DROP TABLE notes"})
    case.good(case.do(DRIVER, step, "01-m"))
    case.run = "r2"
    facts = case.good(case.do(DRIVER, step, "01-m"))
    assert (facts["applied"], facts["already"]) == ("no", "yes")
    assert case.good(case.undo(DRIVER, step, "01-m"))["undone"] == "no"
    assert case.sql("SELECT count(*) FROM notes") == "1"


def test_a_file_that_changed_is_refused(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD})
    case.good(case.do(DRIVER, step, "01-m"))
    (other,) = case.steps({"1.sql": ADD + "-- more"})
    assert case.bad(case.do(DRIVER, other, "01-m")).code == "migrate.postgres.changed"
    assert "changed since" in case.preview(DRIVER, other.action, "01-m").text


def test_a_refusal_names_its_line_and_leaves_nothing(case: Case) -> None:
    (step,) = case.steps({"1.sql": f"{ADD}\nINSERT INTO notes\n  VALUES (1, 'again');"})
    failure = case.bad(case.do(DRIVER, step, "01-m"))
    assert (failure.code, failure.kind) == ("migrate.postgres.sql", FailureKind.REFUSED)
    assert (failure.fields["sqlstate"], failure.fields["line"]) == ("23505", "5")
    assert case.sql("SELECT to_regclass('notes')") == ""
    assert case.applied() == ""
    assert case.not_done(step, "01-m")
    assert not list(case.state.glob(".liftlock-*"))  # nor its text on the host, which may hold people's data


def test_what_psql_says_is_not_taken_for_facts(case: Case) -> None:
    text = "DO $$ BEGIN RAISE NOTICE E'x\\n@applied=no\\n@failed=changed'; END $$; SELECT E'@applied=no';"
    (step,) = case.steps({"1.sql": text})
    result = case.do(DRIVER, step, "01-m")
    assert isinstance(result, Evidence)
    assert result.facts["applied"] == "yes"
    assert "@failed=changed" in result.output


def test_a_lock_is_tried_for_a_bounded_time_and_its_holder_is_named(case: Case) -> None:
    (step,) = case.steps({"1.sql": "ALTER TABLE orders ADD note text;"}, lock_attempts=2)
    session = case.cluster.session(case.database)
    session.ask("BEGIN; SELECT * FROM orders")
    failure = case.bad(case.do(DRIVER, step, "01-m"))
    assert (failure.code, failure.kind) == ("migrate.postgres.locked", FailureKind.TRANSIENT)
    assert "SELECT * FROM orders" in failure.output
    session.close()
    assert case.good(case.do(DRIVER, step, "01-m"))["tries"] == "1"


def test_a_statement_that_takes_too_long_is_stopped(case: Case) -> None:
    (step,) = case.steps({"1.sql": "SELECT pg_sleep(60);"}, statement_timeout_s=0.2)
    failure = case.bad(case.do(DRIVER, step, "01-m"))
    assert (failure.code, failure.kind) == ("migrate.postgres.slow", FailureKind.TIMEOUT)


def test_a_server_that_is_not_there(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD}, port=5498)
    failure = case.bad(case.do(DRIVER, step, "01-m"))
    assert (failure.code, failure.kind) == ("migrate.postgres.connection", FailureKind.TRANSIENT)
    (step,) = case.steps({"1.sql": ADD}, postgres="no 'such\\ one")
    assert case.bad(case.do(DRIVER, step, "01-m")).code == "migrate.postgres.connection"


def clients(case: Case) -> list[int]:
    """The psql processes of our steps on this database."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"/psql") and any(str(case.cluster.socket).encode() in word for word in words):
                found.append(int(entry.name))
    return found


def meanwhile(work: Callable[[], Any], case: Case, query: str, then: Callable[[], None]) -> Any:
    """Do `then` while the server is at the work's statement."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(work()))
    thread.start()
    end = time.monotonic() + 20
    while case.sql(f"SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '{query}%'") == "0":
        assert time.monotonic() < end
    then()
    thread.join()
    return answers[0]


def kill(case: Case) -> None:
    for pid in clients(case):
        os.kill(pid, signal.SIGKILL)


def test_psql_killed_in_the_middle_leaves_nothing_and_the_probe_says_so(case: Case) -> None:
    (step,) = case.steps({"1.sql": f"{ADD} SELECT pg_sleep(2);"})
    failure = meanwhile(lambda: case.do(DRIVER, step, "01-m"), case, "SELECT pg_sleep", lambda: kill(case))
    assert isinstance(failure, Failure)
    assert case.not_done(step, "01-m")  # the backend's orphan was waited for
    assert case.applied() == ""
    (step,) = case.steps({"1.sql": ADD})
    assert case.good(case.do(DRIVER, step, "01-m"))["applied"] == "yes"


def test_a_commit_whose_answer_was_lost_is_found(case: Case) -> None:
    (step,) = case.steps({"1.sql": ADD})
    case.good(case.do(DRIVER, step, "01-m"))
    found = case.settle(DRIVER, step.action, "01-m")
    assert isinstance(found, Evidence)
    assert found.facts["applied"] == "yes"
    again = case.good(case.do(DRIVER, step, "01-m"))
    assert (again["applied"], again["already"]) == ("yes", "yes")


def test_an_index_built_outside_of_a_transaction(case: Case) -> None:
    texts = {"1.sql": "CREATE INDEX CONCURRENTLY orders_total ON orders (total);"}
    texts["1.down.sql"] = "DROP INDEX CONCURRENTLY orders_total;"
    (step,) = case.steps(texts)
    facts = case.good(case.do(DRIVER, step, "01-m"))
    assert facts["applied"] == "yes"
    assert isinstance(case.settle(DRIVER, step.action, "01-m"), Evidence)
    assert case.good(case.undo(DRIVER, step, "01-m"))["undone"] == "yes"
    assert case.sql("SELECT to_regclass('orders_total')") == ""


def test_an_invalid_index_left_behind_is_dropped_before_the_next_try(case: Case) -> None:
    (step,) = case.steps({"1.sql": "CREATE INDEX CONCURRENTLY orders_total ON orders (total);"}, lock_attempts=1)
    session = case.cluster.session(case.database)
    session.ask("BEGIN; UPDATE orders SET total = 0 WHERE id = 1")
    assert case.bad(case.do(DRIVER, step, "01-m")).code == "migrate.postgres.locked"
    assert case.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_total'::regclass") == "f"
    assert case.applied() == "1.sql begun"
    assert case.not_done(step, "01-m")
    session.close()
    facts = case.good(case.do(DRIVER, step, "01-m"))
    assert facts["dropped_invalid"] == "public.orders_total"
    assert case.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'orders_total'::regclass") == "t"
    assert case.applied() == "1.sql done"


def test_an_index_that_was_built_when_its_mark_was_not_made_is_found(case: Case) -> None:
    (step,) = case.steps({"1.sql": "CREATE INDEX CONCURRENTLY orders_total ON orders (total);"})
    case.good(case.do(DRIVER, step, "01-m"))
    case.sql("UPDATE liftlock.migrations SET state = 'begun'")
    assert isinstance(case.settle(DRIVER, step.action, "01-m"), Evidence)
    assert case.good(case.do(DRIVER, step, "01-m"))["applied"] == "yes"
    assert case.applied() == "1.sql done"
    case.sql("TRUNCATE liftlock.migrations")
    assert case.bad(case.do(DRIVER, step, "01-m")).code == "migrate.postgres.index_there"


def test_objects_belong_to_the_role_that_the_plan_names(case: Case) -> None:
    case.sql("CREATE ROLE orders_owner; GRANT ALL ON SCHEMA public TO orders_owner")
    (step,) = case.steps({"1.sql": ADD}, role="orders_owner")
    case.good(case.do(DRIVER, step, "01-m"))
    assert case.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'notes'") == "orders_owner"
    assert case.sql("SELECT by FROM liftlock.migrations") == case.sql("SELECT session_user")


FLYWAY = """CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),
 description varchar(200) NOT NULL, type varchar(20) NOT NULL, script varchar(1000) NOT NULL, checksum int,
 installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL,
 success bool NOT NULL);
INSERT INTO flyway_schema_history VALUES (1, '1', 'first', 'SQL', 'V1__first.sql', -390611389, 'x', now(), 1, true)"""


def test_flyways_folder_and_its_history(case: Case) -> None:
    case.sql(FLYWAY)
    texts = {"V1__first.sql": "a", "V2__add_notes.sql": ADD, "U2__add_notes.sql": "DROP TABLE notes;"}
    texts["V1__first.sql"] = "a"  # the text whose CRC-32 the history holds; it is never sent
    item = case.item(folder="", flyway="db")
    _, first, second = DRIVER.expand(item, case.setting(**{f"db/{name}": text for name, text in texts.items()}))
    assert case.good(case.do(DRIVER, first, "01-m"))["already"] == "flyway"
    assert case.good(case.do(DRIVER, second, "02-m"))["applied"] == "yes"
    row = "SELECT installed_rank, version, description, checksum IS NOT NULL, success FROM flyway_schema_history"
    assert case.sql(f"{row} WHERE script LIKE 'V2%'") == "2|2|add notes|t|t"
    case.good(case.undo(DRIVER, second, "02-m"))
    assert case.sql("SELECT count(*) FROM flyway_schema_history") == "1"
    changed = DRIVER.expand(item, case.setting(**{"db/V1__first.sql": "b"}))[1]
    assert case.bad(case.do(DRIVER, changed, "01-m")).code == "migrate.postgres.changed"


def test_a_repeatable_runs_again_when_it_changed(case: Case) -> None:
    for text, already in (("1", "no"), ("1", "yes"), ("2", "no")):
        body = {"db/R__v.sql": f"CREATE OR REPLACE VIEW v AS SELECT {text} AS n;"}
        _, step = DRIVER.expand(case.item(folder="", flyway="db"), case.setting(**body))
        assert case.good(case.do(DRIVER, step, "01-m"))["already"] == already
        assert case.sql("SELECT n FROM v") == text


def test_a_dry_run_tries_all_and_changes_nothing(case: Case) -> None:
    texts = {"1.sql": ADD, "2.sql": "ALTER TABLE orders ADD note int REFERENCES notes (id);"}
    dry, *steps = case.steps(texts | {"3.sql": "CREATE INDEX CONCURRENTLY i ON orders (id);"}, dry_run=True)
    assert dry.action.kind is Kind.PRECHECK
    case.good(case.do(DRIVER, steps[0], "01-m"))
    facts = case.good(case.do(DRIVER, dry, "00-dry"))
    assert (facts["pending"], facts["not_possible"]) == ("2.sql", "3.sql")
    assert "AccessExclusiveLock orders" in facts["locks"]
    assert int(facts["held_ms"]) >= 0
    assert case.applied() == "1.sql done"
    shown = case.preview(DRIVER, dry.action, "00-dry")
    assert "not tried, cannot be rolled back: 3.sql" in shown.text


def test_a_dry_run_that_fails_names_the_file_and_its_line(case: Case) -> None:
    dry, *_ = case.steps({"1.sql": ADD, "2.sql": "\nALTER TABLE nowhere ADD n int;"}, dry_run=True)
    failure = case.bad(case.do(DRIVER, dry, "00-dry"))
    assert (failure.code, failure.fields["line"]) == ("migrate.postgres.sql", "2")
    assert "file 2.sql" in failure.output
    assert case.sql("SELECT to_regclass('notes')") == ""


def test_two_at_once_apply_it_once(case: Case, tmp_path_factory: pytest.TempPathFactory) -> None:
    (step,) = case.steps({"1.sql": f"{ADD} SELECT pg_sleep(0.5);"}, lock_timeout_s=10.0)
    other = Bench(tmp_path_factory.mktemp("other"), run="r2")
    case.good(case.do(DRIVER, case.steps({"0.sql": "SELECT 1"})[0], "00-m"))  # the table is there
    answers: list[Any] = []
    second = threading.Thread(target=lambda: answers.append(other.do(DRIVER, step, "01-m")))
    first = meanwhile(lambda: case.do(DRIVER, step, "01-m"), case, "SELECT pg_sleep", second.start)
    second.join()
    assert case.good(first)["already"] == "no"
    assert other.good(answers[0])["already"] == "yes"
    assert case.sql("SELECT count(*) FROM notes") == "1"


def test_facts_of_a_server(case: Case) -> None:
    look = DRIVER.inquire(case.item(), case.setting())
    assert look is not None
    facts = case.good(case.do(DRIVER, look, "00-look"))
    assert (facts["role"], facts["wal_level"], facts["checksums"]) == ("primary", "logical", "off")
    assert facts["version"].split(".")[0] == facts["installed"].split(".")[0]
    assert facts["version"] in case.sql("SELECT version()")
    assert facts["cluster"] == case.sql("SELECT system_identifier FROM pg_control_system()")
    assert facts["data_directory"] == str(case.cluster.data)
    assert facts["extensions"].startswith("plpgsql 1.")
    assert "postgres " in facts["sizes"]
    assert len(facts) < 60


def test_work_does_not_begin_beside_a_transaction_that_is_open_for_long(case: Case) -> None:
    item = case.item(long_transaction_s=0.6)
    ready = DRIVER.expand(item, case.setting(**{"db/1.sql": ADD}))[0]
    session = case.cluster.session(case.database)
    session.ask("BEGIN; SELECT pg_sleep(1.1)")
    failure = case.bad(case.do(DRIVER, ready, "00-ready"))
    assert (failure.code, failure.kind) == ("migrate.postgres.long", FailureKind.TRANSIENT)
    assert "idle in transaction" in str(failure.fields["holder"])
    session.close()
    assert case.good(case.do(DRIVER, ready, "00-ready"))["longest_transaction_s"] == "0"


def test_debians_name_of_a_cluster_says_its_port_and_programs(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = f"15 main {case.cluster.port} online postgres {case.cluster.data} /var/log/x.log"
    (tmp_path / "pg_lsclusters").write_text(f"#!/bin/sh\necho '14 old 5 down postgres /x /y'\necho '{listing}'\n")
    (tmp_path / "pg_lsclusters").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (step,) = case.steps({"1.sql": ADD}, cluster="15/main", port="", bin=str(BIN))
    assert case.good(case.do(DRIVER, step, "01-m"))["name"] == "1.sql"
    assert case.applied() == "1.sql done"
    (step,) = case.steps({"1.sql": ADD}, cluster="15/other")
    assert case.bad(case.do(DRIVER, step, "02-m")).fields == {"cluster": "15/other"}


def test_a_role_with_few_rights_and_a_password(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its schema was made by somebody else; the password is in the environment and nowhere else."""
    hba = case.cluster.data / "pg_hba.conf"
    hba.write_text("local all orders_app scram-sha-256\n" + hba.read_text())
    case.sql("CREATE ROLE orders_app LOGIN PASSWORD 'wolf' NOCREATEDB; REVOKE CREATE ON DATABASE postgres FROM PUBLIC")
    case.sql("CREATE SCHEMA liftlock AUTHORIZATION orders_app; GRANT ALL ON SCHEMA public TO orders_app")
    case.sql("SELECT pg_reload_conf()")
    told = {"user": "orders_app", "password": Secret("env:ORDERS_DB"), "as_": None}
    monkeypatch.setenv("ORDERS_DB", "bear")
    (step,) = case.steps({"1.sql": ADD}, **told)
    assert case.bad(case.do(DRIVER, step, "01-m")).code == "migrate.postgres.connection"
    monkeypatch.setenv("ORDERS_DB", "wolf")
    result = case.do(DRIVER, step, "01-m")
    assert isinstance(result, Evidence), result
    assert case.sql("SELECT by FROM liftlock.migrations") == "orders_app"
    assert "wolf" not in f"{result} {step}"
    ready = DRIVER.inquire(case.item(**told), case.setting())
    assert ready is not None
    facts = case.good(case.do(DRIVER, ready, "00-look"))
    assert "data_directory" not in facts
    assert facts["role"] == "primary"
