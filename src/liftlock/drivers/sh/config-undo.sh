# Put the saved original back, or remove the file where there was none. What was never written is left alone; what
# somebody else wrote since is kept aside.
# state run key file, and what rights reads
umask 077
saved=${state:?}/saved/${run:?}/${key:?}
target=${file:?}
if as_told test -L "$target"; then target=$(as_told readlink -f "$target"); fi
folder=${target%/*}
new=${folder:-/}/.liftlock-new-$key
trap 'as_told rm -f "$new"' EXIT
trap 'exit 143' HUP INT TERM
as_told rm -f "$new"

# the file is neither what we wrote nor what was there before: an edit of somebody's
is_foreign() {
  [ -e "$saved/written" ] && as_told test -f "$target" || return 1
  found=$(as_told sha256sum "$target")
  found=${found#\\}
  found=${found%% *}
  read -r written <"$saved/written"
  [ "$found" != "$written" ] || return 1
  [ ! -e "$saved/original" ] || ! as_told cmp -s "$saved/original" "$target"
}

if is_foreign; then
  kept=$state/kept/$key-$found
  mkdir -p "${kept%/*}"
  as_told cp -p "$target" "$kept"
  say kept "$kept"
  printf '%s was edited since this run wrote it; the edited file is kept as %s\n' "$target" "$kept"
fi
if [ -e "$saved/original" ]; then
  as_told cp -p "$saved/original" "$new"
  as_told mv -f "$new" "$target"
  say undone restored
elif [ -e "$saved/absent" ]; then
  as_told rm -f "$target"
  say undone removed
else
  say undone nothing
fi
rm -rf "$saved"
