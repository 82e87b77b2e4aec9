# The way up, a step at a time; doing any of them twice, or once more after it was cut short, ends the same.
# The old cluster is only ever read. The new one is ours from before it exists (`made`), and whole only with `upgraded`.
# verb mode jobs slots longest analyze
: "${verb:?}" "${mode?}" "${jobs:?}" "${slots:?}" "${longest:?}" "${analyze:?}"

superuser_now() { pg_ask postgres 'SELECT rolname FROM pg_authid WHERE oid = 10'; }

databases() { pg_ask postgres "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1"; }

# shape: what initdb has to be told, in its own words, one a line
shape() {
  pg_ask postgres "SELECT '--encoding=' || pg_encoding_to_char(encoding) || E'\n--lc-collate=' || datcollate ||
    E'\n--lc-ctype=' || datctype FROM pg_database WHERE datname = 'template0'
  UNION ALL SELECT '--wal-segsize=' || setting::bigint / 1048576 FROM pg_settings WHERE name = 'wal_segment_size'
  UNION ALL SELECT '--data-checksums' WHERE current_setting('data_checksums') = 'on'
  UNION ALL SELECT '--no-data-checksums' WHERE current_setting('data_checksums') = 'off' AND $to >= 18
  UNION ALL SELECT '--username=' || rolname FROM pg_authid WHERE oid = 10"
}

# stands: what forbids an upgrade of this server now
stands() {
  found=$(pg_ask postgres "SELECT CASE WHEN pg_is_in_recovery() THEN 'replica'
    WHEN EXISTS (SELECT FROM pg_prepared_xacts) THEN 'prepared'
    WHEN EXISTS (SELECT FROM pg_tablespace WHERE spcname !~ '^pg_') THEN 'tablespaces'
    WHEN '$slots' <> 'drop' AND EXISTS (SELECT FROM pg_replication_slots) THEN 'slots'
    WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND clock_timestamp() - xact_start > make_interval(secs => $longest)) THEN 'long'
    ELSE '' END") || exit
  case $found in
    '') return 0 ;;
    prepared) found_list=$(pg_ask postgres "SELECT string_agg(gid, ', ') FROM pg_prepared_xacts") ;;
    slots) found_list=$(pg_ask postgres "SELECT string_agg(slot_name, ', ') FROM pg_replication_slots") ;;
    long) found_list=$(pg_ask postgres "SELECT string_agg(format('pid %s, %s', pid, usename), ', ') FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND clock_timestamp() - xact_start > make_interval(secs => $longest)") ;;
  esac
  case $found in
    replica) fail replica ;;
    prepared) fail prepared found "$found_list" ;;
    tablespaces) fail tablespaces ;;
    slots) fail slots found "$found_list" ;;
    long) fail long found "$found_list" longest "$longest" ;;
  esac
}

extensions() {
  folder=$(pg_run "$new_bin/pg_config" --sharedir 2>/dev/null </dev/null) || folder=/usr/share/postgresql/$to
  lost=''
  while IFS= read -r one <&3; do
    every=$(pg_ask "$one" 'SELECT extname FROM pg_extension ORDER BY 1') || exit
    for extension in $every; do
      [ -e "$folder/extension/$extension.control" ] || lost="$lost $extension ($one)"
    done
  done 3<<END
$names
END
  [ -z "$lost" ] || fail extensions found "${lost# }" version "$to"
}

room() {
  need=$(pg_run du -s -k "$old_data" | cut -f 1)
  free=$(df -P -k "$base" | awk 'NR == 2 {print $4}')
  case $mode in --link | --clone) need=0 ;; esac
  [ "$free" -gt $((need + need / 10 + 65536)) ] || fail space need_kb "$need" free_kb "$free" path "$base"
}

# refused data folder-to-remove code: initdb or pg_upgrade did not do it; its own words go to people
refused() {
  pg_tell "$pg_said"
  pg_run find "$1/pg_upgrade_output.d" -name '*.txt' -exec tail -n 20 '{}' + >&2 2>/dev/null || :
  what=$(pg_run find "$1/pg_upgrade_output.d" -name '*.txt' 2>/dev/null | sed 's,.*/,,' | tr '\n' ' ') || what=''
  [ -z "${2:-}" ] || pg_run rm -rf "$2"
  fail "$3" found "${what:-see the output}"
}

