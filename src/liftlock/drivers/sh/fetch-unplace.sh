# Back to what was there before. What somebody changed since then stays, and a person is told. What was kept is over then:
# whoever puts it there once more keeps what is there then.
# sha256 to run key
: "${to:?}" "${sha256:?}"
saved=${state:?}/saved/${run:?}/${key:?}.was
over() { rm -f "$saved.known" "$saved"; }
if [ ! -e "$saved.known" ]; then
  say back nothing
  exit 0
fi
IFS= read -r before <"$saved.known"
found=
if [ -e "$to" ]; then found=$(as_root sha256sum "$to" | { read -r sum _ && printf '%s' "$sum"; }); fi
if [ -n "$found" ] && [ "$found" != "$sha256" ]; then
  if [ -e "$saved" ] && [ "$found" = "$(as_root sha256sum "$saved" | { read -r sum _ && printf '%s' "$sum"; })" ]; then
    over
    say back already
    exit 0
  fi
  fail changed path "$to"
fi
if [ "$before" = file ]; then
  [ -e "$saved" ] || fail lost path "$saved"
  as_root cp -p "$saved" "${to%/*}/.liftlock-old-$key"
  as_root mv -f "${to%/*}/.liftlock-old-$key" "$to"
else
  as_root rm -f "$to"
fi
over
say back "$before"
