# The saved file is whole by redis-check-rdb, and a scratch server that reads it holds what was seen.
checked=$("${redis_bin}redis-check-rdb" "$path" 2>&1) || {
  printf '%s\n' "$checked" | tail -n 20
  fail broken
}
serve 0
at_scratch as_listed "$scratch/s" || exit
learned=$(at_scratch told "$scratch/s" INFO)
older .list .rdb
say path "$path"
say sha256 "$sha256"
say proved "$(keys)"
say sampled "$(grep -c . "${path%.rdb}.list" || :)"
