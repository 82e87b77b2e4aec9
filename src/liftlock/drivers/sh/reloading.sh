# What reloads have in common: asking for it, and waiting, at most `within` seconds, until it can be seen.
# unit pid_file within
: "${unit?}" "${pid_file?}" "${within:?}"

# until_seen command [argument]...: false if it never succeeds
until_seen() {
  ticks=$((${within%%.*} * 5 + 5))
  until "$@"; do
    ticks=$((ticks - 1))
    [ "$ticks" -gt 0 ] || return 1
    sleep 0.2 2>/dev/null || sleep 1
  done
}

# main_process: the pid of the process that is told to reload
main_process() {
  main=
  if [ -n "$pid_file" ]; then
    [ ! -r "$pid_file" ] || read -r main <"$pid_file" || :
  else
    main=$(systemctl show -p MainPID -- "$unit") || main=
    main=${main#MainPID=}
  fi
  case $main in '' | 0 | *[!0-9]*) fail down pid "${main:--}" ;; esac
  [ -d "/proc/$main" ] || fail down pid "$main"
}

# ask_reload signal: by systemd if it has the unit, else by a signal
ask_reload() {
  if [ -n "$unit" ] && [ -z "$by_signal" ]; then
    as_root systemctl reload -- "$unit" </dev/null || fail command unit "$unit"
  else
    as_root kill -s "$1" "$main" || fail command unit "pid $main"
  fi
}

# newest file...: when the newest of these files came to be what it is, in seconds since 1970, rounded up. Not what it
# says of itself: a file that was put back, or came with a package, is older than its being there.
newest() {
  latest=0
  for file in "$@"; do
    changed=$(stat -L -c '%Z' "$file" 2>/dev/null) || changed=0
    [ "$changed" -le "$latest" ] || latest=$changed
  done
  printf '%s' "$((latest + 1))"
}

# began pid: when the process began, in seconds since 1970
began() {
  read -r stat <"/proc/$1/stat" || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086 # the fields after the name: state, then 18 more, then when it began
  set -- $stat
  while read -r name value; do
    if [ "$name" = btime ]; then printf '%s' "$((value + ${20} / $(getconf CLK_TCK 2>/dev/null || echo 100)))"; fi
  done </proc/stat
}
