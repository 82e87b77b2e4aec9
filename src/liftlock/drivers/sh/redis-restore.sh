# Put the saved data back: the server becomes, for that moment, a replica of a scratch server that holds it.
learn "$redis"
[ "$(role)" = primary ] || fail replica source "$(info master_host):$(info master_port)"

# free_port: one that nobody listens at
free_port() {
  port=$((20000 + $$ % 20000))
  while [ "$(at_scratch redis_at "127.0.0.1:$port" PING 2>/dev/null | head -c 17)" != 'Could not connect' ]; do
    port=$((port + 1))
  done
  printf '%s' "$port"
}

port=$(free_port)
auth=$(told "$redis" CONFIG GET masterauth | sed -n 2p) || exit
serve "$port"
told "$redis" REPLICAOF 127.0.0.1 "$port" >/dev/null
ticks=$((${within%%.*} * 5 + 5))
until learned=$(redis_at "$redis" INFO | tr -d '\r') && [ "$(info master_link_status)" = up ]; do
  ticks=$((ticks - 1))
  [ "$ticks" -gt 0 ] || break
  nap
done
took=$(info master_link_status)
told "$redis" REPLICAOF NO ONE >/dev/null
[ "$took" = up ] || fail late within "$within"
while learn "$redis" && [ "$(info aof_enabled)" = 1 ] &&
  [ "$(info aof_rewrite_in_progress)/$(info aof_rewrite_scheduled)" != 0/0 ]; do
  ticks=$((ticks - 1)) # its append-only file is written anew; before that, a restart would not find what was restored
  [ "$ticks" -gt 0 ] || fail late within "$within"
  nap
done
as_listed "$redis"
say path "$path"
say restored "$now"
