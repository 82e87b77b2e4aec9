# Backups of runs before this one. They go only once this run's own is proved: until then the last good one may be theirs.
# path run keep
: "${path?}" "${run:?}" "${keep:?}"

# older ending...: those of the same set beyond `keep` go, all their files; a file of the first ending makes a backup of
# them. This run's never go.
older() {
  [ "$keep" -gt 0 ] || return 0
  older_set=${path##*/}
  older_set=${path%/*}/${older_set%%.*}
  kept=1
  for old in "$older_set."*"$1"; do
    case $old in "$older_set.$run."*) continue ;; esac
    [ ! -e "$old" ] || stat -c '%Y %n' "$old"
  done | sort -r -n | while read -r _ old; do
    kept=$((kept + 1))
    [ "$kept" -gt "$keep" ] || continue
    for ending in "$@"; do rm -f "${old%"$1"}$ending" || :; done
  done
}
