# Put the databases back as they were dumped: what is there now goes, also what came since.
# path sha256 list databases
: "${sha256?}" "${list?}"
[ -n "${path?}" ] || fail none
work=$state/.liftlock-restore-$key
trap 'my_clean; rm -f "$work".*' EXIT
sound "$path" "$sha256"
sound "${path%.sql.gz}.list" "$list"
gzip -t "$path" || fail unpack

drops() {
  # shellcheck disable=SC2016 # backticks of SQL
  printf '%s\n' "$databases" | sed 's/`/``/g; s/^/DROP DATABASE IF EXISTS `/; s/$/`;/'
}

# the dump's own failure is told by a file, since it is the first half of a pipe
{
  drops
  gzip -dc "$path" || : >"$work.failed"
} | my_client >/dev/null 2>"$my_said" || my_failed "$my_said"
[ ! -e "$work.failed" ] || fail unpack
listing my_client >"$work.unsorted" 2>"$my_said" || my_failed "$my_said"
sort "$work.unsorted" >"$work.restored"
as_listed "${path%.sql.gz}.list" "$work.restored" || fail differs
say path "$path"
say restored "$(grep -c "^table$tab" "$work.restored" || :)"
