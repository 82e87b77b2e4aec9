# Reads a unit as systemd knows it, one property a variable.
# state run key unit
: "${state:?}" "${run:?}" "${key:?}" "${unit:?}"
umask 077
export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=
saved=$state/saved/$run/$key
begun=$(date +%s)
properties=LoadState,ActiveState,SubState,Result,Type,MainPID,ExecMainStartTimestampMonotonic,NRestarts,InvocationID
properties=$properties,CanReload,NeedDaemonReload,UnitFileState,TriggeredBy,Job,ExecReload,ReloadResult
properties=$properties,DropInPaths

# shellcheck disable=SC2034 # each script reads what it wants to know
look() {
  loaded='' active='' sub='' result='' type='' pid=0 since=0 restarts=0 invocation='' can_reload='' stale=''
  enabled='' triggers='' job='' reload='' reload_result='' drop_ins=''
  shown=$(systemctl show -p "$properties" -- "$unit" 2>&1) || fail systemctl message "$shown"
  while IFS='=' read -r name value; do
    case $name in
      LoadState) loaded=$value ;;
      ActiveState) active=$value ;;
      SubState) sub=$value ;;
      Result) result=$value ;;
      Type) type=$value ;;
      MainPID) pid=$value ;;
      ExecMainStartTimestampMonotonic) since=$value ;;
      NRestarts) restarts=$value ;;
      InvocationID) invocation=$value ;;
      CanReload) can_reload=$value ;;
      NeedDaemonReload) stale=$value ;;
      UnitFileState) enabled=$value ;;
      TriggeredBy) triggers=$value ;;
      Job) job=$value ;;
      ExecReload) reload="$reload $(printf '%s' "$value" | sed 's/.*start_time=/start_time=/')" ;;
      ReloadResult) reload_result=$value ;;
      DropInPaths) drop_ins=$value ;;
    esac
  done <<EOT
$shown
EOT
  [ "${job:-0}" != 0 ] || job=
}

# known: the unit is there and may be started
known() {
  case $loaded in
    loaded) ;;
    not-found) fail unknown unit "$unit" ;;
    masked) fail masked unit "$unit" ;;
    *)
      systemd-analyze verify "$unit" 2>&1 | head -n 20 || :
      fail bad_unit unit "$unit" found "$loaded"
      ;;
  esac
}

# journal: what the unit said since this step began, bounded. Members of these groups may read it themselves
journal() {
  set -- -q -u "$unit" --since "@$begun" -n 60 --no-pager -o short-iso
  case " $(id -Gn) " in
    *' adm '* | *' systemd-journal '* | *' root '*) journalctl "$@" 2>/dev/null ;;
    *) try_root journalctl "$@" 2>/dev/null || : ;;
  esac | tail -c 6000
}

# reread: unit files that changed on the disk count from now on
reread() {
  ctl daemon-reload
  say daemon_reload yes
}

# asked argument...: systemctl as root, with what it says
asked() {
  answer=$(as_root systemctl "$@" </dev/null 2>&1) || {
    printf '%s\n' "$answer"
    return 1
  }
}

# ctl verb argument...: what the unit said stands beside a refusal
ctl() {
  asked "$@" || {
    journal
    fail refused unit "$unit" verb "$1"
  }
}

told() {
  say "$1" "$active/$sub"
  say "$1_process" "$pid:$since"
}

nap() {
  sleep 0.2 2>/dev/null || sleep 1
}
