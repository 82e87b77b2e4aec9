# Back to what was there before: the kept archives of the old versions, and what was not there goes. Only here may a
# version fall. What was never begun is left alone.
# what apt reads, kept
: "${kept?}"
trap uncalm EXIT
trap 'exit 143' HUP INT TERM
if [ -z "$kept" ] && [ -r "$work/kept" ]; then read -r kept <"$work/kept"; fi
if [ -z "$kept" ] || [ ! -f "$kept/before" ]; then
  if grep -qs "$ours" "$policy"; then uncalm; fi
  say undone nothing
  exit 0
fi
mkdir -p "$work"

# archive_of package version: the kept archive, as it was kept
archive_of() {
  file=$(awk -v name="${1%%:*}" '$1 == name { sub(/^[^ ]* [^ ]* /, ""); print }' "$kept/debs")
  [ -f "$file" ] || fail gone package "$1" version "$2"
  found=$(sha256sum <"$file")
  grep -q "^${1%%:*} ${found%% *} " "$kept/debs" || fail gone package "$1" version "$2"
}

# foreign: a package that is neither what it was nor what we made it: somebody else was here since
foreign() {
  while read -r what name old new arch; do
    case $(state_of "$name") in
      '' | *' rc '*) ;;
      "$old "* | "$new "*) ;;
      *) fail moved package "$name" found "$(state_of "$name")" old "$old" new "$new" ;;
    esac
  done <"$kept/changes"
}

# runs package: it holds the kernel that this host runs now, which cannot go before the host has booted another
runs() {
  dpkg-query -L "$1" 2>/dev/null | grep -qxF "/boot/vmlinuz-$(uname -r)"
}

# only what the step changed may change on the way back
within() {
  changed=$(cut -d ' ' -f 2 "$kept/changes" | tr '\n' ' ')
  while read -r what name old new arch; do
    is_in "$name" "$changed" || strange="${strange:-}, $what $name"
  done <"$work/changes"
  [ -z "${strange:-}" ] || fail back_more packages "${strange#, }"
}

# files that somebody changed before the step come back; what somebody wrote since is kept aside
copy_of() {
  printf '%s/files/%s' "$kept" "$(printf '%s' "$1" | sha256sum | cut -c 1-20)"
}

# same file file: as root, who can read both
same() {
  [ "$(as_root sha256sum -- "$1" | cut -c 1-65)" = "$(as_root sha256sum -- "$2" 2>/dev/null | cut -c 1-65)" ]
}

keep_edited() {
  while read -r path; do
    if [ -e "$(copy_of "$path")" ] && same "$(copy_of "$path")" "$path"; then continue; fi
    aside=$state/kept/$key-$(printf '%s' "${path#/}" | tr / _)
    mkdir -p "$state/kept"
    as_root cp -p "$path" "$aside"
    printf '%s was edited since the step; the edited file is kept as %s\n' "$path" "$aside"
  done <"$work/edited"
}

restore_conffiles() {
  [ -f "$kept/conffiles" ] || return 0
  while read -r path; do
    if same "$(copy_of "$path")" "$path"; then continue; fi
    as_root cp -p "$(copy_of "$path")" "$path.liftlock-new"
    as_root mv -f "$path.liftlock-new" "$path"
    restored="${restored:-} $path"
  done <"$kept/conffiles"
  say restored "${restored:-}"
}

calm
repair
foreign
while read -r what name old new arch; do
  if [ -n "$(state_of "$name")" ]; then altered "$name"; fi
done <"$kept/changes" >"$work/edited"
keep_edited
set --
while read -r what name old new arch; do
  now=$(state_of "$name")
  case $now/$old in
    "$old ii /$old" | "$old hi /$old" | /- | *' rc /-') ;;
    */-)
      if runs "$name"; then left="${left:-} $name"; else set -- "$@" "$name-"; fi
      ;;
    *)
      archive_of "$name" "$old"
      set -- "$@" "$file"
      ;;
  esac
done <"$kept/changes"
if [ $# -gt 0 ]; then
  simulate "$work/changes" --reinstall --allow-downgrades --allow-change-held-packages install "$@"
  within
  # shellcheck disable=SC2086 # words
  guarded $options --reinstall --allow-downgrades --allow-change-held-packages install "$@" || blame back
fi
while read -r name version auto held; do
  found=$(installed "$name")
  case " ${left:-} " in *" $name "*) continue ;; esac
  [ "${found:--}" = "$version" ] || fail differs package "$name" expected "$version" found "$(state_of "$name")"
done <"$kept/before"
! is_interrupted || fail unfinished message "$(unfinished | tr '\n' ' ' | cut -c 1-300)"
marks put || fail marks
restore_conffiles
uncalm
say undone back
say left "${left:-}"
say after "$(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' "$kept/before")"
tail -n 40 "$log" 2>/dev/null || :
rm -rf "$work" "$kept"
