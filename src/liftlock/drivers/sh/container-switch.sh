# Name the new image where the container's start reads it, start it, and wait until it has run well for a while.
# ref file key_name unit compose service words steady_s within_s run key
: "${ref:?}" "${file:?}"
saved=${state:?}/saved/${run:?}/${key:?}
image_of "$ref" || fail absent image "$ref"
wanted=$image_id
running
as_root test -f "$file" || fail line file "$file" key "$key_name" count 0
# another attempt keeps what the first one found
if [ ! -f "$saved/was" ]; then
  (umask 077 && mkdir -p "$saved")
  before=$(as_root grep "^[[:space:]]*${key_name}[[:space:]]*=" "$file" | head -n 1) || before=
  printf '%s\n%s\n' "$running_id" "$before" >"$saved/was.new"
  mv -f "$saved/was.new" "$saved/was"
fi
put_line "$key_name=$ref"
apply || fail apply
wait_for "$wanted" || blame "$wanted"
{ IFS= read -r old && IFS= read -r before; } <"$saved/was" || :
say image "$ref"
say id "$running_id"
say previous "$old"
say started "$started"
