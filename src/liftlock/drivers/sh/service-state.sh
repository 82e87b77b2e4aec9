# Reads a service's state: `state` (running | starting | failed | stopped), `who` (which process, as long as it is one).
# unit start_command stop_command status_command pid_file sudo
: "${unit:?}" "${start_command?}" "${stop_command?}" "${status_command?}" "${pid_file?}" "${sudo:?}"

# ctl verb [argument]...: as root where the plan says so
ctl() {
  if [ "$sudo" = yes ]; then as_root systemctl "$@"; else systemctl "$@"; fi
}

own() {
  [ -n "$start_command$stop_command$status_command$pid_file" ]
}

look() {
  if own; then look_own; else look_unit; fi
}

look_unit() {
  pid=0
  began=
  active=
  loaded=
  shown=$(systemctl show -p LoadState -p ActiveState -p MainPID -p ExecMainStartTimestampMonotonic -- "$unit") || fail systemctl
  while IFS='=' read -r name value; do
    case $name in
      LoadState) loaded=$value ;;
      ActiveState) active=$value ;;
      MainPID) pid=$value ;;
      ExecMainStartTimestampMonotonic) began=$value ;;
    esac
  done <<EOF
$shown
EOF
  [ "$loaded" != not-found ] || fail unknown unit "$unit"
  who=$pid:$began
  case $active in
    active | reloading) state=running ;;
    activating | deactivating) state=starting ;;
    failed) state=failed ;;
    *) state=stopped ;;
  esac
}

look_own() {
  state=stopped
  who=
  if [ -n "$pid_file" ]; then
    pid=
    [ ! -r "$pid_file" ] || read -r pid <"$pid_file" || :
    case $pid in '' | *[!0-9]*) return 0 ;; esac
    if [ -r "/proc/$pid/stat" ]; then
      read -r stat <"/proc/$pid/stat" 2>/dev/null || return 0
      stat=${stat##*) }
      case $stat in Z* | X*) return 0 ;; esac # dead, only not yet buried
      # shellcheck disable=SC2086 # the fields after the name: state, then 18 more, then when it began
      set -- $stat
      who=$pid:${20:-}
    else
      kill -0 "$pid" 2>/dev/null || return 0
      who=$pid:
    fi
  fi
  if [ -n "$status_command" ]; then
    own_words "$status_command" </dev/null >/dev/null 2>&1 || return 0
  fi
  state=running
}

