# Another server takes the primary's role. What was found is remembered before anything is changed.
mkdir -p "${memory%/*}"
learn "$redis"
if [ "$(role)" = replica ]; then
  [ -r "$memory" ] || printf 'replica\n' >"$memory"
  found=$(cat "$memory")
  say found "$found"
  say role replica
  say source "$(info master_host):$(info master_port)"
  exit 0
fi
best=$(replicas | head -n 1)
[ -n "$best" ] || fail alone
best=${best%% *}
persist "$redis"
persist "$best"
[ -r "$memory" ] || printf 'primary\n' >"$memory"
hand_over "$redis" "$best"
in_time level || fail behind within "$within" source "$best" link "$(info master_link_status)" bytes "${behind:--}"
say found "$(cat "$memory")"
say role replica
say source "$best"
