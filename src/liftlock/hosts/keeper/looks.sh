# Read-only programs: nothing is written anywhere.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)

# tag program exports: run a read-only script; nothing is written anywhere.
ll_look() {
	ll_peek "$1" "$2" "$3" &
	eval "ll_look$1=$!"
	ll_looks="$ll_looks $!"
}

ll_peek() {
	{
		ll_self
		ll_told=/proc/$ll_v/fd/1
		(
			ll_self
			ll_me=$ll_v
			trap 'exit 77' USR1 # see rights.sh
			eval "$3"
			exec 2>&1 </dev/null
			eval "$2"
		)
		printf '\nll%s' "$?"
	} | {
		trap : TERM # whoever ends the look wants to see what it printed
		LC_ALL=C
		ll_t=$(head -c $((ll_half * 2)) && printf x)
		ll_v=$(tail -c 8)
		ll_t=${ll_t%x}$ll_v
		if [ ${#ll_v} -ge 8 ]; then ll_v='cut'; else ll_v=-; fi
		ll_show "$1" "${ll_t##*ll}" $ll_v "${ll_t%?ll*}"
	}
}

# tag code cut text: what is longer than a pipe takes at once goes in pieces, so that no other frame comes between.
ll_show() {
	if [ ${#4} -gt 3200 ]; then
		printf '%s' "$4" | od -An -v -tx1 | {
			ll_t=
			while read -r ll_v; do
				ll_t=$ll_t$ll_v
				[ ${#ll_t} -lt 3600 ] || { ll_say "P $1" "$ll_t" && ll_t=; }
			done
			ll_say "P $1" "$ll_t"
		}
		ll_say "L $1 $2 $3"
	else
		ll_say "L $1 $2 $3" "$4"
	fi
}

# tag of a look: end it.
ll_drop() {
	eval "ll_v=\$ll_look$1" ll_others=
	ll_slay "$ll_v" none >/dev/null 2>&1 &
}
