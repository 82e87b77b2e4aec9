# What the file is now, and how the new content would differ: changes nothing on the host but a scratch file of its own.
# state run key file content mode show
umask 077
: "${content?}" "${mode?}" "${show:?}"
saved=${state:?}/saved/${run:?}/${key:?}
target=${file:?}
found=absent
now=
if [ -f "$target" ]; then
  found=$(sha256sum <"$target")
  found=${found%% *}
  now=$(stat -L -c '%a' "$target")
fi
say found "$found"
say mode "$now"
if [ -e "$saved/original" ] || [ -e "$saved/absent" ]; then say remembered yes; fi
old=$target
[ -f "$old" ] || old=/dev/null
case $show${mode:-${now:-0644}} in
  yes* | auto*[4567]) printf '%s' "$content" | diff -u -L "$target" -L "$target" "$old" - | head -n 400 || : ;;
esac
