# Is there a complete backup of this step of this run? Changes nothing.
# to set run key
path=$(pg_run find "$to" -mindepth 1 -maxdepth 1 -name "${set:?}.${run:?}.$key-*" 2>/dev/null </dev/null | sort | tail -n 1) || path=''
say path "$path"
[ -z "$path" ] || {
  digest=$(pg_run sha256sum "$path/digests")
  say sha256 "${digest%% *}"
}
