# How the packages are now, against what the step wants and what it found: changes nothing. While another package
# manager works, it is waited for, and if it does not end, nothing is certain.
# what apt reads, kept
: "${kept?}"
began=no
if [ -r "$work/kept" ]; then began=yes && read -r kept <"$work/kept"; fi

# busy: who holds one of dpkg's locks, by what the kernel says
busy() {
  for lock in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock; do
    inode=$(stat -c %i "$lock" 2>/dev/null) || continue
    sed -n "s/^.* WRITE *\([0-9-]*\) [^ ]*:$inode .*$/\1/p" /proc/locks 2>/dev/null
  done | head -n 1
}

begun=$(date +%s)
while who=$(busy) && [ -n "$who" ] && [ $(($(date +%s) - begun)) -lt "$lock_wait" ]; do sleep 1; done
say busy "$who"
say began "$began"
if is_interrupted; then say interrupted yes; else say interrupted no; fi
if grep -qs "$ours" "$policy"; then say policy ours; else say policy free; fi
new=yes
for request in $requests; do
  [ "$(installed "${request%%=*}")" = "${request#*=}" ] || new=no
done
say is_new "$new"
was=unknown
if [ -n "$kept" ] && [ -f "$kept/before" ]; then
  was=yes
  while read -r name version auto held; do
    found=$(installed "$name")
    [ "${found:--}" = "$version" ] || was=no
  done <"$kept/before"
fi
say is_old "$was"
marked=no
if [ "$was" != unknown ] && marks see; then marked=yes; fi
say marked "$marked"
# shellcheck disable=SC2086 # words
say now "$(for name in $names; do printf '%s %s, ' "$name" "$(state_of "$name" | tr -s ' ')"; done)"
