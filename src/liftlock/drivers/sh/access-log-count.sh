# What whole lines of an access log say, in sums: on the first line of output bytes, lines, lines that say nothing, and
# requests without a server; then by server: requests, failed ones, those with a duration, its sum, the sum of squares,
# and how many came to lie in which bucket. Values that a client chose cannot pass for the server's: they are quoted.
# timed keyed backend bounds
: "${timed:?}" "${keyed:?}" "${backend?}" "${bounds:?}"

# shellcheck disable=SC2016 # awk's own variables
# what both formats share: taken(server, is_failed, seconds or empty), and the sums at the end
sums='
function taken(server, is_failed, t,   low, high, middle) {
  requests[server]++
  if (is_failed) failed[server]++
  if (t == "") return
  t += 0
  timed_of[server]++
  total[server] += t
  squares[server] += t * t
  low = 1
  high = buckets + 1
  while (low < high) {
    middle = int((low + high) / 2)
    if (t <= bound[middle]) high = middle
    else low = middle + 1
  }
  bucket[server, low]++
}
BEGIN { buckets = split(bounds, bound, " ") }
BEGIN { for (i = 1; i <= buckets; i++) bound[i] += 0 }
{ bytes += length($0) + 1 }
END {
  printf "%.0f %.0f %.0f %.0f\n", bytes, NR, malformed, nobody
  for (server in requests) {
    printf "%s %d %d %d %.6f %.9f", server, requests[server], failed[server], timed_of[server], total[server], squares[server]
    for (i = 1; i <= buckets + 1; i++) if ((server, i) in bucket) printf " %d:%d", i, bucket[server, i]
    printf "\n"
  }
}'

# log_format combined with a duration behind the request (rt=, request_time=, or the first decimal number behind the last
# quotes), or JSON. A client cannot write a quote: nginx escapes it.
# shellcheck disable=SC2016
nginx='
{
  status = t = ""
  if (substr($0, 1, 1) == "{") {
    if (match($0, /"status": *"?[0-9][0-9][0-9]/)) status = substr($0, RSTART + RLENGTH - 3, 3)
    if (timed == "yes" && match($0, /"request_time": *"?[0-9][0-9.]*/)) {
      t = substr($0, RSTART, RLENGTH)
      sub(/^.*[: "]/, "", t)
    }
  } else {
    parts = split($0, part, "\"")
    if (parts > 2) {
      split(part[3], word, " ")
      status = word[1]
    }
    if (timed == "yes") t = duration()
  }
  if (status ~ /^[0-9][0-9][0-9]$/) taken("*", status >= 500, t)
  else malformed++
}
function duration(   i, text, n) {
  for (i = parts; i > 2; i--) {
    if (i % 2 == 0) continue
    text = " " part[i]
    if (match(text, /[ \t,;|](rt|request_time)=/)) {
      text = substr(text, RSTART + RLENGTH)
      if (text == "") text = part[i + 1]
      sub(/[ \t,;|].*/, "", text)
      return text ~ /^[0-9]+(\.[0-9]+)?$/ ? text : ""
    }
  }
  if (parts % 2 == 0 || parts < 3) return ""
  n = split(part[parts], word, " ")
  for (i = parts == 3 ? 3 : 1; i <= n; i++) if (word[i] ~ /^[0-9]+\.[0-9]+$/) return word[i]
  return ""
}'

# option httplog: [date] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie state
# shellcheck disable=SC2016
haproxy='
{
  if (!match($0, /\[[0-9]+\/[A-Z][a-z][a-z]\/[0-9]+:[0-9:.]+\] /)) { malformed++; next }
  if (split(substr($0, RSTART + RLENGTH), word, " ") < 8 || split(word[3], timer, "/") != 5 \
    || word[4] !~ /^-?[0-9]+$/ || split(word[2], place, "/") != 2) { malformed++; next }
  if (backend != "" && place[1] != backend) next
  if (substr(place[2], 1, 1) == "<") { nobody++; next }
  status = word[4] + 0
  state = substr(word[8], 1, 1)
  is_failed = status >= 500 || (state ~ /[Ss]/ && status != 101) || (status < 0 && state !~ /[Cc]/)
  t = ""
  if (timed == "yes" && timer[4] >= 0) t = (waited(timer[2]) + waited(timer[3]) + timer[4]) / 1000
  taken(keyed == "yes" ? place[2] : "*", is_failed, t)
}
function waited(t_ms) { return t_ms > 0 ? t_ms + 0 : 0 }'

# count format: reads lines, all of them whole; what is no ASCII is a question mark, so that every awk counts bytes
count() {
  case $1 in haproxy) program=$haproxy ;; *) program=$nginx ;; esac
  tr '\000\200-\377' '[?*]' | awk -v timed="$timed" -v keyed="$keyed" -v backend="$backend" -v bounds="$bounds" "$sums$program"
}
