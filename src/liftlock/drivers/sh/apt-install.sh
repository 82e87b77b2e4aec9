# Install exactly what was fetched and checked; then read from the host that it is so.
# what apt reads, hold kept
: "${kept?}"
if [ -z "$kept" ] || [ ! -f "$kept/before" ]; then fail not_fetched; fi
mkdir -p "$work"
printf '%s\n' "$kept" >"$work/kept"
trap uncalm EXIT
trap 'exit 143' HUP INT TERM

changed=$(cut -d ' ' -f 2 "$kept/changes")
# shellcheck disable=SC2086 # words
wanted=$(printf '%s\n' $names $changed | sort -u)

# conffiles: those that somebody changed on this host are kept before the first write, once
keep_conffiles() {
  [ ! -e "$kept/conffiles" ] || return 0
  mkdir -p "$kept/files"
  for name in $wanted; do
    [ -n "$(state_of "$name")" ] || continue
    altered "$name" | while read -r path; do
      as_root cp -p "$path" "$kept/files/$(printf '%s' "$path" | sha256sum | cut -c 1-20)"
      printf '%s\n' "$path"
    done
  done >"$kept/conffiles.new"
  mv -f "$kept/conffiles.new" "$kept/conffiles"
}

# services that these packages bring, with the process that each runs
services() {
  [ -d /run/systemd/system ] || return 0
  for name in $wanted; do
    dpkg-query -L "$name" 2>/dev/null | sed -n 's|^\(/usr\)\{0,1\}/lib/systemd/system/\([^/@]*\.service\)$|\2|p'
  done | sort -u | while read -r unit; do
    printf '%s %s\n' "$unit" "$(systemctl show -p MainPID -p ExecMainStartTimestampMonotonic -- "$unit" | tr '\n' ' ')"
  done
}

# whole: each package of the plan is installed in its version, all are configured, and no file is missing or altered
whole() {
  for request in $requests; do
    found=$(installed "${request%%=*}")
    [ "$found" = "${request#*=}" ] ||
      fail differs package "${request%%=*}" expected "${request#*=}" found "$(state_of "${request%%=*}")"
  done
  ! is_interrupted || fail unfinished message "$(unfinished | tr '\n' ' ' | cut -c 1-300)"
  for name in $names; do
    damaged "$name"
  done
}

calm
repair
keep_conffiles
holds_allow
# shellcheck disable=SC2086 # words
simulate "$work/changes" --allow-change-held-packages install $requests
allowed "$work/changes"
services >"$work/services"
again=
for name in $names; do
  case $(state_of "$name") in *R) again=--reinstall ;; esac
done
# shellcheck disable=SC2086 # words
guarded $options $again --allow-change-held-packages install $requests || {
  marks put || :
  blame install
}
marks put || fail marks
whole
say services_restarted "$(services | diff "$work/services" - | sed -n 's/^> \([^ ]*\) .*/\1/p' | tr '\n' ' ')"
uncalm
for name in $wanted; do printf '%s %s\n' "$name" "$(state_of "$name")"; done >"$work/after"
say kept "$kept"
say before "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' "$kept/before")"
say after "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' "$work/after")"
say kept_conffiles "$(tr '\n' ' ' <"$kept/conffiles")"
listed "$kept/changes"
tail -n 40 "$log"
