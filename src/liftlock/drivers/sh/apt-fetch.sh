# Everything but the installation: the index, the check of what would change, the new packages, and the old ones for
# the way back. If any of it cannot be had, nothing was written.
# what apt reads, hold update fresh_min
: "${update:?}" "${fresh_min:?}"
rm -rf "$work"
mkdir -p "$work/old"
trap uncalm EXIT
trap 'exit 143' HUP INT TERM

freshen() {
  [ "$update" = yes ] || return 0
  [ "$fresh_min" = 0 ] || [ -z "$(find "$state/saved/apt-index" -mmin "-$fresh_min" 2>/dev/null)" ] || return 0
  # shellcheck disable=SC2086 # words
  insist apt-get $options update || blame index
  : >"$state/saved/apt-index"
  say index updated
}

# remember: versions, marks and holds as they are, of every package that the step names or changes
remember() {
  read_autos
  {
    # shellcheck disable=SC2086 # words
    printf '%s\n' $names
    cut -d ' ' -f 2 "$work/changes"
  } | sort -u | while read -r name; do
    version=$(present "$name")
    auto=manual
    held=free
    if is_auto "$name"; then auto=auto; fi
    if is_held "$name"; then held=held; fi
    printf '%s %s %s %s\n' "$name" "${version:--}" "$auto" "$held"
  done >"$work/before"
  say before "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' "$work/before")"
}

# is_whole file package version: the archive can be read, and is this package in this version
is_whole() {
  [ -f "$1" ] || return 1
  told=$(dpkg-deb -f "$1" Package Version 2>/dev/null | sed 's/^[A-Za-z]*: //' | tr '\n' ' ')
  [ "$told" = "$2 $3 " ] || return 1
  dpkg-deb --fsys-tarfile "$1" >/dev/null 2>&1
}

# keep package version: its archive, from the cache, the repository, or made anew from what is installed
keep() {
  cached=$(printf '%s' "$2" | sed 's/:/%3a/g')
  for file in "/var/cache/apt/archives/${1%%:*}_${cached}_"*.deb; do
    if is_whole "$file" "${1%%:*}" "$2"; then
      cp "$file" "$work/old/" && kept_from=cache && return 0
    fi
  done
  if (cd "$work/old" && apt-get -q download "$1=$2") </dev/null >"$log" 2>&1; then kept_from=repository && return 0; fi
  if command -v dpkg-repack >/dev/null; then
    (cd "$work/old" && as_root dpkg-repack "$1") </dev/null >"$log" 2>&1 && kept_from=repacked && return 0
  fi
  tail -n 20 "$log"
  fail no_way_back package "$1" version "$2"
}

keep_old() {
  while read -r what name old new arch; do
    [ "$old" != - ] || continue
    keep "$name" "$old"
    sources="${sources:-}, $name $old $kept_from"
  done <"$work/changes"
  for file in "$work/old/"*.deb; do
    [ -e "$file" ] || continue
    named=$(dpkg-deb -f "$file" Package)
    found=$(sha256sum <"$file")
    printf '%s %s %s\n' "$named" "${found%% *}" "$file"
  done >"$work/debs"
  say old "$(printf '%s' "${sources:-}" | cut -c 3-)"
  say old_sha256 "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' "$work/debs")"
}

# room: for the archives, and for what comes out of them
room() {
  packed=0
  unpacked=0
  while read -r what name old new arch; do
    [ "$new" != - ] || continue
    shown=$(apt-cache show --no-all-versions "$name=$new" | sed -n 's/^\(Size\|Installed-Size\): \([0-9]*\)$/\1=\2/p')
    for each in $shown; do
      case $each in
        Size=*) packed=$((packed + ${each#*=} / 1024 + 1)) ;;
        Installed-Size=*) unpacked=$((unpacked + ${each#*=})) ;;
      esac
    done
  done <"$work/changes"
  spare /var/cache/apt/archives "$((packed + 1024))"
  spare /usr "$((unpacked + 20480))"
  spare /var/lib/dpkg 20480
}

# spare folder KiB
spare() {
  free=$(df -Pk "$1" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$2" ] || fail room path "$1" need_kb "$2" free_kb "$free"
}

if is_interrupted; then
  calm
  repair
fi
freshen
holds_allow
offered
# an own hold would be in the way of the simulation; that it may be changed was decided above
# shellcheck disable=SC2086 # words
simulate "$work/changes" --allow-change-held-packages install $requests
while read -r what name old new arch; do
  if is_held "$name" && ! is_in "$name" "$names"; then fail held message "$name"; fi
done <"$work/changes"
allowed "$work/changes"
listed "$work/changes"
remember
room
keep_old
# shellcheck disable=SC2086 # words
insist apt-get $options --allow-change-held-packages --download-only install $requests || blame fetch
say kept "$work"
