# Run what is not yet applied in a transaction that is rolled back, and say which locks it took and for how long.
# database component count names texts checksums alone role lock statement
: "${count:?}" "${role?}" "${lock:?}" "${statement:?}"
sql=$state/.liftlock-sql-$key
out=$state/.liftlock-psql-$key.$$
trap 'rm -f "$out" "$pg_said" "$sql"' EXIT
trap 'exit 143' HUP INT TERM

# nth: the variables of the file with this number
nth() {
  eval "name=\$name_$1 text=\$text_$1 checksum=\$checksum_$1 what=\$what_$1"
}

compose() {
  cat <<'END'
SELECT :'role' <> '' AS ll_role \gset
BEGIN;
SET LOCAL lock_timeout = :'lock';
SET LOCAL statement_timeout = :'statement';
\if :ll_role
SET LOCAL ROLE :"role";
\endif
\o /dev/null
END
  pending=''
  skipped=''
  number=0
  while [ "$number" -lt "$count" ]; do
    nth "$number"
    number=$((number + 1))
    mark_read
    if [ "$mark_state" = 'done' ]; then
      [ "$mark_checksum" = "${checksum:?}" ] || [ "${repeatable:-false}" = true ] ||
        fail changed file "$name" applied "$mark_checksum" given "$checksum" >&9
    elif [ -n "$what" ]; then
      skipped="$skipped $name"
    else
      pending="$pending $name"
      printf '\\warn file %s\n%s\n;\n' "$name" "${text?}"
    fi
  done
  cat <<'END'
RESET ROLE;
\o
SELECT format('lock %s %s', mode, relation::regclass) FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384
AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
AND relation IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'f', 'v'))
ORDER BY 1;
SELECT format('took %s', extract(milliseconds FROM clock_timestamp() - now())::int);
ROLLBACK;
END
}

compose >"$sql"
if ! pg_psql "$database" -v role="$role" -v lock="$lock" -v statement="$statement" <"$sql" >"$out" 2>"$pg_said"; then
  at=$(grep '^file ' "$pg_said" | tail -n 1) || at=''
  grep -v '^file ' "$pg_said" >"$out" || :
  [ -z "$at" ] || printf '  %s\n' "$at" >&2
  pg_skip=$(grep -n "^\\\\warn $at\$" "$sql" | tail -n 1 | cut -d : -f 1) || pg_skip=0
  pg_failed "$out"
fi
say pending "${pending# }"
say not_possible "${skipped# }"
say locks "$(sed -n 's/^lock //p' "$out" | sed '$!s/$/;/' | tr '\n' ' ')"
say held_ms "$(sed -n 's/^took //p' "$out")"
