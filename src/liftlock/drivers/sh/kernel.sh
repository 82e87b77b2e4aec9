# What GRUB would start, and the entry of its menu for a kernel.
# state run key release once
: "${state:?}" "${run:?}" "${key:?}" "${release?}" "${once:?}"
umask 077
saved=$state/saved/$run/$key
grub=/boot/grub
PATH=$PATH:/usr/sbin:/sbin

# entry_of release: the menu's way to its first entry that is no recovery, as grub-set-default wants it
entry_of() {
  awk -v release="$1" '
    function id(line,  found) {
      if (match(line, /menuentry_id_option +'\''[^'\'']*'\''/)) {
        found = substr(line, RSTART, RLENGTH)
        sub(/^[^'\'']*'\''/, "", found)
        sub(/'\''$/, "", found)
      }
      return found
    }
    /^submenu / { above = id($0) ">" }
    /^}/ { above = "" }
    /menuentry / && !/^submenu / { way = above id($0); wanted = ($0 !~ /recovery/) }
    $1 ~ /^linux(16|efi)?$/ && wanted && $2 ~ ("/vmlinuz-" release "$") { print way; exit }
  ' "$2"
}

read_grub() {
  menu=$(as_root cat "$grub/grub.cfg") || menu=
  entry=$(printf '%s\n' "$menu" | entry_of "$1" -)
  listed=$(grub-editenv "$grub/grubenv" list 2>/dev/null || as_root grub-editenv "$grub/grubenv" list)
  chosen=$(printf '%s\n' "$listed" | sed -n 's/^saved_entry=//p')
  next=$(printf '%s\n' "$listed" | sed -n 's/^next_entry=//p')
}
