# One step of handing a primary's work to its replica, on this host. Doing any of them twice is doing it once.
# A server that is to stop writing is told that it is a standby before it is stopped: whatever starts it then, it writes
# nothing. So at any moment the old one writes, or nobody does, or the new one.
# verb peer conninfo slot within data unit was lsn
: "${verb:?}" "${peer?}" "${conninfo?}" "${slot:?}" "${within:?}" "${data?}" "${unit?}" "${was?}" "${lsn?}"
trap 'rm -f "$pg_said"' EXIT
data=${data:-$pg_data}
left=$within

ask() {
  pg_ask postgres "$1"
}

# answers: does the server take connections? 'no' while it starts or stops
answers() {
  pg_psql postgres >/dev/null 2>&1 <<'END'
SELECT 1;
END
}

# recovers: is it a standby? to be asked of a server that answers
recovers() {
  recovering=$(ask 'SELECT pg_is_in_recovery()') || exit
  [ "$recovering" = t ]
}

# data_here: where the server's data lie, asked of it while it runs if nothing else says
data_here() {
  [ -n "$data" ] || { answers && data=$(ask 'SHOW data_directory'); } || fail where
}

# until_so check code: look each second, at most `within` seconds in all
until_so() {
  until "$1"; do
    [ "$left" -gt 0 ] || fail "$2" peer "$peer" within "$within" found "${found:-nothing}"
    left=$((left - 1))
    sleep 1
  done
}

control() {
  pg_run env LC_ALL=C "${pg_bin}pg_controldata" -D "$data" </dev/null | sed -n "s/^$1: *//p"
}

is_down() {
  pg_run "${pg_bin}pg_ctl" -D "$data" status >/dev/null 2>&1 </dev/null && return 1
  found=$(control 'Database cluster state')
  case $found in 'shut down' | 'shut down in recovery') return 0 ;; esac
  return 1
}

stop_it() {
  if [ -n "$unit" ] && [ -d /run/systemd/system ]; then
    as_root systemctl stop "$unit" >&2 || :
  elif [ -n "$pg_cluster" ]; then
    pg_run pg_ctlcluster "${pg_cluster%%/*}" "${pg_cluster#*/}" stop -m fast >&2 </dev/null || :
  else
    pg_run "${pg_bin}pg_ctl" -D "$data" -m fast -w -t "$within" stop >&2 </dev/null || :
  fi
  until_so is_down not_stopped
}

start_it() {
  ! answers || return 0
  if [ -n "$unit" ] && [ -d /run/systemd/system ]; then
    as_root systemctl start "$unit" >&2 || fail not_started data "$data"
  elif [ -n "$pg_cluster" ]; then
    pg_run pg_ctlcluster "${pg_cluster%%/*}" "${pg_cluster#*/}" start >&2 </dev/null 9>&- || fail not_started data "$data"
  else
    pg_run "${pg_bin}pg_ctl" -D "$data" -w -t "$within" -l "$data/liftlock-start.log" start >&2 </dev/null 9>&- ||
      fail not_started data "$data"
  fi
  until_so answers not_started
}

# peer_says: system and time line of the other server, asked as a replica asks; empty: it does not answer
peer_says() {
  pg_run "${pg_bin}psql" -X -A -t -w -d "host=$(pg_word "$peer") connect_timeout=5 replication=true $conninfo" \
    -c 'IDENTIFY_SYSTEM' 2>/dev/null </dev/null | sed -n 's/^\([0-9]*|[0-9]*\)|.*/\1/p'
}

# fenced: was this server the primary, and stopped by us? what a step that was cut short left says so
fenced() {
  data_here
  pg_run test -e "$data/liftlock.fenced"
}

# caught_up: has the replica that uses our slot, or comes from the other host, replayed all that was written here?
caught_up() {
  found=$(ask "SELECT coalesce((SELECT format('%s bytes behind', pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn))
    FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
    WHERE (s.slot_name = '$slot' OR host(r.client_addr) = '$peer') AND r.state = 'streaming' LIMIT 1), 'no replica')") || exit
  [ "$found" = '0 bytes behind' ]
}

