# The person's own way to take a host out of service or to bring it back, and a look that waits until it is so.
# names text done_when within
: "${text?}" "${done_when?}" "${within:?}"
set +e
own_words "set -e
$text" </dev/null
status=$?
set -e
[ "$status" = 0 ] || fail status status "$status"
ticks=$((within * 5))
while [ -n "$done_when" ]; do
  if own_words "$done_when" </dev/null >/dev/null 2>&1; then break; fi
  ticks=$((ticks - 1))
  [ "$ticks" -gt 0 ] || fail late deadline "$within"
  sleep 0.2 2>/dev/null || sleep 1
done
