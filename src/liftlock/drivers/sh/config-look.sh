# What the file is now, and how the new content would differ: changes nothing on the host but a scratch file of its own.
# state run key file content mode show, and what rights reads
umask 077
: "${content?}" "${mode?}" "${show:?}"
saved=${state:?}/saved/${run:?}/${key:?}
target=${file:?}
found=absent
now=
if as_told test -f "$target"; then
  found=$(as_told sha256sum "$target")
  found=${found#\\}
  found=${found%% *}
  now=$(as_told stat -L -c '%a' "$target")
fi
say found "$found"
say mode "$now"
if [ -e "$saved/original" ] || [ -e "$saved/absent" ]; then say remembered yes; fi
old=$target
as_told test -f "$old" || old=/dev/null
case $show${mode:-${now:-0644}} in
  yes* | auto*[4567]) printf '%s' "$content" | as_told diff -u -L "$target" -L "$target" "$old" - | head -n 400 || : ;;
esac
