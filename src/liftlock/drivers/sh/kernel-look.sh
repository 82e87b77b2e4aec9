# Which kernel runs, and which is chosen: changes nothing.
# what kernel reads
read_grub "$release"
before=
[ ! -r "$saved/before" ] || read -r before <"$saved/before" || :
say running "$(uname -r)"
say before "$before"
say entry "$entry"
say saved "$chosen"
say next "$next"
