# Put the artifact where it belongs: what was there is kept first, the new one is there whole or not at all.
# sha256 to mode owner run key
: "${blob:?}" "${sha256:?}" "${to:?}" "${mode:?}" "${owner?}"
saved=$state/saved/${run:?}/${key:?}.was
new=${to%/*}/.liftlock-new-$key
checked
[ ! -d "$to" ] || fail folder path "$to"
if [ -e "$to" ] && [ "$(as_root sha256sum "$to" | { read -r sum _ && printf '%s' "$sum"; })" = "$sha256" ]; then
  before=same
elif [ -e "$to" ]; then
  before='file'
else
  before=none
fi
# another attempt keeps what the first one found
if [ ! -e "$saved.known" ] && [ "$before" != same ]; then
  (umask 077 && mkdir -p "$state/saved/$run")
  if [ "$before" = file ]; then as_root cp -p "$to" "$saved.new" && mv -f "$saved.new" "$saved"; fi
  printf '%s\n' "$before" >"$saved.known"
fi
as_root mkdir -p "${to%/*}"
as_root cp "$blob" "$new"
as_root chmod "$mode" "$new"
if [ -n "$owner" ] && ! as_root chown "$owner" "$new"; then
  as_root rm -f "$new"
  fail owner owner "$owner"
fi
as_root mv -f "$new" "$to"
found=$(as_root sha256sum "$to" | { read -r sum _ && printf '%s' "$sum"; })
[ "$found" = "$sha256" ] || fail checksum path "$to" found "${found:--}" expected "$sha256"
say path "$to"
say before "$before"
say sha256 "$sha256"
