# Is the drop-in as it should be, and does systemd know it? Changes nothing.
# what systemd reads, file content
: "${file:?}" "${content?}"
look
say loaded "$loaded"
say stale "$stale"
if [ -e "$saved/previous" ] || [ -e "$saved/absent" ]; then say began yes; else say began no; fi
if [ -e "$file" ] && printf '%s' "$content" | cmp -s - "$file"; then say same yes; else say same no; fi
case " $drop_ins " in *" $file "*) say read yes ;; *) say read no ;; esac
old=$file
[ -e "$old" ] || old=/dev/null
printf '%s' "$content" | diff -u -L "$file" -L "$file" "$old" - | head -n 200 || :
