# Back to the image that ran before, which is still on the host.
# file key_name unit compose service words steady_s within_s run key
saved=${state:?}/saved/${run:?}/${key:?}
if [ ! -f "$saved/was" ]; then
  say back nothing
  exit 0
fi
{ IFS= read -r old && IFS= read -r before; } <"$saved/was"
put_line "$before"
apply || fail apply
if [ "$old" = - ]; then
  say back started
  exit 0
fi
wait_for "$old" || blame "$old"
say id "$running_id"
say started "$started"
