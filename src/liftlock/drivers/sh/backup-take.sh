# Archive files and folders with a list of their digests; nothing is called a backup before both are in place.
# state run key files to set, and what rights reads
umask 077
: "${files:?}"
to=${to:-${state:?}/backups}
name=${set:?}.${run:?}.${key:?}
count=1
work=$to/.liftlock-$name

# the names below / of what is backed up, as arguments
relative() {
  set --
  while IFS= read -r file; do
    [ -n "$file" ] || continue
    case $file in /*) ;; *) fail relative path "$file" ;; esac
    case $file/ in // | */../* | */./*) fail whole path "$file" ;; esac
    if ! as_told test -e "$file" && ! as_told test -L "$file"; then fail missing path "$file"; fi
    set -- "$@" ".$file"
  done <<EOF
$files
EOF
  [ $# -gt 0 ] || fail missing path "-"
  work_on "$@"
}

work_on() {
  list / "$@" >"$work.manifest" || fail unread
  refused=no
  as_told tar -c -z --numeric-owner -f - -C / "$@" >"$work.tar.gz" || refused=yes
  list / "$@" >"$work.after" || fail unread
  cmp -s "$work.manifest" "$work.after" || fail changed
  [ "$refused" = no ] || fail unread
}

mkdir -p "$to"
trap 'rm -f "$work.manifest" "$work.after" "$work.tar.gz"' EXIT
trap 'exit 143' HUP INT TERM
relative
while [ -e "$to/$name-$count.manifest" ]; do count=$((count + 1)); done
id=$name-$count
digest=$(sha256sum <"$work.tar.gz")
listed=$(sha256sum <"$work.manifest")
size=$(stat -c '%s' "$work.tar.gz")
held=$(grep -c '^\\*[0-9a-f]\{64\}  ' "$work.manifest") || held=0
printf '%s\n' "$files" >"$to/$id.names"
mv -f "$work.tar.gz" "$to/$id.tar.gz"
mv -f "$work.manifest" "$to/$id.manifest"
say id "$id"
say path "$to/$id.tar.gz"
say sha256 "${digest%% *}"
say manifest "${listed%% *}"
say size "$size"
say files "$held"
