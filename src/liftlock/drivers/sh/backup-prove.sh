# Restore a backup into a scratch folder and compare every file with the list; the scratch folder goes in any case.
# state key sha256 manifest, and what rights and older read
umask 077
: "${sha256?}" "${manifest?}"
[ -n "${path?}" ] || fail none
listed=${path%.tar.gz}.manifest
names=${path%.tar.gz}.names
scratch=${path%/*}/.liftlock-proof-${key:?}

prove() {
  set --
  while IFS= read -r file; do
    [ -z "$file" ] || set -- "$@" ".$file"
  done <"$names"
  list "$scratch" "$@" >"$scratch.manifest" || fail differs
  cmp -s "$listed" "$scratch.manifest" || {
    diff "$listed" "$scratch.manifest" | head -n 20 || :
    fail differs
  }
}

if [ ! -f "$path" ] || [ ! -f "$listed" ] || [ ! -f "$names" ]; then fail none; fi
found=$(sha256sum <"$path")
[ "${found%% *}" = "$sha256" ] || fail damaged path "$path" found "${found%% *}" expected "$sha256"
found=$(sha256sum <"$listed")
[ "${found%% *}" = "$manifest" ] || fail damaged path "$listed" found "${found%% *}" expected "$manifest"
clean() {
  # folders without write permission keep nobody but root from removing what is in them
  [ ! -d "$scratch" ] || as_told chmod -R u+rwX "$scratch" 2>/dev/null || :
  as_told rm -rf "$scratch"
  rm -f "$scratch.manifest"
}
trap clean EXIT
trap 'exit 143' HUP INT TERM
clean
mkdir "$scratch"
unpack "$path" -C "$scratch" || fail unpack
prove
older .manifest .tar.gz .names
say path "$path"
say sha256 "$sha256"
say proved "$(grep -c '^\\*[0-9a-f]\{64\}  ' "$listed" || :)"
