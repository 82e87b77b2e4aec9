# Dump databases in one snapshot, with a list of what is in them before and after: a table that was written to meanwhile
# is known by that. Nothing is called a backup before it is whole.
# run databases set to locks
: "${set:?}" "${run:?}" "${locks:?}"
to=${to:-$state/backups}
work=$to/.liftlock-$set.$run.$key
count=1
my_dump=$(my_program mariadb-dump mysqldump) || exit

# there: every database is
there() {
  printf '%s\n' "$databases" | while IFS= read -r database; do
    quoted=$(printf '%s' "$database" | sed "s/\\\\/\\\\\\\\/g; s/'/''/g")
    found=$(my_ask "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '$quoted'") || exit
    [ "$found" = 1 ] || {
      fail missing database "$database" >&9
    }
  done || exit
}

# alike: can one snapshot hold all tables? Those of other engines only behind locks
alike() {
  others=$(my_ask "SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND engine NOT IN ('InnoDB', 'ROCKSDB') AND table_schema IN ($(my_in))
    ORDER BY 1 LIMIT 3") || exit
  [ -z "$others" ] || [ "$locks" = yes ] || fail mixed tables "$(printf '%s' "$others" | paste -s -d , -)"
}

# enough: compressed, the dump is smaller than the tables
enough() {
  need_kb=$(my_ask "SELECT COALESCE(CEIL(SUM(data_length) / 2048), 0) FROM information_schema.tables
    WHERE table_schema IN ($(my_in))") || exit
  free_kb=$(df -P -k "$to" | tail -n 1 | while read -r _ _ _ free _; do printf '%s' "$free"; done)
  [ "$free_kb" -gt "$need_kb" ] || fail space need_kb "$need_kb" free_kb "$free_kb"
}

# dump database...: what fails is told by a file, since the dump is the first half of a pipe
dump() {
  snapshot=--single-transaction
  [ "$locks" != yes ] || snapshot=--lock-all-tables
  {
    my_run "$my_dump" "--defaults-extra-file=$my_options" "$snapshot" --quick --routines --events --triggers --hex-blob \
      --default-character-set=utf8mb4 --databases "$@" 2>"$my_said" || : >"$work.failed"
  } | gzip -c >"$work.sql.gz" || fail write path "$work.sql.gz"
  [ ! -e "$work.failed" ] || my_failed "$my_said"
  gzip -dc "$work.sql.gz" | tail -n 1 | grep -q '^-- Dump completed' || fail write path "$work.sql.gz"
}

dump_all() {
  set --
  while IFS= read -r database; do
    set -- "$@" "$database"
  done <<END
$databases
END
  dump "$@"
}

listed() {
  listing my_client 2>"$my_said" >"$work.unsorted" || my_failed "$my_said"
  sort "$work.unsorted" >"$work.$1"
}

mkdir -p "$to"
trap 'my_clean; rm -f "$work".*' EXIT
there
alike
enough
listed before
dump_all
listed after
forms "$work.before" >"$work.forms"
forms "$work.after" | cmp -s "$work.forms" - || fail altered
comm -12 "$work.before" "$work.after" >"$work.list"
tables=$(grep -c "^table$tab" "$work.list") || :
steady=$(grep -c -v -e "^[a-z]*$tab" "$work.list") || :
while [ -e "$to/$set.$run.$key-$count.list" ]; do count=$((count + 1)); done
id=$set.$run.$key-$count
digest=$(sha256sum <"$work.sql.gz")
list=$(sha256sum <"$work.list")
size=$(stat -c '%s' "$work.sql.gz")
cases=$(my_ask 'SELECT @@lower_case_table_names') || exit
version=$(my_ask 'SELECT VERSION()') || exit
mv -f "$work.list" "$to/$id.list"
mv -f "$work.sql.gz" "$to/$id.sql.gz"
say id "$id"
say path "$to/$id.sql.gz"
say sha256 "${digest%% *}"
say list "${list%% *}"
say size "$size"
say tables "$tables"
say steady "$steady"
say written_meanwhile "$((tables - steady))"
say version "$version"
say cases "$cases"
