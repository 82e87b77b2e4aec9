# How a Redis is asked. A password only ever comes as REDISCLI_AUTH, which redis-cli reads itself.
# state run key redis redis_user redis_bin within
within=${within:-60}
: "${redis:?}" "${redis_user?}" "${redis_bin?}"
umask 077
exec 9>&1 # what fails inside $(…) is told to the same reader
redis_bin=${redis_bin:+$redis_bin/}

# redis_at address command [argument]...: what it answers; the address is a socket's path or host:port
redis_at() {
  redis_to=$1
  shift
  [ -z "$redis_user" ] || set -- --user "$redis_user" "$@"
  case $redis_to in
    /*) set -- -s "$redis_to" "$@" ;;
    *) set -- -h "${redis_to%:*}" -p "${redis_to##*:}" "$@" ;;
  esac
  timeout "$((${within%%.*} + 1))" "${redis_bin}redis-cli" --no-auth-warning "$@" </dev/null 2>&1
}

# told address command [argument]...: the answer, or the failure that it is
told() {
  told_by=$1
  shift
  answer=$(redis_at "$told_by" "$@") || fail silent redis "$told_by" said "$answer" >&9
  case $answer in
    'Could not connect'* | 'Error: '* | 'LOADING '*) fail silent redis "$told_by" said "$answer" >&9 ;;
    'ERR '* | NOAUTH* | WRONGPASS* | NOPERM* | 'DENIED '* | MASTERDOWN* | MISCONF* | READONLY* | 'AUTH failed'*)
      fail refused redis "$told_by" command "$1" said "$answer" >&9
      ;;
  esac
  printf '%s\n' "$answer" | tr -d '\r'
}

# learn address: what INFO says, for `info`
learn() {
  learned=$(told "$1" INFO) || exit
}

# info field: of what was learned last
info() {
  printf '%s\n' "$learned" | sed -n "s/^$1://p"
}

role() {
  if [ "$(info role)" = slave ]; then printf replica; else printf primary; fi
}

# keys: of all databases
keys() {
  info 'db[0-9]*' | {
    sum=0
    while IFS='=,' read -r _ count _; do sum=$((sum + count)); done
    printf '%s' "$sum"
  }
}

# expiring: of them, those that go by themselves
expiring() {
  info 'db[0-9]*' | {
    sum=0
    while IFS='=,' read -r _ _ _ count _; do sum=$((sum + count)); done
    printf '%s' "$sum"
  }
}

# memory: where a run remembers the role that it found here first
: "${key:?}"
# shellcheck disable=SC2034 # what a role's scripts use
memory=$state/saved/${run:?}/redis-$(printf '%s' "$redis" | cksum | tr -c '0-9\n' _)

nap() {
  sleep 0.2 2>/dev/null || sleep 1
}
