# Get an artifact from a web server, where this runs. What was got before a kill or a cut is gone on with, if the server
# still has the same file; nothing has the blob's name before its SHA-256 is right.
# url sha256 plain named ca redirects most_kb key state
umask 077
: "${blob:?}" "${sha256:?}" "${url:?}" "${plain?}" "${named?}" "${ca?}" "${redirects:?}" "${most_kb:?}"
part=$state/blobs/$sha256.${key:?}.part
place=$state/saved/${run:?}/$key.get

if [ -f "$blob" ] && [ "$(sum_of "$blob")" = "$sha256" ]; then
  touch -c "$blob"
  say path "$blob"
  say size "$(wc -c <"$blob" | tr -d ' ')"
  say already yes
  exit 0
fi
mkdir -p "$state/blobs" "$place"
trap 'rm -rf "$place"' EXIT
trap 'exit 143' HUP INT TERM
protocols=http,https
case $url in [hH][tT][tT][pP][sS]:*) protocols=https ;; esac
[ -z "$ca" ] || printf '%s\n' "$ca" >"$place/ca.pem"

# the request's headers, one a line; secrets come as LIFTLOCK_HEADER_<n>, and leave the environment here
wanted=$plain
n=0
for header in $named; do
  eval "secret=\$LIFTLOCK_HEADER_$n; unset LIFTLOCK_HEADER_$n"
  wanted="$wanted$nl$header: ${secret?}"
  n=$((n + 1))
done

# which of the tools is here; busybox' wget checks no certificates
tool=
if command -v curl >/dev/null 2>&1; then
  tool=curl
elif wget --version 2>/dev/null | grep -q GNU; then
  tool=wget
fi
[ -n "$tool" ] || fail no_tool

# to curl through its standard input, to wget in a private file
for_curl() {
  printf '%s\n' "$wanted" | sed -e '/^$/d' -e 's/[\\"]/\\&/g' -e 's/.*/header = "&"/'
}
printf '%s\n' "$wanted" | sed -e '/^$/d' -e 's/^/header = /' >"$place/wgetrc"

ask_curl() {
  set -- -q -K - -sS -f -L --max-redirs "$redirects" --proto "=$protocols" "$@"
  for_curl | curl "$@" --connect-timeout 20 --speed-limit 1 --speed-time 60 "$url"
}

ask_wget() {
  [ -z "$ca" ] || set -- "$@" --ca-certificate="$place/ca.pem"
  wget --config="$place/wgetrc" --max-redirect="$redirects" --tries=1 --timeout=60 -nv "$@" "$url" </dev/null
}

# the answer's last headers: what the file is, and how large
look() {
  case $tool in
    curl) ask_curl ${ca:+--cacert "$place/ca.pem"} -I ;;
    *) ask_wget -S --spider 2>&1 ;;
  esac 2>/dev/null | awk '
    { gsub(/\r/, "") } /^ *HTTP\// { etag = size = date = "" }
    tolower($1) == "etag:" { etag = $2 } tolower($1) == "content-length:" { size = $2 }
    tolower($1) == "last-modified:" { date = $0 }
    END { print size; print etag, date }' >"$place/head" || :
  { IFS= read -r size && IFS= read -r what; } <"$place/head" || size='' what=''
  case $size in *[!0-9]*) size='' ;; esac
}

have() {
  if [ -f "$part" ]; then wc -c <"$part" | tr -d ' '; else echo 0; fi
}

# not more than is allowed, and not more than there is room for
room() {
  [ -n "$size" ] || return 0
  [ "$size" -le $((most_kb * 1024)) ] || fail size size_kb "$((size / 1024))" most_kb "$most_kb"
  need=$(((size - $(have)) / 1024))
  free=$(df -Pk "$state/blobs" | awk 'END { print $4 }')
  case $free in *[!0-9]* | '') ;; *) [ "$free" -gt "$need" ] || fail space need_kb "$need" free_kb "$free" ;; esac
}

get() (
  ulimit -f $((most_kb * 2)) 2>/dev/null || :
  case $tool in
    curl) ask_curl ${ca:+--cacert "$place/ca.pem"} -C - -o "$part" ;;
    *) ask_wget -c -O "$part" ;;
  esac >"$place/said" 2>&1
)

# a part of something else, or of who knows what, is no beginning
fresh() {
  if [ -z "$what$size" ] || [ "$what" = ' ' ] || [ "$(cat "$part.of" 2>/dev/null)" != "$size $what" ]; then
    rm -f "$part"
    printf '%s' "$size $what" >"$part.of"
  fi
}

look
fresh
room
begun=$(have)
tried=0
while [ "$(have)" != "${size:-none}" ] || [ "${size:-0}" = 0 ]; do
  status=0
  get || status=$?
  [ "$status" != 0 ] || break
  tried=$((tried + 1))
  [ "$(have)" -lt $((most_kb * 1024)) ] || {
    rm -f "$part"
    fail size size_kb "$most_kb" most_kb "$most_kb"
  }
  why=$(grep '^curl: (' "$place/said" || tail -n 1 "$place/said")
  # it cannot go on where it was: from the beginning, and at once
  if [ "$tool$status" = curl33 ] && [ "$tried" -lt 3 ]; then
    rm -f "$part"
    continue
  fi
  case "$tool$status $why" in
    curl22*' 5'?? | curl22*' 429' | wget8*' 5'??': '* | wget8*' 429: '*) : ;;
    curl22* | curl47* | curl60* | curl77* | wget8* | wget5*) fail refused url "$url" why "${why:-$status}" ;;
  esac
  [ "$tried" -lt 3 ] || fail broken url "$url" why "${why:-$status}" have_kb "$(($(have) / 1024))"
  sleep "$tried"
done
found=$(sum_of "$part")
if [ "$found" != "$sha256" ]; then
  rm -f "$part" "$part.of"
  fail checksum path "$url" found "${found:--}" expected "$sha256"
fi
mv -f "$part" "$blob"
rm -f "$part.of"
say path "$blob"
say size "$(wc -c <"$blob" | tr -d ' ')"
say resumed "$begun"
say tool "$tool"
say already no
