# Take back what this step of this run applied, and only that: the down script and the mark, in one transaction.
# database component name text role lock statement attempts pause crc what index table

unmarking="WITH gone AS (
  DELETE FROM liftlock.migrations
  WHERE component = :'component' AND name = :'name' AND run = :'run' AND step = :'step' RETURNING 1
) SELECT count(*) = 1 AS ll_mine FROM gone \\gset
\\if :ll_mine
\\else
ROLLBACK;
\\quit
\\endif
SELECT to_regclass('flyway_schema_history') IS NOT NULL AND :'crc' <> '' AS ll_flyway \\gset
\\if :ll_flyway
DELETE FROM flyway_schema_history WHERE script = :'name' AND checksum = :'crc'::int AND type = 'SQL';
\\endif"

together() {
  framed "$unmarking" '' >"$state/.liftlock-sql-$key" || fail state
  told <"$state/.liftlock-sql-$key"
}

alone() {
  pg_settled "$database" 30 || fail busy
  alone_done || bare || return
  mark_ask "DELETE FROM liftlock.migrations WHERE component = :'component' AND name = :'name'
    AND run = :'run' AND step = :'step'"
}

mark_read
if [ "$mark_ours" != yes ]; then
  say undone no
  say name "$name"
  exit 0
fi
if [ -n "$what" ]; then attempt alone; else attempt together; fi
mark_read
[ "$mark_ours" = no ] || fail unmarked
say undone yes
say name "$name"
