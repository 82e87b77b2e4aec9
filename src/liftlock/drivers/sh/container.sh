# What the container tool of this host says. `tool` may carry options; empty: docker if its daemon answers, else podman.
: "${tool?}" "${name:?}"

if [ -z "$tool" ]; then
  if command -v docker >/dev/null 2>&1 && as_root docker info >/dev/null 2>&1; then
    tool=docker
  elif command -v podman >/dev/null 2>&1; then
    tool=podman
  else
    fail no_tool
  fi
fi

ask() {
  # shellcheck disable=SC2086 # a tool may carry options
  as_root $tool "$@"
}

# image_of reference: its id, and its name by digest where it has one
image_of() {
  found=$(ask image inspect --format '{{.Id}} {{range .RepoDigests}}{{.}} {{end}}' "$1" 2>/dev/null) || return 1
  image_id=${found%% *}
  image_id=${image_id#sha256:}
  image_ref=
  bare=${1%%@*}
  case ${bare##*/} in *:*) bare=${bare%:*} ;; esac
  for each in ${found#* }; do
    case $each in "$bare@"* | */"$bare@"*) image_ref=$each ;; esac
    [ -n "$image_ref" ] || case $1 in *@*) image_ref=$1 ;; esac
  done
  [ -n "$image_ref" ] || image_ref=sha256:$image_id
}

# what runs under the name: running_id state health started restarts
running() {
  seen=$(ask container inspect --format \
    '{{.Image}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}|{{.State.StartedAt}}' "$name" 2>/dev/null) ||
    seen='- missing |'
  started=${seen#*|}
  # shellcheck disable=SC2086 # three words
  set -- ${seen%%|*}
  running_id=${1#sha256:} container_state=${2:-unknown} health=${3:-}
}

# wait_for id: until the container of this image has run, healthy, for `steady_s`, without a start in between
wait_for() {
  now=$(date +%s)
  until_s=$((now + ${within_s:?}))
  since=''
  begun=''
  while :; do
    running
    now=$(date +%s)
    if [ "$running_id" = "$1" ] && [ "$container_state" = running ] && { [ -z "$health" ] || [ "$health" = healthy ]; }; then
      if [ "$started" != "$begun" ]; then since=$now begun=$started; fi
      [ $((now - since)) -lt "${steady_s:?}" ] || return 0
    else
      begun=''
    fi
    [ "$now" -lt "$until_s" ] || return 1
    sleep 1
  done
}

# why it is not as it should be, with what it printed
blame() {
  ask logs --tail 40 "$name" 2>&1 || :
  [ "$running_id" = "$1" ] || fail image name "$name" found "$running_id" expected "$1"
  fail unwell name "$name" state "$container_state" health "${health:--}"
}

apply() {
  if [ -n "${unit?}" ]; then
    as_root systemctl daemon-reload
    as_root systemctl restart "$unit"
  elif [ -n "${compose?}" ]; then
    ask compose -f "$compose" up -d --no-build ${service:+"$service"}
  else
    own_words "${words?}" </dev/null
  fi
}

# put_line text: the file with this line in the place of its one line for `key`; its owner and mode stay
put_line() {
  count=$(as_root grep -c "^[[:space:]]*${key_name:?}[[:space:]]*=" "${file:?}") || :
  [ "${count:-0}" = 1 ] || fail line file "$file" key "$key_name" count "${count:-0}"
  as_root cp -p "$file" "$file.liftlock-new"
  as_root cat "$file" | key_name=$key_name line=$1 awk '
    { name = $0; sub(/^[ \t]*/, "", name); sub(/[ \t]*=.*/, "", name) }
    index($0, "=") && name == ENVIRON["key_name"] { print ENVIRON["line"]; next } { print }
  ' | as_root tee "$file.liftlock-new" >/dev/null
  as_root mv -f "$file.liftlock-new" "$file"
}
