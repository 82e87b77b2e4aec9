# Is the artifact (or the list of checksums that names it) signed by whom the plan names? Judged by this host's own
# tool. Changes nothing but a scratch folder.
# sha256 by checksums signature signers identity namespace minisign_key keyring run key
umask 077
: "${blob:?}" "${by:?}" "${checksums?}" "${signature:?}" "${signers?}" "${identity?}" "${namespace?}" "${minisign_key?}" "${keyring?}"
place=$state/saved/${run:?}/${key:?}.signed
mkdir -p "$place"
trap 'rm -rf "$place"' EXIT
trap 'exit 143' HUP INT TERM
case $by in ssh) tool=ssh-keygen ;; minisign) tool=minisign ;; *) tool=gpgv ;; esac
command -v "$tool" >/dev/null 2>&1 || fail no_verifier tool "$tool"
checked
signed=$blob
if [ -n "$checksums" ]; then
  signed=$place/checksums
  printf '%s' "$checksums" >"$signed"
fi
printf '%s' "$signature" >"$place/signature"

# an armored keyring as the bytes that gpgv reads
unarmored() {
  sed -e '1,/^ *$/d' -e '/^=/,$d' -e '/^-----END/,$d' | base64 -d
}

status=0
case $by in
  ssh)
    printf '%s\n' "$signers" >"$place/signers"
    ssh-keygen -Y verify -f "$place/signers" -I "$identity" -n "$namespace" -s "$place/signature" \
      <"$signed" >"$place/said" 2>&1 || status=$?
    ;;
  minisign) minisign -V -m "$signed" -x "$place/signature" -P "$minisign_key" >"$place/said" 2>&1 </dev/null || status=$? ;;
  gpg)
    printf '%s\n' "$keyring" | unarmored >"$place/keyring"
    gpgv --homedir "$place" --keyring "$place/keyring" --status-fd 1 "$place/signature" "$signed" \
      >"$place/said" 2>&1 </dev/null || status=$?
    [ -z "$identity" ] || grep -q "^\[GNUPG:\] VALIDSIG.*$identity" "$place/said" || status=1
    ;;
esac
why=$(grep -v '^\[GNUPG:\] [NP][A-Z]* *' "$place/said" | head -n 1)
cat "$place/said"
[ "$status" = 0 ] || fail unsigned by "$by" signer "${identity:--}" why "${why:-$status}"
say signed_by "${identity:-$minisign_key}"
say signature "$by"
