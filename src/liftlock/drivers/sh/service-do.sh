# Restart, start or stop a service, and see that it happened: another process, up and staying up; or none.
# state run key verb stays within, and what service-state reads
: "${verb:?}" "${stays:?}" "${within:?}"
log=${state:?}/saved/${run:?}/${key:?}.log
(umask 077 && mkdir -p "$state/saved/$run")
seconds=$within

nap() {
  sleep 0.2 2>/dev/null || sleep 1
}

# settled up|down: wait until the service is there or gone, at most `within` seconds
settled() {
  ticks=$((seconds * 5))
  while :; do
    look
    case $1:$state in
      up:running | down:stopped | down:failed) return 0 ;;
      up:failed) return 1 ;;
    esac
    ticks=$((ticks - 1))
    [ "$ticks" -gt 0 ] || return 1
    nap
  done
}

# a command of the person's own: its words go to a file, so that a service that keeps it open holds nothing else open
own_step() {
  own_words "$1" </dev/null >"$log" 2>&1 || {
    tail -n 40 "$log"
    fail refused unit "$unit" verb "$verb"
  }
}

stop_own() {
  if [ -n "$stop_command" ]; then own_step "$stop_command"; fi
  settled down || fail still_up unit "$unit" process "$who"
}

act() {
  if ! own; then
    ctl "$verb" -- "$unit" </dev/null || fail refused unit "$unit" verb "$verb"
    return 0
  fi
  case $verb in
    stop) stop_own ;;
    start) if [ "$state" != running ]; then own_step "$start_command"; fi ;;
    restart)
      if [ "$state" = running ]; then stop_own; fi
      own_step "$start_command"
      ;;
  esac
}

explain() {
  if own; then tail -n 40 "$log" 2>/dev/null || :; else systemctl status --no-pager -n 20 -- "$unit" 2>&1 || :; fi
}

look
was=$who
say before "$state"
say before_process "$who"
act
if [ "$verb" = stop ]; then
  settled down || fail still_up unit "$unit" process "$who"
else
  settled up || {
    explain
    fail down unit "$unit" found "$state"
  }
  if [ "$verb" = restart ] && [ "$who" = "$was" ] && [ -n "$who" ]; then fail same unit "$unit" process "$who"; fi
  if [ "$stays" != 0 ]; then
    now=$who
    sleep "$stays"
    look
    if [ "$state" != running ] || [ "$who" != "$now" ]; then
      explain
      fail died unit "$unit" stays "$stays" found "$state"
    fi
  fi
fi
say after "$state"
say after_process "$who"
