# Put the saved data back: the server becomes, for that moment, a replica of a scratch server that holds it. Whatever
# ends this in the middle, it does not stay one: an attempt that was killed is known by its note, and cleaned up after.
: "${memory:?}"
note=$memory.restore # the scratch server's address, and its folder

# primary_again: take writes
primary_again() {
  told "$redis" REPLICAOF NO ONE >/dev/null
  rm -f "$note"
}

# left_over: what an attempt that was killed has left: a primary that follows a scratch server, and that server
left_over() {
  { IFS= read -r at && IFS= read -r folder; } <"$note" || return 0
  [ "$(info master_host):$(info master_port)" != "$at" ] || primary_again
  case $folder in
    */liftlock-redis.??????)
      at_scratch redis_at "$folder/s" SHUTDOWN NOSAVE >/dev/null || :
      rm -rf "$folder"
      ;;
  esac
}

ended() {
  if [ -e "$note" ] && ! (primary_again); then printf 'it may still be a replica: REPLICAOF NO ONE makes it primary\n'; fi
  clean
}

learn "$redis"
auth=$(told "$redis" CONFIG GET masterauth | sed -n 2p) || exit
[ ! -r "$note" ] || left_over
rm -f "$note"
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
serve "$port"
mkdir -p "${note%/*}"
printf '%s\n' "127.0.0.1:$port" "$scratch" >"$note"
trap ended EXIT
told "$redis" REPLICAOF 127.0.0.1 "$port" >/dev/null
ticks=$((${within%%.*} * 5 + 5))
until learned=$(redis_at "$redis" INFO | tr -d '\r') && [ "$(info master_link_status)" = up ]; do
  ticks=$((ticks - 1))
  [ "$ticks" -gt 0 ] || break
  nap
done
took=$(info master_link_status)
primary_again
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
