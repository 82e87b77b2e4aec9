"""MariaDB's SQL as text: where statements end, and what they break or lose."""

import pytest

from liftlock.drivers.sql import Unreadable
from liftlock.drivers.sql_mariadb import effects, is_rows, statements, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';', \"a;b\", `c;d`; -- x; y\nSELECT 2;", ["SELECT ';', \"a;b\", `c;d`", "SELECT 2"]),
        ("SELECT 'it\\'s;'; # one; two\nSELECT 1", ["SELECT 'it\\'s;'", "SELECT 1"]),
        ("SELECT 'it''s;' /* ; */; SELECT 1--1;", ["SELECT 'it''s;'", "SELECT 1--1"]),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\nDELIMITER ;\nSELECT 2;",
            ["CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 2"],
        ),
        ("delimiter $$\nSELECT 1$$ SELECT 2 $$\n", ["SELECT 1", "SELECT 2"]),
        ("CREATE TABLE t (a INT) COMMENT 'ü';\n\nSELECT 1", ["CREATE TABLE t (a INT) COMMENT 'ü'", "SELECT 1"]),
    ],
)
def test_statements_end_where_they_do(text: str, found: list[str]) -> None:
    assert [one.text for one in statements(text)] == found


def test_lines_are_counted_through_delimiters_and_strings() -> None:
    text = "SELECT 'a\nb';\nDELIMITER //\nSELECT 2//\nDELIMITER ;\n\nSELECT 3;"
    assert [one.line for one in statements(text)] == [1, 4, 7]


@pytest.mark.parametrize("text", ["SELECT 'a", 'SELECT "a', "SELECT `a", "SELECT 1 /* a"])
def test_what_does_not_end_is_said(text: str) -> None:
    with pytest.raises(Unreadable) as found:
        statements("SELECT 1;\n" + text)
    assert found.value.line == 2


@pytest.mark.parametrize("text", ["\\! rm x", "SELECT 1 \\G", "/*!50000 DROP TABLE t */", "/*M! DROP TABLE t */"])
def test_client_commands_and_version_comments_are_tokens_of_their_own(text: str) -> None:
    assert "psql" in [token.kind for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("CREATE TABLE `t` (a INT); CREATE INDEX i ON `t` (a); ALTER TABLE `t` DROP COLUMN a", []),
        ("ALTER TABLE t ADD COLUMN b INT NULL, ADD COLUMN c INT NOT NULL DEFAULT 0", []),
        ("ALTER TABLE t ADD COLUMN b INT NOT NULL", ["add_not_null"]),
        ("ALTER TABLE t DROP COLUMN b", ["drop_column"]),
        ("ALTER TABLE t DROP b, DROP INDEX i", ["drop_column", "constraint"]),
        ("ALTER TABLE t DROP INDEX i, DROP FOREIGN KEY f", ["constraint"]),
        ("ALTER TABLE t MODIFY b BIGINT", ["retype"]),
        ("ALTER TABLE t CHANGE b c INT", ["rename"]),
        ("ALTER TABLE `t` RENAME COLUMN `a` TO `b`", ["rename"]),
        ("ALTER TABLE t ENGINE=InnoDB", ["rewrites"]),
        ("RENAME TABLE a TO b", ["rename"]),
        ("DROP TABLE t", ["drop"]),
        ("DROP DATABASE d", ["drop"]),
        ("TRUNCATE t", ["truncate"]),
        ("DELETE FROM t", ["delete_all"]),
        ("UPDATE t SET a = 1 WHERE b = 2", ["update"]),
        ("REPLACE INTO t VALUES (1)", ["merge"]),
        ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2", ["merge"]),
        ("INSERT INTO t SELECT * FROM s", []),
        ("CALL p()", ["opaque"]),
        ("SELECT 'DROP TABLE t'", []),
    ],
)
def test_what_statements_do(text: str, codes: list[str]) -> None:
    assert [each.code for each in effects(statements(text))] == codes


def test_what_can_be_undone_with_its_transaction() -> None:
    found = statements(
        "INSERT INTO t VALUES (1); WITH a AS (SELECT 1) SELECT * FROM a; ALTER TABLE t ADD a INT; DROP TABLE t"
    )
    assert [is_rows(one) for one in found] == [True, True, False, False]
