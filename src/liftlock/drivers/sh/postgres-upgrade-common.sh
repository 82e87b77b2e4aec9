# A major upgrade of one cluster of Debian's: where its parts lie, how it is stopped, and how it is asked in private.
# Everything that the way back needs lies in one folder beside the data, named after the run and the lane.
#   start-conf, superuser   as the old cluster had them      hba         who may connect in private: whoever is in here
#   dbs, checks-N, counts   what was there when writes ended made        the new cluster is ours, however far it came
#   upgraded                the new cluster is whole         writes      its counters just before anybody could write
# to tag within
: "${to:?}" "${tag:?}" "${within:?}"
# shellcheck disable=SC2034 # not every part needs all
{
  old_version=${pg_cluster%%/*}
  name=${pg_cluster#*/}
  old_bin=${pg_bin%/}
  new_bin=/usr/lib/postgresql/$to/bin
  old_conf=/etc/postgresql/$pg_cluster
  new_conf=/etc/postgresql/$to/$name
  old_data=$pg_data
  base=${old_data%/*/*}
  new_data=$base/$to/$name
  work=$base/.liftlock-$tag
}
open=''
at="host=$(pg_word "$work") port=5432"
trap 'shut || :; rm -f "$pg_said"' EXIT
trap 'exit 143' HUP INT TERM

have() { pg_run test -e "$1"; }

# kept file: standard input becomes that file, whole or not at all
kept() {
  pg_run tee "$1.part" >/dev/null || fail folder path "$work"
  pg_run sync "$1.part" || :
  pg_run mv "$1.part" "$1"
}

quietly() {
  "$@" >"$pg_said" 2>&1 </dev/null
}

control() {
  pg_run env LC_ALL=C "$1/pg_controldata" -D "$2" 2>/dev/null </dev/null | sed -n "s/^$3: *//p"
}

runs() { pg_run "$1/pg_ctl" -D "$2" status >/dev/null 2>&1 </dev/null; }

# down bin data: stop what still runs there, however it was started, and see that it ended cleanly
down() {
  if runs "$1" "$2"; then
    pg_run "$1/pg_ctl" -D "$2" -m fast -w -t "$within" stop >&2 </dev/null 9>&- || :
  fi
  ! runs "$1" "$2" || fail not_stopped within "$within"
}

clean() { [ "$(control "$1" "$2" 'Database cluster state')" = 'shut down' ]; }

# service word version: Debian's unit of the cluster
service() {
  if [ -d /run/systemd/system ]; then
    as_root systemctl "$1" "postgresql@$2-$name" >&2
  else
    pg_run pg_ctlcluster "$2" "$name" "$1" >&2 </dev/null 9>&-
  fi
}

# at_boot version word: auto, manual or disabled
at_boot() {
  printf '%s\n' "$2" | pg_run tee "/etc/postgresql/$1/$name/start.conf" >/dev/null || fail folder path "/etc/postgresql"
  [ ! -d /run/systemd/system ] || as_root systemctl daemon-reload >&2
}

# opened bin data conf read-only: start it where nobody else reaches it: no TCP, a socket in our folder
opened() {
  printf 'local all all trust\nlocal replication all reject\n' | kept "$work/hba"
  private="-c config_file=$3/postgresql.conf -c hba_file=$work/hba -c listen_addresses='' -c port=5432 -c ssl=off"
  private="$private -c unix_socket_directories=$work -c autovacuum=off -c logging_collector=off -c archive_mode=off"
  private="$private -c default_transaction_read_only=$4 -c max_logical_replication_workers=0"
  open="$1 $2"
  pg_run "$1/pg_ctl" -D "$2" -w -t "$within" -l "$work/log" -o "$private" start >"$pg_said" 2>&1 </dev/null 9>&- || {
    pg_tell "$pg_said"
    pg_run tail -n 15 "$work/log" >&2 || :
    fail not_started cluster "$2"
  }
  superuser=$(pg_run cat "$work/superuser")
}

shut() {
  [ -n "$open" ] || return 0
  # shellcheck disable=SC2086 # two words: programs and data
  set -- $open
  open=''
  down "$1" "$2"
}

# inside bin database: SQL on standard input, to the server that was opened (or that serves, where `at` says so)
inside() {
  pg_run "$1/psql" -X -q -A -t -w -v ON_ERROR_STOP=1 -v VERBOSITY=verbose \
    -d "$at user=$(pg_word "$superuser") dbname=$(pg_word "$2")" -f - 2>"$pg_said" ||
    pg_failed "$pg_said"
}

# nothing_new: there is no cluster yet where ours will be
nothing_new() {
  if [ -e "$new_conf" ] || have "$new_data"; then fail taken cluster "$to/$name"; fi
}

# each_database command...: with the number and the name of each that counts
each_database() {
  number=0
  while IFS= read -r one <&3; do
    number=$((number + 1))
    "$@" "$number" "$one" || exit
  done 3<<END
$(pg_run cat "$work/dbs")
END
}

# counted bin number database: every table's rows and their hashes; the SQL is made once, and is the same for both
counted() {
  printf 'database %s\n' "$3"
  have "$work/checks-$2" || {
    printf '%s\n' "$check_made" | inside "$1" "$3" >"$state/.liftlock-$key" || exit
    kept "$work/checks-$2" <"$state/.liftlock-$key"
    rm -f "$state/.liftlock-$key"
  }
  { printf '%s\n' "$check_same" && pg_run cat "$work/checks-$2"; } | inside "$1" "$3"
}

# same bin cluster: is what the opened server holds what was there when writes ended?
same() {
  each_database counted "$1" >"$state/.liftlock-seen-$key" || exit
  kept "$work/seen" <"$state/.liftlock-seen-$key"
  rm -f "$state/.liftlock-seen-$key"
  pg_run cmp -s "$work/counts" "$work/seen" || {
    pg_run diff "$work/counts" "$work/seen" | head -n 20 | sed 's/^/  /' >&2 || :
    fail differs cluster "$2"
  }
}

# counters bin number database: what was ever written there, but for what ANALYZE itself writes
counters() {
  printf 'database %s\n' "$3"
  inside "$1" "$3" <<'END'
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0), (SELECT coalesce(sum(last_value), 0) FROM pg_sequences),
  (SELECT count(*) FROM pg_database), (SELECT count(*) FROM pg_class)
FROM pg_stat_all_tables s WHERE NOT EXISTS (SELECT FROM pg_class c
  WHERE c.oid IN ('pg_statistic'::regclass, 'pg_statistic_ext_data'::regclass) AND s.relid IN (c.oid, c.reltoastrelid));
END
}

tell_counts() {
  digest=$(pg_run sha256sum "$work/counts")
  say counts "${digest%% *}"
  say tables "$(pg_run grep -c -E '^(whole|sample|counted) ' "$work/counts" || :)"
  say rows "$(pg_run cat "$work/counts" | sed -n -E -e 's/^(whole|sample) .*\|([0-9]+)\|-?[0-9]*$/\2/p' \
    -e 's/^counted .*\|([0-9]+)$/\1/p' | awk '{n += $1} END {printf "%.0f", n}')"
}

# version_of: of the server that answers at the cluster's usual place
version_of() {
  pg_user=$(pg_run cat "$work/superuser" 2>/dev/null) || pg_user=''
  pg_ask postgres 'SHOW server_version' | sed 's/ .*//'
}
