# Has the host come up as it was, with the kernel and the units that are wanted? Changes nothing.
# units kernel failed_before
: "${units?}" "${kernel?}" "${failed_before?}"
found=$(uname -r)
say kernel "$found"
case $found in
  "$kernel") ;;
  *) [ -z "$kernel" ] || fail kernel found "$found" expected "$kernel" ;;
esac
if command -v systemctl >/dev/null 2>&1; then
  system=$(systemctl is-system-running 2>/dev/null) || :
  say system "$system"
  case $system in
    initializing | starting) fail starting found "$system" ;;
    degraded)
      for each in $(systemctl --failed --plain --no-legend | awk '{ print $1 }'); do
        case " $failed_before " in *" $each "*) ;; *) failed="${failed:-}, $each" ;; esac
      done
      [ -z "${failed:-}" ] || fail failed units "${failed#, }"
      ;;
  esac
fi
for each in $units; do
  state=$(systemctl show -p ActiveState --value -- "$each" 2>/dev/null) || state=unknown
  [ "$state" = active ] || fail unit unit "$each" found "$state"
done
