# Replace a file by new content, atomically, keeping its mode and owner; the original is saved once.
# state run key file content mode owner validate show, and what rights reads
umask 077
: "${content?}" "${mode?}" "${owner?}" "${validate?}" "${show:?}"
saved=${state:?}/saved/${run:?}/${key:?}
wanted=$saved.content
target=${file:?}
if as_told test -L "$target"; then target=$(as_told readlink -f "$target"); fi
folder=${target%/*}
new=${folder:-/}/.liftlock-new-$key

remember() {
  if [ ! -e "$saved/original" ] && [ ! -e "$saved/absent" ]; then
    mkdir -p "$saved"
    if as_told test -e "$target"; then
      as_told cp -p "$target" "$saved/original.new"
      mv -f "$saved/original.new" "$saved/original"
    else
      : >"$saved/absent"
    fi
  fi
  printf '%s\n' "$after" >"$saved/written"
}

digest() {
  found=$(as_told sha256sum "$1")
  found=${found#\\} # so does it mark a name that it had to escape
  printf '%s' "${found%% *}"
}

if ! as_told test -d "${folder:-/}"; then fail folder path "$folder"; fi
if as_told test -e "$target" && ! as_told test -f "$target"; then fail kind path "$target"; fi
trap 'as_told rm -f "$new"; rm -f "$wanted"' EXIT
trap 'exit 143' HUP INT TERM
as_told rm -f "$new"
mkdir -p "${saved%/*}"
printf '%s' "$content" >"$wanted"
before=
if as_told test -e "$target"; then
  before=$(digest "$target")
  as_told cp -p "$target" "$new"
  if ! as_told test -w "$new"; then
    mode=${mode:-$(as_told stat -c '%a' "$new")}
    as_told chmod u+w "$new"
  fi
  as_told cp "$wanted" "$new"
else
  as_told cp "$wanted" "$new"
  as_told chmod "${mode:-0644}" "$new"
fi
if [ -n "$owner" ]; then as_told chown "$owner" "$new" || fail owner owner "$owner"; fi
[ -z "$mode" ] || as_told chmod "$mode" "$new"
if [ -n "$validate" ]; then
  (
    set +eu
    file=$new
    export file
    eval "$validate"
  ) </dev/null || fail validate
fi
after=$(digest "$new")
now=$(as_told stat -c '%a %u:%g' "$new")
remember
if [ "$before" = "$after" ] && [ "$(as_told stat -c '%a %u:%g' "$target")" = "$now" ]; then
  say changed no
else
  say changed yes
  case $show${now%% *} in
    yes* | auto*[4567])
      old=$target
      as_told test -e "$old" || old=/dev/null
      as_told diff -u -L "$target" -L "$target" "$old" "$new" | head -n 400 || :
      ;;
  esac
  as_told mv -f "$new" "$target"
fi
say path "$target"
say before "$before"
say after "$after"
say mode "${now%% *}"
say owner "${now##* }"
