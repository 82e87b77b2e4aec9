# Reload HAProxy: another worker, of the installed version, takes over the sockets; what was taken out stays out.
# verb config socket state_file program
: "${verb:?}" "${config:?}" "${socket:?}" "${state_file?}" "${program:?}" "${state:?}" "${key:?}"
by_signal=$pid_file

# runtime command: what HAProxy answers on its runtime socket
runtime() {
  if command -v socat >/dev/null 2>&1; then
    if [ -w "$socket" ]; then
      printf '%s\n' "$1" | socat -t 10 - "UNIX-CONNECT:$socket"
    else
      printf '%s\n' "$1" | as_root socat -t 10 - "UNIX-CONNECT:$socket"
    fi
  else
    perl -e 'use IO::Socket::UNIX; alarm 10; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or exit 1;
      print $s "$ARGV[1]\n"; print while <$s>;' -- "$socket" "$1"
  fi
}

# worker: pid, version and uptime of the process that does the work
worker() {
  pid=''
  version=''
  uptime=0
  info=$(runtime 'show info' 2>/dev/null) || return 1
  while IFS=': ' read -r name value; do
    case $name in
      Pid) pid=$value ;;
      Version) version=$value ;;
      Uptime_sec) uptime=$value ;;
    esac
  done <<EOF
$info
EOF
  [ -n "$pid" ]
}

another() {
  worker && [ "$pid" != "$was" ]
}

# out: servers that were taken out, or weighted, at run time: `backend/server state weight`, a line each
out() {
  runtime 'show servers state' | while read -r _ backend _ server _ _ admin weight initial _; do
    case $admin in '' | *[!0-9]*) continue ;; esac
    kept=
    [ $((admin & 8)) = 0 ] || kept=drain
    [ $((admin & 1)) = 0 ] || kept=maint
    if [ -n "$kept" ] || [ "$weight" != "$initial" ]; then printf '%s\n' "$backend/$server ${kept:-ready} $weight"; fi
  done
}

installed_version() {
  "$program" -v 2>/dev/null | {
    read -r _ _ said _ || said=
    printf '%s' "$said"
  }
}

# keep_states: let the next process know what was taken out, or refuse
keep_states() {
  [ -n "$taken" ] || [ -n "$state_file" ] || return 0
  if [ -z "$state_file" ] || ! loads_states; then
    fail forgets count "$(printf '%s\n' "$taken" | wc -l | tr -d ' ')" server "${taken%% *}"
  fi
  new=$state/.liftlock-states-$key
  trap 'rm -f "$new"' EXIT
  runtime 'show servers state' >"$new" || fail silent socket "$socket"
  if [ -w "$state_file" ]; then
    cat "$new" >"$state_file" || fail state path "$state_file"
  else
    as_root cp "$new" "$state_file" || fail state path "$state_file"
  fi
}

# config_lines option pattern: of a file, or of every file in a folder
config_lines() {
  if [ -r "$config" ]; then grep -r -E "$@" "$config"; else as_root grep -r -E "$@" "$config"; fi
}

loads_states() {
  config_lines -q '^[[:space:]]*load-server-state-from-file[[:space:]]+(global|local)'
}

# all_free: what is to be bound is bound by HAProxy already, or by nobody. It is not tested by HAProxy itself, which
# answers nobody for seconds while a new worker tries to bind what it cannot.
all_free() {
  command -v ss >/dev/null 2>&1 || return 0
  config_lines -h '^[[:space:]]*bind[[:space:]]' | while read -r _ listed _; do
    for address in $(printf '%s' "$listed" | tr ',' ' '); do is_free "$address" || printf '%s ' "$address"; done
  done >"$state/.liftlock-taken-$key"
  not_free=$(cat "$state/.liftlock-taken-$key")
  rm -f "$state/.liftlock-taken-$key"
  [ -z "$not_free" ] || fail taken address "${not_free% }"
}

# is_free address: at no host, or at this one, or at all of them. Only what is a port of IPv4 can be told.
is_free() {
  port=${1##*:}
  case $port in '' | *[!0-9]*) return 0 ;; esac
  listening=$(as_root ss -H -l -t -n -p "sport = :$port")
  case $listening in '' | *"pid=$was,"*) return 0 ;; esac
  case ${1%:*} in '' | '*' | 0.0.0.0) return 1 ;; esac
  case " $listening" in *" ${1%:*}:$port "* | *" 0.0.0.0:$port "* | *" *:$port "*) return 1 ;; esac
}

# still_out: each server that was taken out is still; one that came back is taken out again, and told
still_out() {
  now=$(out)
  printf '%s\n' "$taken" | while read -r server kept _; do
    case $kept in drain | maint) ;; *) continue ;; esac
    case "$nl$now$nl" in *"$nl$server $kept "*) continue ;; esac
    runtime "set server $server state $kept" >/dev/null
    printf '%s' "$server"
    break
  done
}

worker || fail silent socket "$socket"
installed=$(installed_version)
say version "$version"
say installed "$installed"
say process "$pid"
taken=$(out)
if [ "$verb" = look ]; then
  if [ "$version" = "$installed" ] && [ "$(($(date +%s) - uptime))" -gt "$(newest "$config" "$program")" ]; then
    say taken_up yes
  else
    say taken_up no
  fi
  exit 0
fi
tested=$(as_root "$program" -c -f "$config" </dev/null 2>&1) || {
  printf '%s\n' "$tested"
  fail config config "$config"
}
main_process
was=$pid
all_free
keep_states
ask_reload USR2
until_seen another || {
  [ -n "$by_signal" ] || systemctl status --no-pager -n 20 -- "$unit" 2>&1 || :
  fail same within "$within" pid "$was"
}
back=$(still_out)
[ -z "$back" ] || fail forgot server "$back"
[ "$version" = "$installed" ] || fail version version "$version" installed "$installed"
say before "$was"
say version "$version"
say process "$pid"
say kept_out "$(printf '%s' "$taken" | grep -c . || :)"
gone() { [ ! -d "/proc/$was" ]; }
if until_seen gone; then say old ended; else say old "serves its last sessions"; fi
