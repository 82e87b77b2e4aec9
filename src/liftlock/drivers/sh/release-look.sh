# Where `current` leads, and what is known of the release: changes nothing.
# state run key into version
saved=${state:?}/saved/${run:?}/${key:?}
current=${into:?}/current
home=$into/releases/${version:?}
now=''
marker=''
previous=''
[ ! -L "$current" ] || now=$(readlink "$current")
[ ! -f "$home/.liftlock-release" ] || IFS= read -r marker <"$home/.liftlock-release" || :
if [ -f "$saved/previous" ]; then
  IFS= read -r previous <"$saved/previous" || :
  say remembered yes
fi
say current "$now"
say previous "$previous"
say path "$home"
say sha256 "$marker"
