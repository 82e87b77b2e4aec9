# What ran once in a database is written there: liftlock_migrations, a row a statement.
# database component name run key count
: "${database:?}" "${component:?}" "${name:?}" "${count:?}"

# quoted text: a string of SQL, whatever sql_mode says of backslashes
quoted() {
  printf "X'%s'" "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')"
}

# mark_ask sql [argument]...: an answer of the database; $mine is a condition for this file's rows
mark_ask() {
  my_ask "$@" "$database"
}

mine="component = $(quoted "$component") AND name = $(quoted "$name")"
# shellcheck disable=SC2034 # the way back asks
ours="run = $(quoted "${run:?}") AND step = $(quoted "${key:?}")"
lock="liftlock:$(printf '%s' "$database $component $name" | sha256sum | cut -c 1-48)"

# marks_there: is the table?
marks_there() {
  there=$(mark_ask "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()
    AND table_name = 'liftlock_migrations'") || exit
  [ "$there" = 1 ]
}

marks_ready() {
  marks_there || mark_ask "CREATE TABLE IF NOT EXISTS liftlock_migrations (component VARBINARY(200) NOT NULL,
    name VARBINARY(200) NOT NULL, place INT NOT NULL, checksum CHAR(64) NOT NULL, state VARCHAR(8) NOT NULL,
    form CHAR(32) NOT NULL, run VARBINARY(200) NOT NULL, step VARBINARY(64) NOT NULL,
    began TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (component, name, place)) ENGINE=InnoDB"
}

# form: a digest of the whole schema, but for our own table
form() {
  formed=$(mark_ask "SELECT table_name, table_type, engine, table_collation, create_options, table_comment
      FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name <> 'liftlock_migrations' ORDER BY 1;
    SELECT table_name, column_name, ordinal_position, column_type, is_nullable, column_default, extra, collation_name,
      column_comment FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name <> 'liftlock_migrations' ORDER BY 1, 3;
    SELECT table_name, index_name, seq_in_index, column_name, non_unique, sub_part FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name <> 'liftlock_migrations' ORDER BY 1, 2, 3;
    SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints
      WHERE table_schema = DATABASE() AND table_name <> 'liftlock_migrations' ORDER BY 1, 2;
    SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1;
    SELECT routine_name, routine_type, routine_definition, last_altered FROM information_schema.routines
      WHERE routine_schema = DATABASE() ORDER BY 1, 2;
    SELECT trigger_name, action_timing, event_manipulation, action_statement FROM information_schema.triggers
      WHERE trigger_schema = DATABASE() ORDER BY 1;
    SELECT event_name, event_definition, interval_value, interval_field, status FROM information_schema.events
      WHERE event_schema = DATABASE() ORDER BY 1") || exit
  printf '%s\n' "$formed" | md5sum | cut -c 1-32
}

# marks_done: how many of the file's statements are done
marks_done() {
  if marks_there; then mark_ask "SELECT COUNT(*) FROM liftlock_migrations WHERE $mine AND place >= 0 AND state = 'done'"; else echo 0; fi
}
