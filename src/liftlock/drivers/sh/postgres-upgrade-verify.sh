# Which version answers at the cluster's port: the one that is wanted on this way?
# back
: "${back?}"
wanted=$to
[ -z "$back" ] || wanted=$old_version
version=$(version_of) || exit
[ "${version%%.*}" = "$wanted" ] || fail version found "$version" version "$wanted"
say version "$version"
