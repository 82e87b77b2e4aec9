# Artifacts that were sent, and cleaning up after a run.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)

ll_sum() {
	ll_v=$({ sha256sum || shasum -a 256 || openssl dgst -sha256 -r || busybox sha256sum; } <"$1" 2>/dev/null)
	ll_v=${ll_v%% *}
}

# tag sha256: is it there?
ll_blob() {
	(umask 077 && mkdir -p "$ll_s/blobs") || { ll_say "F $1" && return; }
	if [ -f "$ll_s/blobs/$2" ] && ll_sum "$ll_s/blobs/$2" && [ "$ll_v" = "$2" ]; then
		touch -c "$ll_s/blobs/$2"
		ll_say "K $1"
	else
		ll_say "W $1"
	fi
}

# tag sha256 part: what was sent becomes the blob, if it is what was asked for.
ll_keep() {
	if ll_sum "$ll_s/blobs/$3" && [ "$ll_v" = "$2" ] && mv -f "$ll_s/blobs/$3" "$ll_s/blobs/$2"; then
		ll_say "K $1"
	else
		rm -f "$ll_s/blobs/$3"
		ll_say "Z $1 ${ll_v:-unknown}"
	fi
}

# tag run: first the run's tombstone, then everything else of the run (what its undos would read as well), unless it
# still runs; and artifacts that nobody asked for within a week.
ll_sweep() {
	if ! printf 'closed\n' >"$ll_s/$2.closed"; then
		ll_say "F $1"
		return
	fi
	ll_busy=' ' ll_tag=$1 ll_run=$2
	for ll_d in "$ll_s/$2".*.run; do
		ll_d=${ll_d##*/}
		if ll_read "${ll_d%.run}" && [ -z "$ll_exit" ] && ll_alive; then ll_busy="$ll_busy${ll_d%.run} "; fi
	done
	set --
	for ll_d in "$ll_s/$ll_run".*; do
		ll_v=${ll_d##*/}
		case $ll_d in *.run | *.out | *.head | *.tail) ll_v=${ll_v%.*} ;; "$ll_s/$ll_run.closed") continue ;; esac
		case $ll_busy in *" $ll_v "*) ;; *) set -- "$@" "$ll_d" ;; esac
	done
	[ $# = 0 ] || rm -f -- "$@"
	[ "$ll_busy" != ' ' ] || [ ! -d "$ll_s/saved/$ll_run" ] || rm -rf -- "$ll_s/saved/$ll_run"
	[ ! -d "$ll_s/blobs" ] || find "$ll_s/blobs" -type f -mtime +7 -exec rm -f {} +
	ll_say "D $ll_tag"
}
