# Put the server's data back: a verified copy is made beside the old data, then the folders change places, the server
# being down. The old data are kept. At no time have two servers one folder.
# state key path sha256 tag data unit
: "${sha256?}" "${tag:?}" "${data?}" "${unit?}"
[ -n "${path?}" ] || fail none
pg_run test -f "$path/digests" || fail none

intact() {
  found=$(pg_run sha256sum "$path/digests")
  [ "${found%% *}" = "$sha256" ] || fail damaged path "$path/digests"
  found=$(pg_run sha256sum "$1/backup_manifest" | sed 's/ .*//')
  [ "$found" = "$(pg_run cat "$path/digests")" ] || fail damaged path "$1"
  pg_run "${pg_bin}pg_verifybackup" -q "$1" >"$pg_said" 2>&1 </dev/null || {
    pg_tell "$pg_said"
    fail damaged path "$1"
  }
}

is_up() {
  pg_run "${pg_bin}pg_ctl" -D "$1" status >/dev/null 2>&1 </dev/null
}

stopped() {
  if [ -n "$unit" ]; then
    as_root systemctl stop "$unit" </dev/null || fail stop unit "$unit"
  elif is_up "$data"; then
    pg_run "${pg_bin}pg_ctl" -D "$data" -m fast -w -t 600 stop >/dev/null 2>&1 </dev/null || fail stop unit "$data"
  fi
  ! is_up "$data" || fail stop unit "${unit:-$data}"
}

started() {
  if [ -n "$unit" ]; then
    as_root systemctl start "$unit" </dev/null || fail start unit "$unit"
  elif ! is_up "$data"; then
    pg_run "${pg_bin}pg_ctl" -D "$data" -l "$data/liftlock-start.log" -w -t 600 start >/dev/null 2>&1 </dev/null ||
      fail start unit "$data"
  fi
}

[ -n "$data" ] || data=$pg_data
[ -n "$data" ] || fail where
plain "$data"
new=$data.liftlock-new-$tag
aside=$data.liftlock-old-$tag
if ! pg_run test -e "$aside"; then
  # where a disk is mounted no folder can change places: seen before anything stops
  ! cut -d ' ' -f 5 /proc/self/mountinfo | grep -q -x -F -e "$data" || fail mounted path "$data"
  intact "$path/base"
  pg_run rm -rf "$new"
  room "${data%/*}" "$(pg_run du -s -k "$path/base" | cut -f 1)"
  pg_run cp -a "$path/base" "$new"
  intact "$new"
  pg_run rm -f "$new/standby.signal" "$new/recovery.signal" "$new/postmaster.pid"
  if ! pg_run test -e "$data/postgresql.conf"; then :; elif ! pg_run test -e "$new/postgresql.conf"; then
    pg_run cp -a "$data/postgresql.conf" "$new/"
  fi
  pg_run sync -f "$new"
  stopped
  pg_run mv -T "$data" "$aside" || {
    started
    fail aside path "$data"
  }
fi
if ! pg_run test -e "$data"; then pg_run mv -T "$new" "$data"; fi
started
answer=$(pg_ask postgres "SELECT pg_is_in_recovery()") || exit
[ "$answer" = f ] || fail replica
say path "$path"
say restored "$data"
say kept "$aside"
