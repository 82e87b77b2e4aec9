# Take a backup. Everything lies in one folder, which has its name only when it is complete.
# state run key databases form to set jobs rate check_rows
: "${databases:?}" "${form:?}" "${jobs:?}" "${rate?}" "${run:?}"
work=$to/.taking-$set
trap 'pg_run rm -rf "$work"; rm -f "$pg_said"' EXIT
trap 'exit 143' HUP INT TERM

# each name of a database, its number first: folders are numbered, since names may hold anything
listed() {
  if [ "$databases" = all ]; then
    pg_ask postgres "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname"
  else
    printf '%s\n' "$databases"
  fi
}

# wrote status words...: a program that writes the backup has failed
wrote() {
  pg_tell "$pg_said"
  fail write program "$1" path "$work"
}

sizes() {
  total=0
  while IFS= read -r one; do
    one=$(pg_ask postgres "SELECT coalesce((SELECT pg_database_size(oid) / 1024 FROM pg_database WHERE datname = :'one'), -1)" \
      -v one="$one") || exit
    [ "$one" -ge 0 ] || fail missing databases "$databases"
    total=$((total + one))
  done <<END
$names
END
}

# broken: why psql, or the pg_dump inside it, has failed
broken() {
  ! grep -q '^liftlock: pg_dump failed' "$pg_said" || wrote pg_dump
  pg_failed "$pg_said"
}

# dumped number database: the dump and what is compared, of one and the same snapshot
dumped() {
  pg_run mkdir "$work/$1"
  pg_psql "$2" -v place="$work/$1" -v bin="$pg_bin" -v to="$(pg_target "$2")" -v jobs="$jobs" 2>"$pg_said" <<END || broken
$check_same
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv LL_SNAPSHOT :snapshot
\\setenv LL_PLACE :place
\\setenv LL_BIN :bin
\\setenv LL_TO :to
\\setenv LL_JOBS :jobs
\\! "\${LL_BIN}pg_dump" -w -Fd -j "\$LL_JOBS" --snapshot="\$LL_SNAPSHOT" -f "\$LL_PLACE/dump" -d "\$LL_TO" || echo "liftlock: pg_dump failed" >&2
SELECT format('CREATE DATABASE :"name" TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L%s;',
  pg_encoding_to_char(encoding), datcollate, datctype, CASE WHEN to_jsonb(d) ->> 'datlocprovider' = 'i' THEN format(
  ' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')) ELSE '' END)
  FROM pg_database d WHERE datname = current_database() \\g :place/create
\\o :place/checks
$check_made
\\o :place/seen
\\i :place/checks
\\o
COMMIT;
END
  ! grep -q '^liftlock: pg_dump failed' "$pg_said" || broken
  printf '%s' "$2" | pg_run tee "$work/$1/name" >/dev/null
}

logical() {
  room "$to" "$total"
  pg_run "${pg_bin}pg_dumpall" -w --globals-only -d "$(pg_target postgres)" -f "$work/globals" 2>"$pg_said" </dev/null ||
    wrote pg_dumpall
  pg_run "${pg_bin}pg_dumpall" -w --roles-only -d "$(pg_target postgres)" -f "$work/roles" 2>"$pg_said" </dev/null ||
    wrote pg_dumpall
  number=0
  while IFS= read -r one <&3; do
    number=$((number + 1))
    dumped "$number" "$one"
  done 3<<END
$names
END
  pg_run env -C "$work" find . -type f ! -name digests -exec sha256sum '{}' + | LC_ALL=C sort >"$state/.liftlock-list-$key"
  pg_run tee "$work/digests" <"$state/.liftlock-list-$key" >/dev/null
  rm -f "$state/.liftlock-list-$key"
}

# looked number database which: what is compared, as it is now
looked() {
  [ "$3" = after ] || pg_run mkdir "$work/$1"
  [ "$3" = after ] || printf '%s' "$2" | pg_run tee "$work/$1/name" >/dev/null
  pg_psql "$2" -v place="$work/$1" -v which="$3" 2>"$pg_said" <<END || pg_failed "$pg_said"
$check_same
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT :'which' = 'before' AS first \\gset
\\if :first
\\o :place/checks
$check_made
\\endif
\\o :place/:which
\\i :place/checks
\\o
COMMIT;
END
}

looked_all() {
  number=0
  while IFS= read -r one <&3; do
    number=$((number + 1))
    looked "$number" "$one" "$1"
  done 3<<END
$names
END
}

physical() {
  spaces=$(pg_ask postgres "SELECT count(*) FROM pg_tablespace WHERE spcname !~ '^pg_'") || exit
  [ "$spaces" = 0 ] || fail tablespaces
  room "$to" $((total + total / 10 + 65536))
  looked_all before
  set -- -w -d "$(pg_target postgres)" -D "$work/base" -X stream -c fast --manifest-checksums=SHA256
  [ -z "$rate" ] || set -- "$@" --max-rate="$rate"
  pg_run "${pg_bin}pg_basebackup" "$@" >"$pg_said" 2>&1 </dev/null || wrote pg_basebackup
  looked_all after
  pg_run "${pg_bin}pg_verifybackup" -q "$work/base" >"$pg_said" 2>&1 </dev/null || wrote pg_verifybackup
  pg_ask postgres "SELECT rolname FROM pg_roles WHERE oid = 10" | pg_run tee "$work/superuser" >/dev/null
  pg_run sha256sum "$work/base/backup_manifest" | sed 's/ .*//' | pg_run tee "$work/digests" >/dev/null
}

plain "$to"
pg_run mkdir -p -m 700 "$to" || fail folder path "$to"
scratch_gone
pg_run rm -rf "$work"
pg_run mkdir -m 700 "$work" || fail folder path "$to"
names=$(listed) || exit
sizes
"$form"
count=1
while pg_run test -e "$to/$set.$run.$key-$count"; do count=$((count + 1)); done
path=$to/$set.$run.$key-$count
digest=$(pg_run sha256sum "$work/digests")
pg_run sync -f "$work" || :
pg_run mv "$work" "$path"
say path "$path"
say form "$form"
say sha256 "${digest%% *}"
say databases "$(printf '%s' "$names" | tr '\n' ' ')"
say size_kb "$(pg_run du -s -k "$path" | cut -f 1)"
say source_kb "$total"
