# Level with its primary again; and primary again, if it was when its lane began.
if [ -r "$memory" ]; then found=$(cat "$memory"); fi
answered() { redis_at "$redis" PING | grep -q '^PONG$'; }
in_time answered || :
learn "$redis"
if [ "$(role)" = replica ]; then
  in_time level ||
    fail behind within "$within" source "${source:--}" link "$(learn "$redis" && info master_link_status)" bytes "${behind:--}"
fi
learn "$redis"
if [ "$found" != primary ] || [ "$(role)" = primary ]; then
  say role "$(role)"
  exit 0
fi
source=$(info master_host):$(info master_port)
port=$(info tcp_port)
me=''

# seen: the primary lists this server as online, which it does a moment after the link is up
seen() {
  learned=$(redis_at "$source" INFO | tr -d '\r') || return 1
  for each in $(replicas | cut -d ' ' -f 1); do
    case ${each##*:}/${each%:*} in
      "$port/127.0.0.1" | "$port/::1") me=$each ;;
      "$port/"*) case " $(hostname -I 2>/dev/null) " in *" ${each%:*} "*) me=$each ;; esac ;;
    esac
  done
  [ -n "$me" ]
}

in_time seen || fail unseen source "$source"
persist "$redis"
persist "$source"
hand_over "$source" "$me"
learn "$source"
[ "$(role)" = replica ] || fail two_writers redis "$redis" source "$source"
say role primary
say former "$source"
