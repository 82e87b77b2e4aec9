# A server of nobody but ourselves: in a folder of its own, on a socket in that folder, with little memory, never on TCP.
# to set
own_home() {
  if [ -n "$pg_as" ]; then
    printf '%s/liftlock-backups\n' "$(getent passwd "$pg_as" | cut -d : -f 6)"
  else
    printf '%s/backups\n' "$state"
  fi
}
[ -n "${to?}" ] || to=$(own_home)
scratch=$to/.proof-${set:?}
scratch_conn="host=$(pg_word "$scratch") port=5432 user=$(pg_word "${superuser:-liftlock_proof}")"

# scratch_gone: end what runs there and remove it, whoever left it
scratch_gone() {
  pg_run test -d "$scratch" || return 0
  if pg_run test -f "$scratch/data/postmaster.pid"; then
    pg_run "${pg_bin}pg_ctl" -D "$scratch/data" -m immediate -w -t 60 stop >/dev/null 2>&1 </dev/null || :
  fi
  pg_run rm -rf "$scratch"
}

# scratch_made: an empty folder, removed at the end in any case
scratch_made() {
  [ "${#scratch}" -le 85 ] || fail long path "$scratch"
  scratch_gone
  trap 'scratch_gone; rm -f "$pg_said"' EXIT
  trap 'exit 143' HUP INT TERM
  pg_run mkdir -m 700 "$scratch"
}

# scratch_started: with our own settings, whatever the data's own say; it archives nothing, and subscribes to nothing
scratch_started() {
  printf 'local all all trust\n' | pg_run tee "$scratch/hba" >/dev/null
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$scratch'" | pg_run tee "$scratch/conf" >/dev/null
  set -- listen_addresses= port=5432 max_connections=20 shared_buffers=32MB maintenance_work_mem=64MB fsync=off \
    full_page_writes=off autovacuum=off archive_mode=off max_wal_senders=0 wal_level=minimal ssl=off huge_pages=off \
    shared_preload_libraries= max_logical_replication_workers=0 logging_collector=off synchronous_commit=off \
    synchronous_standby_names= "$@"
  scratch_told="-c config_file=$scratch/conf -c hba_file=$scratch/hba -c unix_socket_directories=$scratch"
  for scratch_one in "$@"; do scratch_told="$scratch_told -c $scratch_one"; done
  pg_run "${pg_bin}pg_ctl" -D "$scratch/data" -l "$scratch/log" -o "$scratch_told" -w -t 600 start \
    >/dev/null 2>&1 </dev/null || {
    pg_run tail -n 20 "$scratch/log" | sed 's/^/  /' >&2 || :
    fail scratch
  }
}

# scratch_psql database [argument]...: SQL on standard input, there
scratch_psql() {
  scratch_to="$scratch_conn dbname=$(pg_word "$1")"
  shift
  pg_run "${pg_bin}psql" -X -q -A -t -w -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$scratch_to" -f - "$@" \
    2>"$pg_said" || pg_failed "$pg_said"
}

# plain path: a folder that may be named in the options of a server
plain() {
  case $1 in
    *[!A-Za-z0-9_./-]* | [!/]* | */../* | */..) fail folder path "$1" ;;
  esac
}

# room path kib: is there so much free?
room() {
  room_free=$(pg_run df -P -k "$1" | awk 'NR == 2 { print $4 }')
  [ "$room_free" -ge "$2" ] || fail space path "$1" need_kb "$2" free_kb "$room_free"
}
