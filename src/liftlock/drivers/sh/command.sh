# The person's own command, unless it is done already; and a look whether it is done now.
# names text done_when shell
: "${text?}" "${done_when?}" "${shell:?}"

# the same with another interpreter; what its words may name is in its environment
through() (
  for u_ in ${names?}; do
    eval "$u_=\$u_$u_"
    export "${u_?}"
  done
  # shellcheck disable=SC2086 # an interpreter may carry options
  case ${shell%% *} in
    perl | */perl | ruby | */ruby | node | */node) exec $shell -e "$1" ;;
    *) exec $shell -c "$1" ;;
  esac
)

done_now() {
  own_words "$done_when" </dev/null >/dev/null 2>&1
}

if [ -n "$done_when" ] && done_now; then
  say already yes
  exit 0
fi
set +e
if [ "$shell" = sh ]; then
  own_words "set -e
$text" </dev/null
else
  through "$text" </dev/null
fi
status=$?
set -e
[ "$status" = 0 ] || fail status status "$status"
if [ -n "$done_when" ]; then
  done_now || fail undone
  say already no
fi
