# Switch `current` back to what it was before. What was never switched is left alone.
# state run key into version known previous
saved=${state:?}/saved/${run:?}/${key:?}
target=releases/${version:?}
current=${into:?}/current
rm -rf "$into/releases/.liftlock-new-${key:?}" "$into/.liftlock-current-$key"
if [ -f "$saved/previous" ]; then
  known=yes
  IFS= read -r previous <"$saved/previous" || :
fi
if [ "${known:?}" != yes ]; then
  say undone nothing
  exit 0
fi
now=
[ ! -L "$current" ] || now=$(readlink "$current")
if [ "$now" = "$previous" ]; then
  say undone already
elif [ "$now" != "$target" ] && [ -n "$now" ]; then
  fail moved current "$now" expected "$target"
elif [ -z "$previous" ]; then
  rm -f "$current"
  say undone removed
else
  [ ! -e "$current" ] || [ -L "$current" ] || fail current path "$current"
  (cd "$into" && [ -e "$previous" ]) || fail gone path "$previous"
  ln -s "$previous" "$into/.liftlock-current-$key"
  mv -f -T "$into/.liftlock-current-$key" "$current" 2>/dev/null || {
    rm -f "$current"
    mv -f "$into/.liftlock-current-$key" "$current"
  }
  [ "$(readlink "$current")" = "$previous" ] || fail switch path "$current"
  say undone switched
fi
rm -rf "$saved"
say current "$previous"
