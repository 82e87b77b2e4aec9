# What is in the databases: for each table its rows, its checksum and its form; and the names of what is no table.
# databases
: "${databases:?}"
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

# my_in: the databases as a list of SQL
my_in() {
  printf '%s\n' "$databases" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g; s/^/'/; s/\$/'/" | paste -s -d , -
}

# listing client [argument]...: a line an object (kind, name, form), and two a table (rows, checksum), in one snapshot
listing() {
  names=$(my_in)
  "$@" <<END || return
SET SESSION group_concat_max_len = 16777216;
SELECT 'table', CONCAT(t.table_schema, '.', t.table_name), MD5(CONCAT_WS('|', MAX(t.engine), MAX(t.table_collation),
  GROUP_CONCAT(CONCAT_WS(',', c.column_name, c.column_type, c.is_nullable, c.column_default, c.extra, c.collation_name)
    ORDER BY c.ordinal_position SEPARATOR ';'),
  (SELECT GROUP_CONCAT(CONCAT_WS(',', s.index_name, s.seq_in_index, s.column_name, s.non_unique)
    ORDER BY s.index_name, s.seq_in_index SEPARATOR ';') FROM information_schema.statistics s
    WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name)))
  FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
  WHERE t.table_type = 'BASE TABLE' AND t.table_schema IN ($names)
  GROUP BY t.table_schema, t.table_name ORDER BY t.table_schema, t.table_name;
SELECT 'view', CONCAT(table_schema, '.', table_name) FROM information_schema.views
  WHERE table_schema IN ($names) ORDER BY 2;
SELECT LOWER(routine_type), CONCAT(routine_schema, '.', routine_name), MD5(routine_definition)
  FROM information_schema.routines WHERE routine_schema IN ($names) ORDER BY 2, 1;
SELECT 'trigger', CONCAT(trigger_schema, '.', trigger_name), MD5(action_statement)
  FROM information_schema.triggers WHERE trigger_schema IN ($names) ORDER BY 2;
SELECT 'event', CONCAT(event_schema, '.', event_name), MD5(event_definition)
  FROM information_schema.events WHERE event_schema IN ($names) ORDER BY 2;
END
  counting=$("$@" --raw <<END
SELECT CONCAT('SELECT ''rows'', ', QUOTE(CONCAT(table_schema, '.', table_name)), ', COUNT(*) FROM \`',
  REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`; CHECKSUM TABLE \`',
  REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`;')
  FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ($names)
  ORDER BY table_schema, table_name;
END
) || return
  [ -z "$counting" ] || "$@" <<END
START TRANSACTION WITH CONSISTENT SNAPSHOT;
$counting
END
}

# forms list: its lines that say what there is and in what form, not how much is in it
forms() {
  grep -e "^table$tab" -e "^view$tab" -e "^procedure$tab" -e "^function$tab" -e "^trigger$tab" -e "^event$tab" "$1" || :
}

# sound file digest: is it the file that was written?
sound() {
  [ -f "$1" ] || fail none
  found=$(sha256sum <"$1")
  [ "${found%% *}" = "$2" ] || fail damaged path "$1" found "${found%% *}" expected "$2"
}

# as_listed list restored: everything is there in its form, and what nobody wrote to meanwhile holds the same rows
as_listed() {
  forms "$1" >"$2.forms"
  forms "$2" | diff "$2.forms" - | head -n 20 >"$2.other"
  comm -23 "$1" "$2" | head -n 20 >>"$2.other"
  [ -s "$2.other" ] || return 0
  cat "$2.other"
  return 1
}
