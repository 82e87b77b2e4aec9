# Have the host reboot in a moment, so that this script's own end is told before. Once: if that happened already, say so.
# state run key command within_min
: "${command?}" "${within_min:?}"
umask 077
saved=${state:?}/saved/${run:?}/${key:?}
read -r now </proc/sys/kernel/random/boot_id
before=
if [ -n "$(find "$saved/boot" -mmin "-$within_min" 2>/dev/null)" ]; then read -r before <"$saved/boot" || :; fi
if [ -n "$before" ] && [ "$before" != "$now" ]; then
  say boot_before "$before"
  say failed_before "$(cat "$saved/failed" 2>/dev/null || :)"
  say already yes
  exit 0
fi
mkdir -p "$saved"
failed=
if command -v systemctl >/dev/null 2>&1; then
  failed=$(systemctl --failed --plain --no-legend 2>/dev/null | awk '{ printf "%s ", $1 }')
fi
printf '%s\n' "$failed" >"$saved/failed" # before the note of the boot: who finds that finds this
printf '%s\n' "$now" >"$saved/boot.new"
mv -f "$saved/boot.new" "$saved/boot"
sync
say boot_before "$now"
say failed_before "$failed"
if [ -n "$command" ]; then
  (
    trap '' HUP
    sleep 2
    own_words "$command"
  ) </dev/null >/dev/null 2>&1 &
else
  as_root systemctl reboot </dev/null
fi
