# Bring the image, by whatever name it has, and find its digest: that is what will run.
# image pull
: "${image:?}" "${pull:?}"
if [ "$pull" = yes ]; then
  ask pull "$image" >&2 || fail pull image "$image"
fi
image_of "$image" || fail absent image "$image"
case $image in
  *@sha256:*) case $image_ref in *"${image#*@}") ;; *) fail digest image "$image" found "$image_ref" ;; esac ;;
esac
say image "$image_ref"
say id "$image_id"
