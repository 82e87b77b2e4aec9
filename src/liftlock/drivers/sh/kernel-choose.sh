# Choose a kernel for the next boot, or for every boot from now on.
# what kernel reads, back
: "${back:?}"
if [ "$back" = yes ]; then
  if [ -z "$release" ] && [ -r "$saved/before" ]; then read -r release <"$saved/before"; fi
  if [ -z "$release" ]; then
    say undone nothing
    exit 0
  fi
fi
for path in "/boot/vmlinuz-$release" "/boot/initrd.img-$release"; do
  [ -s "$path" ] || fail image release "$release" path "$path"
done
read_grub "$release"
[ -n "$entry" ] || fail entry release "$release"
# shellcheck disable=SC2016 # GRUB's own word
printf '%s\n' "$menu" | grep -q 'default="\${saved_entry}"' || fail default
mkdir -p "$saved"
[ -s "$saved/before" ] || uname -r >"$saved/before"
read -r before <"$saved/before"
if [ "$once" = yes ]; then
  as_root grub-reboot "$entry"
  read_grub "$release"
  [ "$next" = "$entry" ] || fail not_chosen found "$next" expected "$entry"
else
  [ -z "$next" ] || as_root grub-editenv "$grub/grubenv" unset next_entry # a choice for one boot goes before the default
  as_root grub-set-default "$entry"
  read_grub "$release"
  [ "$chosen$next" = "$entry" ] || fail not_chosen found "$chosen" expected "$entry"
fi
say before "$before"
say entry "$entry"
say saved "$chosen"
say next "$next"
