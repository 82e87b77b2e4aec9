# The previous drop-in comes back, or the file goes where there was none. What was never written is left alone; what
# somebody else wrote since is kept aside.
# what systemd reads, file
: "${file:?}"

# is_foreign: neither what we wrote nor what was there before
is_foreign() {
  [ -e "$saved/content" ] && [ -e "$file" ] && ! cmp -s "$saved/content" "$file" &&
    { [ ! -e "$saved/previous" ] || ! cmp -s "$saved/previous" "$file"; }
}

if is_foreign; then
  kept=$(sha256sum <"$file")
  kept=$state/kept/$key-${kept%% *}
  mkdir -p "${kept%/*}"
  cp "$file" "$kept"
  say kept "$kept"
  printf '%s was edited since this run wrote it; the edited file is kept as %s\n' "$file" "$kept"
fi
if [ -e "$saved/previous" ]; then
  as_root install -m 0644 "$saved/previous" "$file.liftlock-new" || fail write path "$file"
  as_root mv -f "$file.liftlock-new" "$file" || fail write path "$file"
  say undone restored
elif [ -e "$saved/absent" ]; then
  as_root rm -f "$file" || fail write path "$file"
  say undone removed
else
  say undone nothing
  exit 0
fi
reread
rm -rf "$saved"
