# Deadlines, cancelling, and bounds of what a script prints.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)

# How much was written, from the offset of the open file: no command is needed.
ll_size() { { read -r ll_v ll_got <"$1"; } 2>/dev/null || ll_got=$(wc -c <"$ll_f.out"); }

# Keep the head and the tail, and let the file begin anew. Its writers append.
ll_trim() {
	[ -e "$ll_f.head" ] || head -c "$ll_half" "$ll_f.out" >"$ll_f.head"
	tail -c "$ll_half" "$ll_f.out" >"$ll_f.tail"
	printf '' >"$ll_f.out"
}

ll_watch() {
	case " $ll_watched " in *" $1 "*) return ;; esac
	ll_watched="$ll_watched $1"
	ll_guard "$1" </dev/null >/dev/null 2>&1 &
}

# Beside a script that runs longer, also when nobody is connected: bounds its output, ends it at its deadline.
ll_guard() {
	trap : TERM HUP INT
	ll_i=0
	while [ $ll_i -lt 10 ] && ! ll_read "$1"; do
		ll_i=$((ll_i + 1))
		ll_nap
	done
	while ll_read "$1" && [ -z "$ll_exit" ] && { ll_alive || ll_astray; }; do
		ll_uptime
		if [ "$ll_now" -ge "$ll_dead" ]; then
			ll_end "$1" T
			return
		fi
		ll_size "/proc/$ll_pid/fdinfo/8"
		if [ "$ll_got" -gt $((ll_half * 8)) ]; then
			ll_trim
			ll_nap
		else
			sleep 1
		fi
	done
}

ll_nap() { sleep 0.1 2>/dev/null || sleep 1; }

# mark why: TERM, then KILL after the grace, to all that belongs to a script. Its keeper stays and records the end.
ll_end() {
	ll_read "$1" && [ -n "$ll_pid" ] && [ -z "$ll_exit" ] || return 0
	[ -n "$ll_kill" ] || printf 'kill %s\n' "$2" >>"$ll_f.run"
	ll_alive || ll_pid=none
	ll_slay "$ll_pid" "$ll_f;"
}

# pid name: end all descendants of a process, and all that carry the name.
ll_slay() {
	ll_root=$1 ll_name=$2 ll_i=0
	! ll_family || ll_note_others
	ll_signal TERM
	ll_i=0
	while [ $ll_i -lt $((ll_grace * 10)) ] && ll_family; do
		ll_i=$((ll_i + 1))
		ll_nap
	done
	ll_i=0
	while [ $ll_i -lt 20 ] && ll_signal KILL; do
		ll_i=$((ll_i + 1))
		ll_nap
	done
}

ll_signal() { ll_family && { kill -s "$1" $ll_set 2>/dev/null || [ $ll_i -gt 0 ] || ll_signal_others "$1"; }; }

# Remember what runs as another user, before its parents are ended and it is nobody's child; in the mark, for the keeper.
ll_note_others() {
	for ll_p in $ll_set; do
		if ! kill -s 0 "$ll_p" 2>/dev/null && ll_since "$ll_p"; then ll_others="$ll_others $ll_p:$ll_v"; fi
	done
	[ -z "$ll_others" ] || [ "$ll_name" = none ] || printf 'others%s\n' "$ll_others" >>"$ll_f.run"
}

# It is ended by kill with root's rights, where sudoers have that without a password; else it is said that it goes on.
# Once for each signal: a refusal is a line in the host's log.
ll_signal_others() {
	[ -n "$ll_others" ] || return 0
	if [ "$ll_how" = sudo ] && sudo -n $ll_wrap kill -s "$1" $ll_set; then return 0; fi
	[ "$1" = KILL ] || return 0
	ll_others= # nothing more can be done
	[ "$ll_name" = none ] || printf '\nliftlock: no right to end what runs as another user:%s\n' "$ll_set" >>"$ll_f.out"
}

# ll_v: when a process began, in ticks. With its number, it is this very process.
ll_since() {
	{ read -r ll_v <"/proc/$1/stat"; } 2>/dev/null || return 1
		set -- ${ll_v##*) }
	ll_v=${20}
}

# ll_set: the processes below ll_root (not itself; the script, where its keeper is gone), those of their own sessions
# and groups, and those whose environment carries ll_name. Parents come before their children: a shell that is ended
# after the command that it waits for would go on with the next one. False if there are none.
ll_family() {
	ll_set=' ' ll_all=''
	if [ "$ll_root" = none ] && ll_astray; then ll_set=" $ll_script "; fi
	for ll_d in $ll_others; do # whose parents were ended already
		if ll_since "${ll_d%%:*}" && [ "$ll_v" = "${ll_d#*:}" ]; then ll_set="$ll_set${ll_d%%:*} "; fi
	done
	for ll_d in /proc/[0-9]*/stat; do
		{ read -r ll_v <"$ll_d"; } 2>/dev/null || continue
		ll_p=${ll_v%% *}
			set -- ${ll_v##*) }
		[ "$1" = Z ] || ll_all="$ll_all $ll_p:$2:$3:$4"
	done
	ll_grow
	for ll_d in $(printf '%s' "LIFTLOCK_MARK=$ll_name" | grep -lsFf - /proc/[0-9]*/environ); do
		ll_p=${ll_d#/proc/} ll_p=${ll_p%/environ}
		case $ll_set in *" $ll_p "*) continue ;; esac
		case $ll_all in *" $ll_p:"*) ll_set="$ll_set$ll_p " ;; esac
	done
	ll_grow
	[ "$ll_set" != ' ' ]
}

# Add to ll_set the children, sessions and groups of what is in it.
ll_grow() {
	ll_grown=1
	while [ -n "$ll_grown" ]; do
		ll_grown=
		for ll_d in $ll_all; do
			ll_p=${ll_d%%:*} ll_v=${ll_d#*:}
			case $ll_set in *" $ll_p "*) continue ;; esac
			case " $ll_root $ll_set" in *" ${ll_v%%:*} "*) ll_set="$ll_set$ll_p " ll_grown=1 && continue ;; esac
			ll_v=${ll_v#*:}
			case $ll_set in *" ${ll_v%:*} "* | *" ${ll_v#*:} "*) ll_set="$ll_set$ll_p " ll_grown=1 ;; esac
		done
	done
}

# tag mark why: a person, or the deadline, ends it.
ll_cancel() {
	ll_end "$2" "$3" >/dev/null 2>&1
	ll_say "D $1"
}

# The connection is gone: nobody waits for a look; what still runs gets its guard.
ll_quit() {
	trap - EXIT
	for ll_m in $ll_looks; do
		{ read -r ll_v <"/proc/$ll_m/stat"; } 2>/dev/null || continue
		ll_v=${ll_v##*) }
		ll_v=${ll_v#* }
		[ "${ll_v%% *}" != $$ ] || ll_slay "$ll_m" none </dev/null >/dev/null 2>&1 &
	done
	for ll_m in $ll_jobs; do
		if ll_read "$ll_m"; then
			[ -n "$ll_exit" ] || ll_watch "$ll_m"
		elif [ ! -e "$ll_s/${ll_m%%.*}.closed" ]; then
			ll_watch "$ll_m" # its mark is being made
		fi
	done
}
