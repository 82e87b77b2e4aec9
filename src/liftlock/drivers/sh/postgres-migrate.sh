# Apply a migration once: its SQL and its mark in one transaction, or, where that cannot be, with a look at its effect.
# what

marking="WITH made AS (
  INSERT INTO liftlock.migrations AS m (component, name, class, checksum, state, run, step)
  VALUES (:'component', :'name', :'class', :'checksum', 'done', :'run', :'step')
  ON CONFLICT (component, name) DO UPDATE SET checksum = excluded.checksum, class = excluded.class, run = excluded.run,
    step = excluded.step, began = excluded.began, by = excluded.by
    WHERE :repeatable AND m.checksum <> excluded.checksum
  RETURNING 1
) SELECT count(*) = 1 AS ll_mine FROM made \\gset
\\if :ll_mine
\\else
\\echo raced
ROLLBACK;
\\quit
\\endif"

# a history that Flyway keeps is kept on: what it would say of the same file
ending="\\o
SELECT to_regclass('flyway_schema_history') IS NOT NULL AND :'crc' <> '' AS ll_flyway \\gset
\\if :ll_flyway
INSERT INTO flyway_schema_history
  (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
SELECT coalesce(max(installed_rank), 0) + 1, nullif(:'version', ''), :'title', 'SQL', :'name', :'crc'::int, session_user,
  extract(milliseconds FROM clock_timestamp() - now())::int, true FROM flyway_schema_history;
\\endif
UPDATE liftlock.migrations SET done = clock_timestamp() WHERE component = :'component' AND name = :'name';"

# together: the file and its mark, at once or not at all
together() {
  framed "$marking" "$ending" >"$state/.liftlock-sql-$key" || fail state
  told <"$state/.liftlock-sql-$key"
}

# alone: what an earlier attempt left half made goes first; the mark says `begun` until the effect is seen
alone() {
  pg_settled "$database" 30 || fail busy
  index_state
  [ "$mark_state/$what/$index_found" != none/create/valid ] || fail index_there index "$index_full"
  mark_ask "INSERT INTO liftlock.migrations (component, name, class, checksum, state, run, step)
    VALUES (:'component', :'name', '$class', '$checksum', 'begun', :'run', :'step')
    ON CONFLICT (component, name) DO UPDATE SET checksum = excluded.checksum, run = excluded.run, step = excluded.step"
  mark_state=begun
  if [ "$what/$index_found" = create/invalid ]; then
    pg_ask "$database" "SET lock_timeout = '$lock'; DROP INDEX CONCURRENTLY IF EXISTS $index_full"
    say dropped_invalid "$index_full"
  fi
  alone_done || bare || return
  case $what in
    create | drop) alone_done || fail no_effect index "$index" ;;
  esac
  mark_ask "UPDATE liftlock.migrations SET state = 'done', done = clock_timestamp()
    WHERE component = :'component' AND name = :'name'"
}

# known: done already, by this step or before it; or done from another text
known() {
  mark_read
  [ "$mark_state" != none ] || flyway_known
  [ "$mark_state" = 'done' ] || return 0
  if [ "$mark_checksum" = "$checksum" ]; then
    say applied "$mark_ours"
    say already yes
    said
    exit 0
  fi
  [ "$repeatable" = true ] || fail changed file "$name" applied "$mark_checksum" given "$checksum"
}

# what Flyway itself applied before is not applied again, if it is the same file
flyway_known() {
  [ -n "$crc" ] || return 0
  flyway=$(pg_ask "$database" "SELECT to_regclass('flyway_schema_history') IS NOT NULL") || exit
  [ "$flyway" = t ] || return 0
  flyway=$(mark_ask "SELECT checksum FROM flyway_schema_history WHERE script = :'name' AND success AND type = 'SQL'
    ORDER BY installed_rank DESC LIMIT 1") || exit
  [ -n "$flyway" ] || return 0
  if [ "$flyway" != "$crc" ]; then
    [ "$repeatable" = true ] || fail changed file "$name" applied "$flyway" given "$crc"
    return 0
  fi
  say applied no
  say already flyway
  said
  exit 0
}

said() {
  say name "$name"
  say class "$class"
  say checksum "$checksum"
}

mark_ready
known
if [ -n "$what" ]; then attempt alone; else attempt together; fi
! grep -q '^raced$' "$out" 2>/dev/null || known
mark_read
[ "$mark_state/$mark_checksum/$mark_ours" = "done/$checksum/yes" ] || fail unmarked
say applied yes
say already no
said
say tries "$tried"
