# Which image runs, and which is wanted. Changes nothing.
# ref
: "${ref:?}"
saved=${state:?}/saved/${run:?}/${key:?}
running
wanted=-
if image_of "$ref"; then wanted=$image_id; fi
old=
[ ! -f "$saved/was" ] || IFS= read -r old <"$saved/was"
say id "$running_id"
say status "$container_state"
say health "$health"
say wanted "$wanted"
say old "$old"
