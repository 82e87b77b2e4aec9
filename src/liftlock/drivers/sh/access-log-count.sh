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

# log_format combined with names behind the request (rt= or request_time=; at a load balancer upstream=, and us=, urt= for
# each server that was tried), else with the duration as the first decimal number behind the last quotes; or JSON with
# nginx's own names. A client cannot write a quote: nginx escapes it.
# shellcheck disable=SC2016
nginx='
{
  is_json = substr($0, 1, 1) == "{"
  parts = is_json ? 0 : split($0, part, "\"")
  status = t = ""
  if (is_json) status = value("status")
  else if (parts > 2) {
    split(part[3], word, " ")
    status = word[1]
  }
  if (status !~ /^[0-9][0-9][0-9]$/) { malformed++; next }
  if (timed == "yes") t = duration()
  if (keyed == "yes") tried(status, t)
  else taken("*", status >= 500, t)
}
# what stands behind a name: to the next name, or in quotes
function value(names,   i, text) {
  if (is_json) {
    if (!match($0, "\"(" names ")\": *(\"[^\"]*\"|[0-9.]+)")) return ""
    text = substr($0, RSTART, RLENGTH)
    sub(/^"[a-z_]*": *"?/, "", text)
    sub(/"$/, "", text)
    return text
  }
  for (i = parts - (parts % 2 == 0); i > 2; i -= 2) {
    text = " " part[i]
    if (!match(text, "[ \t,;|](" names ")=")) continue
    text = substr(text, RSTART + RLENGTH)
    if (text == "") return part[i + 1]
    if (match(text, /[ \t,;|]+[A-Za-z_]+=/)) text = substr(text, 1, RSTART - 1)
    return text
  }
  return ""
}
function duration(   i, text, n) {
  text = value("rt|request_time")
  sub(/[ \t,;|].*/, "", text)
  if (text != "" || is_json) return number(text)
  if (parts % 2 == 0) return ""
  n = split(part[parts], word, " ")
  for (i = parts == 3 ? 3 : 1; i <= n; i++) if (word[i] ~ /^[0-9]+\.[0-9]+$/) return word[i]
  return ""
}
function number(text) { return text ~ /^[0-9]+(\.[0-9]+)?$/ ? text : "" }
# one request, and all servers that were tried: those before the last one failed, unless their own status says better.
# Who gave no answer (502, 504) or not the one that counts has no duration.
function tried(status, t,   n, i, own, took) {
  n = split(value("upstream|upstream_addr"), peer, /, | : /)
  split(value("us|upstream_status"), status_of, /, | : /)
  split(value("urt|upstream_response_time"), time_of, /, | : /)
  if (n == 0 || peer[n] !~ /:/) nobody++
  for (i = 1; i <= n; i++) {
    sub(/[ \t,;|]+$/, "", peer[i])
    if (peer[i] !~ /^[^ \t]+:[^ \t]*$/) continue
    own = status_of[i] + 0
    if (own == 0) own = i < n ? 502 : status
    took = i in time_of ? time_of[i] : n == 1 ? t : ""
    sub(/[ \t,;|]+$/, "", took)
    taken(peer[i], own >= 500, i < n || own == 502 || own == 504 ? "" : number(took))
  }
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
