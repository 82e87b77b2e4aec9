# Which versions are installed, which are held, and whether dpkg was interrupted: changes nothing.
# what apt reads
first=
all=
kept_back=
for name in $names; do
  version=$(installed "$name")
  first=${first:-$version}
  all="$all, $name ${version:--}"
  if is_held "$name"; then kept_back="$kept_back $name"; fi
done
say version "$first"
say packages "${all#, }"
say held "${kept_back# }"
if is_interrupted; then say interrupted yes; else say interrupted no; fi