receives() {
  answers || return 1
  found=$(ask "SELECT coalesce((SELECT status FROM pg_stat_wal_receiver), 'no receiver')") || exit
  [ "$found" = streaming ]
}

have_slot() {
  ask "SELECT pg_create_physical_replication_slot('$slot', true) WHERE NOT EXISTS
    (SELECT FROM pg_replication_slots WHERE slot_name = '$slot')" >/dev/null || exit
}

# fence: the replica has everything, and this server stops and cannot write again by being started
fence() {
  if answers; then
    if recovers; then
      say was replica
      return 0
    fi
    data_here
    until_so caught_up behind
    ask "ALTER SYSTEM SET primary_conninfo = $(quoted "host=$(pg_word "$peer") $conninfo")" >/dev/null || exit
    ask "ALTER SYSTEM SET primary_slot_name = '$slot'" >/dev/null || exit
    pg_run touch "$data/liftlock.fenced" "$data/standby.signal" || fail where
    stop_it
  else
    fenced || fail not_running
    until_so is_down not_stopped
  fi
  say was primary
  say lsn "$(control 'Latest checkpoint location')"
  say timeline "$(control "Latest checkpoint's TimeLineID")"
}

quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

got_all() {
  found=$(ask "SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')") || exit
  enough=$(ask "SELECT pg_last_wal_replay_lsn() >= '${lsn:-0/0}'::pg_lsn") || exit
  [ "$enough" = t ]
}

# promote: only a server that has all, of a primary that does not answer any more
promote() {
  answers || fail not_running
  if recovers; then
    [ -z "$(peer_says)" ] || fail peer_up peer "$peer"
    until_so got_all missing
    ask "SELECT pg_promote(true, $within)" >/dev/null || exit
  fi
  ! recovers || fail not_promoted
  have_slot
}

# unfence: the way back of fence. A server that never stopped, one that was stopped, or one that follows by now
unfence() {
  if ! answers; then
    data_here
    said=$(peer_says)
    [ -n "$said" ] || fail peer_silent peer "$peer"
    [ "${said#*|}" -le "$(control "Latest checkpoint's TimeLineID")" ] || fail peer_promoted peer "$peer"
    pg_run rm -f "$data/standby.signal" || fail where
    start_it
  elif recovers; then
    promote
  else
    data_here
    pg_run rm -f "$data/standby.signal" || fail where
  fi
  ! recovers || fail not_promoted
  pg_run rm -f "$data/liftlock.fenced" || fail where
  have_slot
}

follow() {
  data_here
  ! answers || recovers || fail still_writes
  start_it
  recovers || fail still_writes
  until_so receives no_stream
  # a slot that nobody uses would keep WAL for ever
  ask "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$slot' AND NOT active" \
    >/dev/null || exit
  pg_run rm -f "$data/liftlock.fenced" || fail where
}

# ready: a replica that streams. Where the other host is a replica, this one may be the primary: nothing is handed over
ready() {
  answers || fail not_running
  if ! recovers; then
    [ -z "$was" ] || fail not_replica
    say was primary_already
    return 0
  fi
  until_so receives no_stream
}

case $verb in
  role)
    said=$(ask "SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END") || exit
    say role "$said"
    said=$(ask 'SELECT system_identifier FROM pg_control_system()') || exit
    say cluster "$said"
    ;;
  fence) case $was in replica | target) say was "$was" ;; *) fence ;; esac ;;
  ready) case $was in replica | target) say was "$was" ;; *) ready ;; esac ;;
  promote)
    [ -n "$was" ] || fail unclear
    [ "$was" != primary ] || promote
    say was "$was"
    ;;
  follow | unfence)
    if [ "$was" = primary ] || fenced; then "$verb"; fi
    say was "${was:-$verb}"
    ;;
esac
