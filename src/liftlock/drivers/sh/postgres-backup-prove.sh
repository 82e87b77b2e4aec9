# Restore the backup on trial, into a server of its own, and compare; the server goes in any case.
# state run key path sha256 form set keep jobs check_rows
: "${sha256?}" "${form:?}" "${keep:?}" "${jobs:?}" "${run:?}"
[ -n "${path?}" ] || fail none
pg_run test -f "$path/digests" || fail none
moving=0
superuser=''
tables=0

intact() {
  found=$(pg_run sha256sum "$path/digests")
  [ "${found%% *}" = "$sha256" ] || fail damaged path "$path/digests"
  if [ "$form" = logical ]; then
    pg_run env -C "$path" sha256sum --check --quiet --strict digests >"$pg_said" 2>&1 </dev/null || damaged
  else
    pg_run "${pg_bin}pg_verifybackup" -q "$path/base" >"$pg_said" 2>&1 </dev/null || damaged
  fi
}

damaged() {
  pg_tell "$pg_said"
  fail damaged path "$path"
}

# differs place: the first lines that differ, and the end
differs() {
  pg_run diff "$1" "$scratch/seen" | head -n 20 | sed 's/^/  /' >&2 || :
  fail differs database "$name"
}

# seen number: what is compared, as the scratch server has it
seen() {
  scratch_psql "$name" <<END
$check_same
\\o $scratch/seen
\\i $path/$1/checks
END
}

logical_one() {
  [ "$name" = postgres ] || pg_run cat "$path/$1/create" | scratch_psql template1 -v name="$name"
  pg_run "${pg_bin}pg_restore" -w --exit-on-error --no-tablespaces --no-subscriptions -j "$jobs" \
    -d "$scratch_conn dbname=$(pg_word "$name")" "$path/$1/dump" >"$pg_said" 2>&1 </dev/null || {
    pg_tell "$pg_said"
    fail unpack database "$name"
  }
  seen "$1"
  pg_run cmp -s "$path/$1/seen" "$scratch/seen" || differs "$path/$1/seen"
}

# of a server that was written to meanwhile, what was the same before and after the copy must be the same in it
physical_one() {
  seen "$1"
  pg_run grep -F -x -f "$path/$1/before" "$path/$1/after" | pg_run tee "$scratch/still" >/dev/null || :
  pg_run grep -F -x -v -f "$scratch/seen" "$scratch/still" >/dev/null && differs "$scratch/still"
  moved=$(pg_run grep -F -x -v -c -f "$path/$1/before" "$path/$1/after") || :
  moving=$((moving + moved))
}

each() {
  number=1
  while pg_run test -d "$path/$number"; do
    name=$(pg_run cat "$path/$number/name")
    "${form}_one" "$number"
    found=$(pg_run grep -c -E '^(whole|sample|counted) ' "$scratch/seen") || :
    tables=$((tables + found))
    number=$((number + 1))
  done
}

# older runs' backups of the same databases beyond `keep` go, now that this one is proved; this run's never do
thinned() {
  [ "$keep" -gt 0 ] || return 0
  kept=1
  pg_run find "$to" -mindepth 1 -maxdepth 1 -name "$set.*" ! -name "$set.$run.*" -printf '%T@ %p\n' | sort -r -n |
    while read -r _ old; do
      kept=$((kept + 1))
      [ "$kept" -le "$keep" ] || pg_run rm -rf "$old" </dev/null
    done
}

intact
scratch_made
need=$(pg_run du -s -k "$path" | cut -f 1)
if [ "$form" = logical ]; then
  room "$to" "${source_kb:-$need}"
  pg_run "${pg_bin}initdb" -D "$scratch/data" -U liftlock_proof -A trust -E UTF8 --locale=C --no-sync >"$pg_said" 2>&1 \
    </dev/null || damaged
  scratch_started
  pg_run cat "$path/roles" | scratch_psql postgres >/dev/null
else
  room "$to" "$need"
  superuser=$(pg_run cat "$path/superuser")
  scratch_conn="host=$(pg_word "$scratch") port=5432 user=$(pg_word "$superuser")"
  pg_run cp -a "$path/base" "$scratch/data"
  pg_run rm -f "$scratch/data/standby.signal" "$scratch/data/recovery.signal" "$scratch/data/postmaster.pid"
  scratch_started
fi
each
[ "$form" = logical ] || [ "$moving" -lt "$tables" ] || fail moving
thinned
say path "$path"
say sha256 "$sha256"
say proved "$((number - 1))"
say tables "$tables"
say moving "$moving"
