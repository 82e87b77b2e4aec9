# Which boot the step noted, and which one this is: changes nothing.
# state run key
saved=${state:?}/saved/${run:?}/${key:?}
before=
[ ! -r "$saved/boot" ] || read -r before <"$saved/boot" || :
read -r now </proc/sys/kernel/random/boot_id
say boot_before "$before"
say boot_now "$now"
