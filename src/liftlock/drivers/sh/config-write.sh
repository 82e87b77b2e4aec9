# Replace a file by new content, atomically, keeping its mode and owner; the original is saved once.
# state run key file content mode owner validate show
umask 077
: "${content?}" "${mode?}" "${owner?}" "${validate?}" "${show:?}"
saved=${state:?}/saved/${run:?}/${key:?}
target=${file:?}
[ ! -L "$target" ] || target=$(readlink -f "$target")
folder=${target%/*}
new=${folder:-/}/.liftlock-new-$key

remember() {
  if [ ! -e "$saved/original" ] && [ ! -e "$saved/absent" ]; then
    mkdir -p "$saved"
    if [ -e "$target" ]; then
      cp -p "$target" "$saved/original.new"
      mv -f "$saved/original.new" "$saved/original"
    else
      : >"$saved/absent"
    fi
  fi
}

digest() {
  found=$(sha256sum <"$1")
  printf '%s' "${found%% *}"
}

if [ ! -d "${folder:-/}" ]; then fail folder path "$folder"; fi
if [ -e "$target" ] && [ ! -f "$target" ]; then fail kind path "$target"; fi
trap 'rm -f "$new"' EXIT
trap 'exit 143' HUP INT TERM
rm -f "$new"
before=
if [ -e "$target" ]; then
  before=$(digest "$target")
  cp -p "$target" "$new"
  if [ ! -w "$new" ]; then
    mode=${mode:-$(stat -c '%a' "$new")}
    chmod u+w "$new"
  fi
  printf '%s' "$content" >"$new"
else
  printf '%s' "$content" >"$new"
  chmod "${mode:-0644}" "$new"
fi
if [ -n "$owner" ]; then chown "$owner" "$new" || fail owner owner "$owner"; fi
[ -z "$mode" ] || chmod "$mode" "$new"
if [ -n "$validate" ]; then
  (
    set +eu
    file=$new
    export file
    eval "$validate"
  ) </dev/null || fail validate
fi
after=$(digest "$new")
now=$(stat -c '%a %u:%g' "$new")
remember
if [ "$before" = "$after" ] && [ "$(stat -c '%a %u:%g' "$target")" = "$now" ]; then
  say changed no
else
  say changed yes
  case $show${now%% *} in
    yes* | auto*[4567])
      old=$target
      [ -e "$old" ] || old=/dev/null
      diff -u -L "$target" -L "$target" "$old" "$new" | head -n 400 || :
      ;;
  esac
  mv -f "$new" "$target"
fi
say path "$target"
say before "$before"
say after "$after"
say mode "${now%% *}"
say owner "${now##* }"
