# An artifact on this host: $state/blobs/<SHA-256>, private to us, and never changed once it has its name.
: "${sha256:?}"
blob=${state:?}/blobs/$sha256

sum_of() {
  { sha256sum || shasum -a 256 || openssl dgst -sha256 -r; } <"$1" 2>/dev/null | { read -r sum _ && printf '%s' "$sum"; }
}

# what is used is what was approved: hashed again right before
checked() {
  [ -f "$blob" ] || fail blob path "$blob"
  found=$(sum_of "$blob")
  [ "$found" = "$sha256" ] || fail checksum path "$blob" found "${found:--}" expected "$sha256"
}
