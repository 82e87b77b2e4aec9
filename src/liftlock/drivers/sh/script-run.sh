# A script of the person's, run in a folder that only its user can enter, and that is gone afterwards. What it may name,
# secrets too, stands in a private file beside it, so that it reaches another user as well, and no command line.
# sha256 shell user count arg_<n> names exported done_when run key
umask 077
: "${blob:?}" "${sha256:?}" "${shell?}" "${user?}" "${count:?}" "${done_when?}" "${exported?}"
me=$(id -un)
who=${user:-$me}
kept=$state/saved/${run:?}/${key:?}.place

done_now() {
  own_words "$done_when" </dev/null >/dev/null 2>&1
}

# whoever killed an earlier attempt left its folder
clean() {
  if [ -f "$kept" ]; then
    IFS= read -r place <"$kept" || place=
    case $place in */liftlock-script-*) as_user "$who" rm -rf "$place" ;; esac
    rm -f "$kept"
  fi
}

quoted() {
  printf "export %s='" "$1"
  printf '%s' "$2" | sed "s/'/'\\\\''/g"
  printf "'\n"
}

# the file that is run: what the script may name, then the script in its place
wrapper() {
  printf '#!/bin/sh\n'
  for u_ in ${names?}; do
    eval "quoted \"\$u_\" \"\$u_$u_\""
  done
  for u_ in $exported; do
    eval "quoted \"\$u_\" \"\$$u_\""
  done
  # shellcheck disable=SC2016 # for the shell that runs it
  printf 'cd "$HOME" 2>/dev/null || cd /\n'
  # shellcheck disable=SC2016 # the same
  printf 'exec %s "${0%%/*}/script" "$@"\n' "$shell"
}

if [ -n "$done_when" ] && done_now; then
  say already yes
  exit 0
fi
checked
mkdir -p "$state/saved/$run"
clean
trap clean EXIT
trap 'exit 143' HUP INT TERM
place=$(as_user "$who" mktemp -d /var/tmp/liftlock-script-XXXXXX) || fail user user "$who"
printf '%s\n' "$place" >"$kept"
as_user "$who" tee "$place/script" <"$blob" >/dev/null
wrapper | as_user "$who" tee "$place/run" >/dev/null
as_user "$who" chmod 700 "$place/script" "$place/run"
set --
n=0
while [ "$n" -lt "$count" ]; do
  eval "set -- \"\$@\" \"\$arg_$n\""
  n=$((n + 1))
done
for u_ in $exported; do unset "$u_"; done
status=0
as_user "$who" "$place/run" "$@" </dev/null || status=$?
printf '\n'
[ "$status" = 0 ] || fail status status "$status"
if [ -n "$done_when" ]; then
  done_now || fail undone
  say already no
fi
say script "$sha256"
