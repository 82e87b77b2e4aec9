# A Redis of our own that holds a saved file and nothing else: its own folder, a socket, a port only if one is asked for.
# path sha256 list keys exact
: "${sha256?}" "${list?}" "${keys?}" "${exact?}"
[ -n "${path?}" ] || fail none
scratch=$(mktemp -d "${TMPDIR:-/tmp}/liftlock-redis.XXXXXX") # a socket's name may only be short
scratch_pid=''

clean() {
  if [ -n "$scratch_pid" ]; then
    kill "$scratch_pid" 2>/dev/null || :
    wait "$scratch_pid" 2>/dev/null || :
  fi
  rm -rf "$scratch"
}
trap clean EXIT
trap 'exit 143' HUP INT TERM

# sound file digest: is it the file that was written?
sound() {
  [ -f "$1" ] || fail none
  found=$(sha256sum <"$1")
  [ "${found%% *}" = "$2" ] || fail damaged path "$1" found "${found%% *}" expected "$2"
}

# at_scratch command: with the scratch server's password, which is none but while it is replicated from
auth=''
at_scratch() (
  REDISCLI_AUTH=$auth
  export REDISCLI_AUTH
  [ -n "$auth" ] || unset REDISCLI_AUTH
  redis_user=''
  "$@"
)

# serve port: returns when it holds everything
serve() {
  cp "$path" "$scratch/dump.rdb"
  set -- --port "$1" --bind 127.0.0.1 --unixsocket "$scratch/s" --unixsocketperm 700 --dir "$scratch" \
    --dbfilename dump.rdb --save '' --appendonly no --daemonize no --repl-diskless-sync-delay 0 --pidfile "$scratch/pid" --protected-mode yes
  if [ -n "$auth" ]; then
    printf 'requirepass "%s"\n' "$(printf '%s' "$auth" | sed 's/[\\"]/\\&/g')" >"$scratch/conf"
    set -- "$scratch/conf" "$@"
  fi
  "${redis_bin}redis-server" "$@" >"$scratch/log" 2>&1 </dev/null 9>&- &
  scratch_pid=$!
  ticks=$((${within%%.*} * 5 + 5))
  until [ "$(at_scratch redis_at "$scratch/s" PING)" = PONG ]; do
    ticks=$((ticks - 1))
    if [ "$ticks" = 0 ] || ! kill -0 "$scratch_pid" 2>/dev/null; then
      tail -n 20 "$scratch/log"
      fail scratch
    fi
    nap
  done
}

# as_listed address: it holds what was seen, and as many keys
as_listed() {
  learn "$1"
  now=$(keys)
  sampled "$1" >"$scratch/now"
  LC_ALL=C comm -23 "${path%.rdb}.list" "$scratch/now" | head -n 20 >"$scratch/other"
  if [ -s "$scratch/other" ] || { [ "$exact" = yes ] && [ "$now" != "$keys" ]; }; then
    cat "$scratch/other"
    fail differs found "$now" expected "$keys"
  fi
}

sound "$path" "$sha256"
sound "${path%.rdb}.list" "$list"
