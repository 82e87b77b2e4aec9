# The previous drop-in comes back, or the file goes where there was none. What was never written is left alone.
# what systemd reads, file
: "${file:?}"
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
