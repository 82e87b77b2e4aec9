# The way back, a step at a time, as long as nobody wrote to the new cluster; doing any of them twice is doing it once.
# verb
: "${verb:?}"

# now_as_then: do the counters stand where they stood? those of a server that runs may be a little late
now_as_then() {
  each_database counters "$new_bin" >"$state/.liftlock-now-$key" || return 1
  kept "$work/now" <"$state/.liftlock-now-$key"
  rm -f "$state/.liftlock-now-$key"
  pg_run cmp -s "$work/writes" "$work/now"
}

written() {
  pg_run diff "$work/writes" "$work/now" | sed 's/^/  /' >&2 || :
  fail written cluster "$to/$name"
}

# unwritten: stop the new cluster, and see that its counters stand where they stood before anybody could write
unwritten() {
  superuser=$(pg_run cat "$work/superuser")
  if runs "$new_bin" "$new_data"; then # what is plain already needs no stop
    (at="host=$(pg_word "${pg_socket:-/var/run/postgresql}") port=$pg_port" && now_as_then) || written
    service stop "$to" || :
    down "$new_bin" "$new_data"
  fi
  opened "$new_bin" "$new_data" "$new_conf" on
  ! now_as_then || { shut && return 0; }
  shut
  at_boot "$to" "$(pg_run cat "$work/start-conf")"
  service start "$to" || :
  written
}

# start taken back: the new cluster does not run, and nobody has written to it
step_start() {
  have "$work/made" && have "$new_data/PG_VERSION" || return 0
  if have "$work/writes"; then unwritten; else down "$new_bin" "$new_data"; fi
  at_boot "$to" manual
}

# upgrade taken back: the new cluster is gone
step_upgrade() {
  have "$work/made" || return 0
  step_start
  # shellcheck disable=SC2015 # either is wrong
  [ ! -e "$new_conf" ] || as_root pg_dropcluster "$to" "$name" >&2 || :
  pg_run rm -rf "$new_data"
  [ ! -e "$new_conf" ] || as_root rm -rf "$new_conf"
  [ ! -d /run/systemd/system ] || as_root systemctl daemon-reload >&2
  pg_run rm -f "$work/upgraded" "$work/writes"
  pg_run rm -f "$work/made"
}

# stop taken back: the old cluster runs as it did, with all that was there when writes ended
step_stop() {
  have "$work/made" && fail new_there cluster "$to/$name"
  if have "$work/start-conf"; then
    if ! runs "$old_bin" "$old_data"; then
      if have "$work/counts"; then
        opened "$old_bin" "$old_data" "$old_conf" on
        same "$old_bin" "$old_version/$name"
        shut
        tell_counts
      fi
    fi
    at_boot "$old_version" "$(pg_run cat "$work/start-conf")"
    runs "$old_bin" "$old_data" || service start "$old_version" || fail not_started cluster "$old_version/$name"
    version=$(version_of) || exit
    [ "${version%%.*}" = "${old_version%%.*}" ] || fail version found "$version" version "$old_version"
    say version "$version"
    pg_run rm -rf "$work"
  fi
  runs "$old_bin" "$old_data" || fail not_started cluster "$old_version/$name"
}

"step_$verb"
