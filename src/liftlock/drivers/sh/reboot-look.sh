# Which boot the step noted, with which units failed, and which one this is: changes nothing.
# state run key
saved=${state:?}/saved/${run:?}/${key:?}
before=
[ ! -r "$saved/boot" ] || read -r before <"$saved/boot" || :
read -r now </proc/sys/kernel/random/boot_id
say boot_before "$before"
say failed_before "$(cat "$saved/failed" 2>/dev/null || :)"
say boot_now "$now"
