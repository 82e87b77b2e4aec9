# Put everything back as it was archived: each file and folder is unpacked beside its place, then takes it.
# state run key path sha256 manifest, and what rights reads
umask 077
: "${key:?}" "${sha256?}" "${manifest?}"
[ -n "${path?}" ] || fail none
listed=${path%.tar.gz}.manifest
names=${path%.tar.gz}.names
if [ ! -f "$path" ] || [ ! -f "$listed" ] || [ ! -f "$names" ]; then fail none; fi
found=$(sha256sum <"$path")
[ "${found%% *}" = "$sha256" ] || fail damaged path "$path" found "${found%% *}" expected "$sha256"

is() {
  as_told test "$@"
}

remove() {
  if is -d "$1" && ! is -L "$1"; then as_told chmod -R u+rwX "$1" 2>/dev/null || :; fi
  as_told rm -rf "$1"
}

# place file: from the archive into `file`'s own folder under another name, then over it
place() {
  folder=${1%/*}
  folder=${folder:-/}
  scratch=$folder/.liftlock-restore-$key
  old=$folder/.liftlock-replaced-$key
  remove "$scratch"
  as_told mkdir -p "$folder" "$scratch"
  unpack "$path" -C "$scratch" ".$1" || fail unpack
  if is -e "$old" && ! is -e "$1"; then as_told mv -f "$old" "$1"; fi
  remove "$old"
  if ! is -e "$1" && ! is -L "$1"; then
    as_told mv -f "$scratch$1" "$1"
  elif ! is -d "$1" && ! is -d "$scratch$1"; then
    as_told mv -f "$scratch$1" "$1"
  elif as_told mv -f "$1" "$old" 2>/dev/null; then
    as_told mv -f "$scratch$1" "$1"
    remove "$old"
  else
    refill "$1"
  fi
  remove "$scratch"
}

# a folder that cannot be renamed (a mount point): emptied, then filled
refill() {
  as_told find "$1" -mindepth 1 -maxdepth 1 -exec rm -rf {} +
  unpack "$path" -C / ".$1" || fail unpack
}

verify() {
  set --
  while IFS= read -r file; do
    [ -z "$file" ] || set -- "$@" ".$file"
  done <"$names"
  list / "$@" >"${state:?}/.liftlock-restored-$key" || fail differs
  cmp -s "$listed" "$state/.liftlock-restored-$key" || {
    diff "$listed" "$state/.liftlock-restored-$key" | head -n 20 || :
    rm -f "$state/.liftlock-restored-$key"
    fail differs
  }
  rm -f "$state/.liftlock-restored-$key"
}

while IFS= read -r file <&3; do
  [ -z "$file" ] || place "$file"
done 3<"$names"
verify
say path "$path"
say restored "$(grep -c '^\\*[0-9a-f]\{64\}  ' "$listed" || :)"
