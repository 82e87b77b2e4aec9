"""SQL as text: statements end where PostgreSQL ends them, comments and strings fool nobody, effects are found."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.drivers.sql import Unreadable, name_at, statements, tokens
from liftlock.drivers.sql_effects import effects

EVIL = "DROP TABLE orders; DELETE FROM orders;"
SPLITS = [
    ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
    ("SELECT 1;;;", ["SELECT 1"]),
    ("-- only a comment; here", []),
    ("SELECT ';' ; SELECT 2", ["SELECT ';'", "SELECT 2"]),
    ("SELECT E'\\';' ; SELECT 2", ["SELECT E'\\';'", "SELECT 2"]),
    ("SELECT '\\'; SELECT 2", ["SELECT '\\'", "SELECT 2"]),
    ('SELECT "a;b"";" ; SELECT 2', ['SELECT "a;b"";"', "SELECT 2"]),
    ("SELECT $$;$$; SELECT $a$;$$;$a$", ["SELECT $$;$$", "SELECT $a$;$$;$a$"]),
    ("SELECT a$b$c; SELECT 2", ["SELECT a$b$c", "SELECT 2"]),
    ("SELECT /* ; /* ; */ ; */ 1; SELECT 2", ["SELECT /* ; /* ; */ ; */ 1", "SELECT 2"]),
    ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3", None),
    (
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3",
        [
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
            "SELECT 3",
        ],
    ),
    ("SELECT $1 + 2", ["SELECT $1 + 2"]),
    ("SELECT 'it''s'", ["SELECT 'it''s'"]),
]
UNREADABLE = ["SELECT 'x", 'SELECT "x', "SELECT $$x", "SELECT $a$ x $$", "/* /* */", "\n\nSELECT E'\\'"]
EFFECTS = [
    ("CREATE TABLE t (id int NOT NULL PRIMARY KEY, note text UNIQUE)", []),
    ("CREATE TABLE t (id int); CREATE INDEX i ON t (id); ALTER TABLE t ADD b int NOT NULL; UPDATE t SET b = 1", []),
    ("ALTER TABLE t ADD COLUMN note text", []),
    ("ALTER TABLE t ADD COLUMN n int NOT NULL DEFAULT 0", []),
    ("ALTER TABLE t ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY NOT NULL", []),
    ("CREATE INDEX CONCURRENTLY i ON t (id)", []),
    ("CREATE VIEW v AS SELECT 1", []),
    ("INSERT INTO t VALUES (1)", []),
    ("COMMENT ON TABLE t IS 'DROP TABLE x'", []),
    ("GRANT SELECT ON t TO r", []),
    ("ALTER TYPE mood ADD VALUE 'sad'", []),
    ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", []),
    ("DROP INDEX i", []),
    ("ALTER TABLE t ADD n int NOT NULL", ["add_not_null"]),
    ("ALTER TABLE t DROP COLUMN n", ["drop_column"]),
    ("ALTER TABLE ONLY s.t DROP n CASCADE", ["drop_column"]),
    ('ALTER TABLE IF EXISTS "S"."drop column" DROP IF EXISTS "n"', ["drop_column"]),
    ("ALTER TABLE t DROP CONSTRAINT c", []),
    ("ALTER TABLE t ALTER n TYPE bigint", ["retype"]),
    ("ALTER TABLE t ALTER COLUMN n SET DATA TYPE bigint USING n::bigint", ["retype"]),
    ("ALTER TABLE t ALTER n SET NOT NULL, ADD b int", ["not_null"]),
    ("ALTER TABLE t RENAME TO u", ["rename"]),
    ("ALTER TABLE t RENAME n TO m", ["rename"]),
    ("ALTER INDEX i RENAME TO j", ["rename"]),
    ("ALTER TABLE t ADD b int, DROP c, ALTER d SET DEFAULT 1", ["drop_column", "default"]),
    ("ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES b (id)", ["constraint"]),
    ("ALTER TABLE t ADD COLUMN u uuid DEFAULT gen_random_uuid()", ["rewrites"]),
    ("CREATE INDEX i ON t (id)", ["index_blocks"]),
    ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (id)", ["constraint"]),
    ("DROP TABLE t", ["drop"]),
    ("DROP VIEW v", ["drop"]),
    ("TRUNCATE t", ["truncate"]),
    ("DELETE FROM t", ["delete_all"]),
    ("DELETE FROM t WHERE id = 1", ["delete"]),
    ("UPDATE t SET a = 1", ["update_all"]),
    ("UPDATE t SET a = ' WHERE '", ["update_all"]),
    ("UPDATE t SET a = 1 WHERE b", ["update"]),
    ("WITH x AS (DELETE FROM t WHERE a RETURNING *) INSERT INTO u SELECT * FROM x", ["delete"]),
    ("INSERT INTO t VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1", ["update"]),
    ("REVOKE ALL ON t FROM r", ["revoke"]),
    ("DO $$ BEGIN DROP TABLE t; END $$", ["opaque"]),
    ("CALL p()", ["opaque"]),
    ("SELECT f()", ["opaque"]),
    ("EXPLAIN ANALYZE DELETE FROM t", ["opaque"]),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", ["replaces"]),
    ("VACUUM FULL t", ["rewrites"]),
    ("LOCK TABLE t", ["locks"]),
]


@pytest.mark.parametrize(("text", "parts"), SPLITS, ids=[text[:30] for text, _ in SPLITS])
def test_statements_end_where_they_end(text: str, parts: list[str] | None) -> None:
    found = [one.text for one in statements(text)]
    if parts is None:
        assert len(found) == 2
    else:
        assert found == parts


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_does_not_end_is_said_with_its_line(text: str) -> None:
    with pytest.raises(Unreadable) as seen:
        statements(text)
    assert seen.value.line == text.count("\n") + 1


@pytest.mark.parametrize(("text", "codes"), EFFECTS, ids=[text[:50] for text, _ in EFFECTS])
def test_effects(text: str, codes: list[str]) -> None:
    found = [effect.code for effect in effects(text)]
    assert found == codes
    assert [each.code for each in effects(text.replace(" ", " /* DROP TABLE x; */\n"))] == codes
    assert [each.code for each in effects(text.lower() if "'" not in text and '"' not in text else text)] == codes


def test_lines_and_names() -> None:
    found = effects("-- one\nSELECT 1;\n\n  DROP TABLE t;\nALTER TABLE t\n  DROP a;")
    assert [(each.code, each.line) for each in found] == [("drop", 4), ("drop_column", 5)]
    one = statements('CREATE INDEX CONCURRENTLY Idx ON "S".T (a)')[0]
    assert (name_at(one.tokens, 3), name_at(one.tokens, 5)) == ('"idx"', '"S"."t"')


@given(st.text(alphabet=st.sampled_from("'\"$/*-;\\()aE\n \tDROP"), max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = list(tokens(text))
        statements(text)
        effects(text)
    except Unreadable:
        return
    assert all(a.end <= b.start for a, b in pairwise(read))
    assert all(text[token.start : token.end].upper() == token.text.upper() for token in read)


@given(st.text(max_size=30))
def test_what_is_quoted_is_no_program(text: str) -> None:
    hidden = EVIL + text
    inside = [
        "'" + hidden.replace("'", "''") + "'",
        "$liftlock$" + hidden.replace("$", "") + "$liftlock$",
        "/*" + hidden.replace("*", "").replace("/", "") + "*/ 1",
        "1 --" + hidden.replace("\n", "").replace("\r", "") + "\n",
        '"' + hidden.replace('"', '""') + '"',
    ]
    for quoted in inside:
        assert effects(f"INSERT INTO t SELECT {quoted}") == ()
        assert len(statements(f"SELECT {quoted}; SELECT 2")) == 2
