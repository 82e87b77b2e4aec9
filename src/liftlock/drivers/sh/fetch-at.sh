# What lies where the artifact belongs, and what is kept of before. Changes nothing.
# sha256 to run key
: "${to:?}"
saved=$state/saved/${run:?}/${key:?}.was
at() {
  if [ -e "$1" ]; then
    as_root sha256sum "$1" | { read -r sum _ && printf '%s' "$sum"; }
  fi
}
before=
[ ! -f "$saved.known" ] || IFS= read -r before <"$saved.known"
say found "$(at "$to")"
say was "$(at "$saved")"
say before "$before"
