# What ran once in a database is written there, in the transaction that did it: liftlock.migrations, a row a file.
# database component name run key
: "${database:?}" "${component:?}" "${name:?}" "${run:?}"

# mark_ask sql: an answer about this file's row
mark_ask() {
  pg_ask "$database" "$1" -v component="$component" -v name="$name" -v run="$run" -v step="$key"
}

# mark_ready: make the table, if it is not there
mark_ready() {
  mark_table=$(pg_ask "$database" "SELECT to_regclass('liftlock.migrations') IS NOT NULL") || exit
  [ "$mark_table" = t ] || pg_ask "$database" "SET client_min_messages = warning;
    BEGIN;
    SELECT pg_advisory_xact_lock(7152713);
    SELECT to_regnamespace('liftlock') IS NULL AS ll_new \\gset
    \\if :ll_new
    CREATE SCHEMA liftlock;
    \\endif
    CREATE TABLE IF NOT EXISTS liftlock.migrations (
      component text NOT NULL, name text NOT NULL, class text NOT NULL, checksum text NOT NULL, state text NOT NULL,
      run text NOT NULL, step text NOT NULL, began timestamptz NOT NULL DEFAULT clock_timestamp(), done timestamptz,
      by text NOT NULL DEFAULT session_user, PRIMARY KEY (component, name));
    COMMIT;" >/dev/null
}

# mark_read: mark_state (none, begun, done), mark_checksum, mark_ours (yes: made by this step of this run)
mark_read() {
  mark_table=$(pg_ask "$database" "SELECT to_regclass('liftlock.migrations') IS NOT NULL") || exit
  mark_row=''
  if [ "$mark_table" = t ]; then
    mark_row=$(mark_ask "SELECT state || ' ' || checksum || ' ' ||
      CASE WHEN run = :'run' AND step = :'step' THEN 'yes' ELSE 'no' END
      FROM liftlock.migrations WHERE component = :'component' AND name = :'name'") || exit
  fi
  # shellcheck disable=SC2034 # not everybody needs all three
  read -r mark_state mark_checksum mark_ours <<END
${mark_row:-none - no}
END
}