# renamed from to: a file of settings with the old cluster's folders written as the new one's
renamed() {
  ! have "$1" || pg_run sed -e "s,\([/-]\)$old_version\([/-]\)$name,\1$to\2$name,g" \
    -e "s,'$old_version/$name','$to/$name',g" "$1" | pg_run tee "$2" >/dev/null
}

accepted() { quietly pg_run env LC_ALL=C "$new_bin/postgres" -c config_file="$new_conf/postgresql.conf" -C port; }

# carried: the old cluster's files of settings; what the new version does not know stays as a comment
carried() {
  renamed "$old_conf/postgresql.conf" "$new_conf/postgresql.conf"
  for path in $(pg_run find "$old_conf/conf.d" -name '*.conf' 2>/dev/null | sed 's,.*/,,'); do
    renamed "$old_conf/conf.d/$path" "$new_conf/conf.d/$path"
  done
  renamed "$old_data/postgresql.auto.conf" "$new_data/postgresql.auto.conf"
  for path in pg_hba.conf pg_ident.conf environment pg_ctl.conf; do
    ! have "$old_conf/$path" || pg_run cp "$old_conf/$path" "$new_conf/$path"
  done
  dropped=''
  if ! accepted; then
    sed -n 's/.*unrecognized configuration parameter "\([^"]*\)" in file "\([^"]*\)" line \([0-9]*\)$/\1 \3 \2/p' \
      "$pg_said" >"$state/.liftlock-$key"
    while read -r setting line path <&4; do
      dropped="$dropped $setting"
      case $path in /*) ;; *) path=$new_data/$path ;; esac
      pg_run sed -i "${line}s/^/#/" "$path" </dev/null
    done 4<"$state/.liftlock-$key"
    rm -f "$state/.liftlock-$key"
    accepted || fail settings found "$(grep -m 1 -e LOG: -e FATAL: "$pg_said" | sed 's/^.*\(LOG\|FATAL\):  *//')"
  fi
  printf '%s\n' "${dropped# }" | kept "$work/dropped"
}

step_ready() {
  for program in pg_upgrade initdb postgres pg_ctl vacuumdb; do
    [ -x "$new_bin/$program" ] || fail binaries version "$to" path "$new_bin/$program"
  done
  nothing_new
  runs "$old_bin" "$old_data" || fail not_running
  stands
  names=$(databases) || exit
  extensions
  room
  superuser=$(superuser_now) || exit
  words=$(shape) || exit
  pg_run rm -rf "$work"
  pg_run mkdir -m 700 "$work" || fail folder path "$work"
  printf 'local all all trust\n' | kept "$work/hba"
  # shellcheck disable=SC2086 # initdb's words: none has a blank in it
  quietly pg_run "$new_bin/initdb" -D "$work/check" -A trust --no-sync $words || refused "$work/check" "$work" check
  # shellcheck disable=SC2086 # no word, or one
  pg_run env -C "$work" LC_ALL=C "$new_bin/pg_upgrade" --check -b "$old_bin" -B "$new_bin" -d "$old_data" -D "$work/check" \
    -p "$pg_port" -U "$superuser" -s "${pg_socket:-/var/run/postgresql}" \
    -o "-c config_file=$old_conf/postgresql.conf" $mode >"$pg_said" 2>&1 </dev/null || refused "$work/check" "$work" check
  pg_run rm -rf "$work"
  say from_version "$old_version"
  say databases "$(printf '%s' "$names" | tr '\n' ' ')"
  say need_kb "$need"
  say free_kb "$free"
}

# stop: nobody writes from here on; what is there then is counted where nobody else reaches it
step_stop() {
  if ! have "$work/counts"; then
    pg_run mkdir -p -m 700 "$work" || fail folder path "$work"
    if ! have "$work/start-conf"; then
      runs "$old_bin" "$old_data" || fail not_running
      stands
      superuser_now | kept "$work/superuser"
      databases | kept "$work/dbs"
      shape | kept "$work/shape"
      pg_run cat "$old_conf/start.conf" | sed 's/#.*//; /^[[:space:]]*$/d' | kept "$work/start-conf"
    fi
    at_boot "$old_version" manual
    service stop "$old_version" || :
    down "$old_bin" "$old_data"
    opened "$old_bin" "$old_data" "$old_conf" on
    each_database counted "$old_bin" >"$state/.liftlock-counts-$key" || exit
    shut
    kept "$work/counts" <"$state/.liftlock-counts-$key"
    rm -f "$state/.liftlock-counts-$key"
  fi
  down "$old_bin" "$old_data"
  clean "$old_bin" "$old_data" || fail not_stopped within "$within"
  tell_counts
}

