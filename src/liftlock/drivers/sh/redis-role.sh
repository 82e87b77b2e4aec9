# Roles: who is primary, who could be, and what the configuration files say of it.
# found
: "${found?}"

# persist address: its file says its role, so that a restart does not make another primary of it
persist() {
  answer=$(redis_at "$1" CONFIG REWRITE) || fail silent redis "$1" said "${answer:--}"
  [ "$answer" = OK ] || fail rewrite redis "$1" said "$answer"
}

# in_time command [argument]...: false if it does not succeed within the deadline
in_time() {
  ticks=$((${within%%.*} * 5 + 5))
  until "$@"; do
    ticks=$((ticks - 1))
    [ "$ticks" -gt 0 ] || return 1
    nap
  done
}

# is address role: nothing that fails here ends anything, it may be loading
is() {
  learned=$(redis_at "$1" INFO | tr -d '\r') || return 1
  case $(info role) in slave) [ "$2" = replica ] ;; master) [ "$2" = primary ] ;; *) return 1 ;; esac
}

level() {
  is "$redis" replica && [ "$(info master_link_status)" = up ] || return 1
  source=$(info master_host):$(info master_port)
  ours=$(info slave_repl_offset)
  is "$source" primary || return 1
  behind=$(($(info master_repl_offset) - ours))
  [ "$behind" -le 1024 ] # a ping a second is written to the stream as well
}

# replicas: those of the primary that was learned, that are online: `ip:port offset`, the furthest first
replicas() {
  info 'slave[0-9]*' | sed -n 's/^ip=\([^,]*\),port=\([0-9]*\),state=online,offset=\([0-9]*\).*/\1:\2 \3/p' | sort -k 2 -r -n
}

# hand_over from to: FAILOVER stops writes, waits until the replica is level, and changes both; or changes nothing
hand_over() {
  told "$1" FAILOVER TO "${2%:*}" "${2##*:}" TIMEOUT "$((${within%%.*} * 1000 + 1000))" >/dev/null
  in_time over "$1" || {
    redis_at "$1" FAILOVER ABORT >/dev/null || :
    in_time over "$1" || :
  }
  is "$1" replica || fail late within "$within" redis "$1" role "$(role)"
  in_time is "$2" primary || fail late within "$within" redis "$2" role "$(role)"
  persist "$1"
  persist "$2"
}

over() {
  learned=$(redis_at "$1" INFO | tr -d '\r') || return 1
  [ "$(info master_failover_state)" = no-failover ]
}
