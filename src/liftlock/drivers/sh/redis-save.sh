# Let Redis save, and copy what it saved, with a sample of what was there before and after it: what is in both counts.
# set to as
: "${set:?}" "${as?}"
to=${to:-$state/backups}
work=$to/.liftlock-$set.$run.$key
count=1

saved_file() {
  folder=$(told "$redis" CONFIG GET dir | sed -n 2p) || exit
  name=$(told "$redis" CONFIG GET dbfilename | sed -n 2p) || exit
  printf '%s/%s' "$folder" "$name"
}

# quiet: no save is under way
quiet() {
  ticks=$((${within%%.*} * 5 + 5))
  while learn "$redis" && [ "$(info rdb_bgsave_in_progress)" != 0 ]; do
    ticks=$((ticks - 1))
    [ "$ticks" -gt 0 ] || fail save said "it is still saving after $within s"
    nap
  done
}

# save: its time is told in seconds, so that a save of the same second is not taken for ours
save() {
  quiet
  last=$(info rdb_last_save_time)
  while [ "$(date +%s)" -le "$last" ]; do nap; done
  told "$redis" BGSAVE >/dev/null
  quiet
  if [ "$(info rdb_last_bgsave_status)" != ok ] || [ "$(info rdb_last_save_time)" -le "$last" ]; then
    fail save said "$(info rdb_last_bgsave_status); its log says why"
  fi
}

copy() {
  if [ -r "$file" ] || [ -z "$as" ]; then cat "$file"; else as_user "$as" cat "$file"; fi >"$work.rdb" ||
    fail unread path "$file"
}

mkdir -p "$to"
trap 'rm -f "$work".*' EXIT
trap 'exit 143' HUP INT TERM
file=$(saved_file) || exit
learn "$redis"
need_kb=$(($(info used_memory) / 1024))
free_kb=$(df -P -k "$to" | tail -n 1 | while read -r _ _ _ free _; do printf '%s' "$free"; done)
[ "$free_kb" -gt "$need_kb" ] || fail space need_kb "$need_kb" free_kb "$free_kb"
before=$(keys)
sampled "$redis" >"$work.before"
save
copy
sampled "$redis" >"$work.after"
learn "$redis"
exact=no
if [ "$before" = "$(keys)" ] && [ "$(info rdb_changes_since_last_save)" = 0 ] && [ "$(expiring)" = 0 ]; then exact=yes; fi
LC_ALL=C comm -12 "$work.before" "$work.after" >"$work.list"
while [ -e "$to/$set.$run.$key-$count.list" ]; do count=$((count + 1)); done
id=$set.$run.$key-$count
digest=$(sha256sum <"$work.rdb")
list=$(sha256sum <"$work.list")
sampled=$(grep -c . "$work.list") || :
size=$(stat -c '%s' "$work.rdb")
mv -f "$work.list" "$to/$id.list"
mv -f "$work.rdb" "$to/$id.rdb"
say id "$id"
say path "$to/$id.rdb"
say sha256 "${digest%% *}"
say list "${list%% *}"
say size "$size"
say keys "$(keys)"
say exact "$exact"
say sampled "$sampled"
say version "$(info redis_version)"
