# Enable or disable a unit at boot; remember how it was.
# what systemd reads, verb (enable | disable | as_before) before
: "${verb:?}" "${before?}"
look
known
mkdir -p "$saved"
if [ "$verb" = as_before ]; then
  if [ -z "$before" ] && [ -r "$saved/enabled" ]; then read -r before <"$saved/enabled"; fi
  case $before in
    enabled) verb=enable ;;
    disabled) verb=disable ;;
    *)
      say undone nothing
      exit 0
      ;;
  esac
else
  case $enabled in
    enabled | disabled) ;;
    *) fail not_installable unit "$unit" found "$enabled" ;;
  esac
  [ -e "$saved/enabled" ] || printf '%s\n' "$enabled" >"$saved/enabled"
  read -r before <"$saved/enabled"
  say was "$before"
fi
ctl "$verb" -- "$unit"
look
[ "$enabled" = "${verb}d" ] || fail not_installable unit "$unit" found "$enabled"
say enabled "$enabled"