# cleared: what an attempt that was cut short has left
cleared() {
  down "$old_bin" "$old_data"
  if have "$work/made"; then
    ! have "$new_data/PG_VERSION" || down "$new_bin" "$new_data"
    [ ! -e "$new_conf" ] || as_root pg_dropcluster "$to" "$name" >&2 || :
    pg_run rm -rf "$new_data"
    [ ! -e "$new_conf" ] || as_root rm -rf "$new_conf"
  fi
  nothing_new
  clean "$old_bin" "$old_data" || { # it was cut while pg_upgrade had it open
    opened "$old_bin" "$old_data" "$old_conf" on
    same "$old_bin" "$old_version/$name"
    shut
  }
}

step_upgrade() {
  have "$work/counts" || fail unclear
  if ! have "$work/upgraded"; then
    superuser=$(pg_run cat "$work/superuser")
    cleared
    printf '%s\n' "$to/$name" | kept "$work/made"
    owner=$(stat -c %U "$old_conf/postgresql.conf")
    group=$(stat -c %G "$old_conf/postgresql.conf")
    # shellcheck disable=SC2046 # initdb's words: none has a blank in it
    quietly as_root pg_createcluster --start-conf manual -u "$owner" -g "$group" -d "$new_data" -p "$pg_port" \
      "$to" "$name" -- $(pg_run cat "$work/shape") || refused "$new_data" '' create
    at_boot "$to" manual
    # shellcheck disable=SC2086 # no word, or one
    pg_run env -C "$work" LC_ALL=C "$new_bin/pg_upgrade" -b "$old_bin" -B "$new_bin" -d "$old_data" -D "$new_data" \
      -U "$superuser" -s "$work" -j "$jobs" -o "-c config_file=$old_conf/postgresql.conf -c hba_file=$work/hba" \
      -O "-c config_file=$new_conf/postgresql.conf -c hba_file=$work/hba" $mode >"$pg_said" 2>&1 </dev/null 9>&- ||
      refused "$new_data" '' upgrade
    carried
    pg_run sync "$new_conf/postgresql.conf" "$new_conf/pg_hba.conf" "$new_data/postgresql.auto.conf" || :
    printf 'whole\n' | kept "$work/upgraded"
  fi
  say cluster "$to/$name"
  say dropped_settings "$(pg_run cat "$work/dropped")"
  say system "$(control "$new_bin" "$new_data" 'Database system identifier')"
  tell_counts
}

# older, extended: bin number database; extensions come to the version that the new programs bring
older="FROM pg_extension e JOIN pg_available_extensions a ON a.name = e.extname WHERE a.default_version <> e.extversion"
older() {
  inside "$1" "$3" <<END
SELECT e.extname $older;
END
}

extended() {
  inside "$1" "$3" <<END
SELECT format('ALTER EXTENSION %I UPDATE', e.extname) $older \gexec
END
}

step_start() {
  have "$work/upgraded" || fail unclear
  superuser=$(pg_run cat "$work/superuser")
  if ! have "$work/writes"; then
    down "$new_bin" "$new_data"
    opened "$new_bin" "$new_data" "$new_conf" on
    same "$new_bin" "$to/$name"
    stale=$(each_database older "$new_bin") || exit
    if [ -n "$stale" ]; then
      shut
      opened "$new_bin" "$new_data" "$new_conf" off
      each_database extended "$new_bin" >&2 || exit
      shut
      opened "$new_bin" "$new_data" "$new_conf" on
    fi
    each_database counters "$new_bin" >"$state/.liftlock-writes-$key" || exit
    shut
    kept "$work/writes" <"$state/.liftlock-writes-$key"
    rm -f "$state/.liftlock-writes-$key"
  fi
  at_boot "$to" "$(pg_run cat "$work/start-conf")"
  runs "$new_bin" "$new_data" || service start "$to" || fail not_started cluster "$to/$name"
  version=$(version_of) || exit
  [ "${version%%.*}" = "$to" ] || fail version found "$version" version "$to"
  analyzed=yes
  pg_run timeout "$analyze" "$new_bin/vacuumdb" --all --analyze-in-stages -w -q -h "${pg_socket:-/var/run/postgresql}" \
    -p "$pg_port" -U "$superuser" >&2 </dev/null || analyzed=partly
  say version "$version"
  say analyzed "$analyzed"
  tell_counts
}

"step_$verb"
