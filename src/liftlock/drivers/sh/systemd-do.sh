# Start, stop, restart or reload a unit, and see that it happened and lasts.
# what systemd reads, verb stays within
: "${verb:?}" "${stays:?}" "${within:?}"
mkdir -p "$saved"

# wait_for condition: until systemd has nothing left to do for the unit and the condition holds, `within` seconds at most
wait_for() {
  ticks=$((within * 5 + 1))
  while [ "$ticks" -gt 0 ]; do
    look
    [ "$restarts" -ge "$restarts_were" ] || restarts_were=$restarts # a start by hand counts from nought
    if [ -z "$job" ] && "$1"; then return 0; fi
    ! hopeless || return 1
    ticks=$((ticks - 1))
    nap
  done
  return 1
}

up() {
  [ "$active" = active ] || return 1
  [ "$verb" != restart ] || [ "$invocation" != "$was" ]
}

# one that does its work and ends may be forgotten by systemd at once: only the command that waits for it can tell
once() {
  asked "$verb" -- "$unit" || {
    look
    broken down
  }
  look
  case $active in active | inactive) ;; *) broken down ;; esac
}

down() {
  case $active in inactive | failed) return 0 ;; *) return 1 ;; esac
}

reloaded() {
  [ "$active" = active ] && [ "$reload" != "$reload_was" ]
}

# hopeless: more waiting changes nothing
hopeless() {
  case $verb in stop | reload) return 1 ;; esac
  if [ -n "$job" ]; then return 1; fi
  [ "$active" = failed ] || [ "$restarts" -gt $((restarts_were + 2)) ]
}

# broken code: what is wrong, said by what tells most, else the code. Having given up, systemd keeps the last result
broken() {
  journal
  if [ "$active" = failed ] && [ "$restarts" -gt "$restarts_were" ]; then fail limit unit "$unit" restarts "$restarts"; fi
  if [ "$sub" = auto-restart ] || [ "$restarts" -gt "$restarts_were" ]; then
    fail loop unit "$unit" restarts "$restarts" result "$result"
  fi
  fail "$1" unit "$unit" found "$active/$sub ($result)" stays "$stays"
}

# lasts: the same run of it, without a restart in between, for `stays` seconds
lasts() {
  if [ "$type" = oneshot ] || [ "$stays" = 0 ]; then return 0; fi
  this=$invocation/$pid
  restarts_were=$restarts
  until=$(($(date +%s) + ${stays%%.*}))
  while [ "$(date +%s)" -le "$until" ]; do
    nap
    look
    if [ "$active" != active ] || [ "$invocation/$pid" != "$this" ]; then broken died; fi
  done
}

look
known
told before
was=$invocation
since_was=$since
reload_was=$reload
printf '%s\n%s\n%s\n' "${was:--}" "$active" "$reload" >"$saved/before.new"
mv -f "$saved/before.new" "$saved/before"
[ "$stale" != yes ] || reread
case $verb in
  stop)
    for trigger in $triggers; do
      [ "$(systemctl show -p ActiveState --value -- "$trigger")" != active ] || fail triggered unit "$unit" by "$trigger"
    done
    ;;
  reload)
    [ "$can_reload" = yes ] || fail no_reload unit "$unit"
    [ "$active" = active ] || fail not_up unit "$unit" found "$active/$sub"
    ;;
  *) if [ "$active" = failed ]; then ctl reset-failed -- "$unit"; fi ;;
esac
look
restarts_were=$restarts
case $type/$verb in
  oneshot/start | oneshot/restart) once ;;
  *) ctl --no-block "$verb" -- "$unit" ;;
esac
case $verb in
  stop) wait_for down || fail still_up unit "$unit" found "$active/$sub" process "$pid" ;;
  reload)
    wait_for reloaded || {
      journal
      fail not_reloaded unit "$unit"
    }
    case $reload_result/$reload in
      success/*'status=0'* | '/'*'status=0'*) ;;
      *)
        journal
        fail reload_failed unit "$unit" found "$reload_result"
        ;;
    esac
    lasts
    ;;
  *)
    if [ "$type" != oneshot ]; then wait_for up || broken down; fi
    if [ "$verb" = restart ] && [ "$pid" != 0 ] && [ "$since" = "$since_was" ]; then fail same unit "$unit" process "$pid"; fi
    lasts
    ;;
esac
told after
say restarts "$restarts"
say invocation "$invocation"
say enabled "$enabled"
