# Is a step of the way up, or of the way back, done? Changes nothing, and says what its evidence says.
# verb back
: "${verb:?}" "${back?}"
up() {
  case $verb in
    stop) have "$work/counts" && clean "$old_bin" "$old_data" && ! runs "$old_bin" "$old_data" ;;
    upgrade) have "$work/upgraded" ;;
    start) have "$work/writes" && runs "$new_bin" "$new_data" && now=$(version_of) && [ "${now%%.*}" = "$to" ] ;;
    *) return 1 ;;
  esac
}

down_again() {
  case $verb in
    stop) ! have "$work/start-conf" && runs "$old_bin" "$old_data" ;;
    upgrade) ! have "$work/made" ;;
    *) return 1 ;;
  esac
}

if [ -n "$back" ]; then
  ! down_again || say in_place yes
elif up; then
  say in_place yes
  [ "$verb" != start ] || say version "$now"
  [ "$verb" != start ] || say analyzed unknown
  tell_counts
fi
