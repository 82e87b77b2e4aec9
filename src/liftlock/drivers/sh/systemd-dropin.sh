# A drop-in of a unit: written in one rename, the previous one kept, and known to systemd before the step ends.
# what systemd reads, file content
: "${file:?}" "${content?}"
folder=${file%/*}
look
known
mkdir -p "$saved"
if [ ! -e "$saved/previous" ] && [ ! -e "$saved/absent" ]; then
  if [ -e "$file" ]; then
    cp "$file" "$saved/previous.new"
    mv -f "$saved/previous.new" "$saved/previous"
  else
    : >"$saved/absent"
  fi
fi
printf '%s' "$content" >"$saved/content"
if [ -e "$file" ] && cmp -s "$saved/content" "$file"; then
  say changed no
else
  say changed yes
  old=$file
  [ -e "$old" ] || old=/dev/null
  diff -u -L "$file" -L "$file" "$old" "$saved/content" | head -n 200 || :
  as_root install -d -m 0755 "$folder" || fail write path "$file"
  as_root install -m 0644 "$saved/content" "$file.liftlock-new" || fail write path "$file"
  as_root mv -f "$file.liftlock-new" "$file" || fail write path "$file"
fi
reread
look
known
complaints=$(systemd-analyze verify "$unit" 2>&1 | grep -F "$file" | head -n 5) || :
case " $drop_ins " in
  *" $file "*) ;;
  *) fail unread path "$file" ;;
esac
[ -z "$complaints" ] || {
  printf '%s\n' "$complaints"
  fail bad_setting path "$file" message "$complaints"
}
say path "$file"
