# Put the saved original back, or remove the file where there was none. What was never written is left alone.
# state run key file
umask 077
saved=${state:?}/saved/${run:?}/${key:?}
target=${file:?}
[ ! -L "$target" ] || target=$(readlink -f "$target")
folder=${target%/*}
new=${folder:-/}/.liftlock-new-$key
trap 'rm -f "$new"' EXIT
trap 'exit 143' HUP INT TERM
rm -f "$new"
if [ -e "$saved/original" ]; then
  cp -p "$saved/original" "$new"
  mv -f "$new" "$target"
  say undone restored
elif [ -e "$saved/absent" ]; then
  rm -f "$target"
  say undone removed
else
  say undone nothing
fi
rm -rf "$saved"
