# What the installation would change, by apt's own simulation on the index as it is: changes nothing but scratch.
# what apt reads, hold
work=$work.show
log=$work/log
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
offered
# shellcheck disable=SC2086 # words
simulate "$work/changes" --allow-change-held-packages install $requests
while read -r what name old new arch; do
  case $what in
    install) printf '+ %s %s\n' "$name" "$new" ;;
    remove) printf -- '- %s %s\n' "$name" "$old" ;;
    *) printf '~ %s %s -> %s\n' "$name" "$old" "$new" ;;
  esac
done <"$work/changes"
holds_allow
allowed "$work/changes"
