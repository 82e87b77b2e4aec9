# Attempts: the heart of the shell that Liftlock keeps on a host, and the ways of all of it.
#
# The files of this folder are sent as one (shell.py has their order), and read from standard input by any POSIX sh on
# Linux, after the lines that set ll_n (nonce of the frames), ll_s (state folder), ll_b (file with the boot id), ll_half
# (bytes), ll_grace (s).
#
# Promises, and where they are kept:
#   - a script runs once: its mark MARK.run is created exclusively (ll_job). A regular file: it ran, or runs. A symbolic
#     link: it never ran, and never will (ll_bury).
#   - a script outlives the connection: its keeper (ll_job) writes the end into the mark before it tells anybody.
#   - its deadline is kept here too: by the guard (ll_guard), which the controller asks for when a script runs longer
#     than a moment, and which ll_quit starts for whatever still runs when the connection is gone.
#   - what it prints is bounded: the guard keeps the first and the last ll_half bytes.
# MARK.run: "pid deadline boot" of the keeper, "script pid", then at most one "kill T" (deadline) or "kill C"
# (cancelled), then "exit CODE"; "others PID:BEGAN..." are processes of other users that are to be ended with it.
# For an ordinary quiet script nothing is forked but its keeper and itself, and no command is run: what else is read or
# written there, builtins read and write.
#
# shellcheck disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (the first lines come from outside; words are split, and patterns expanded, on purpose; every sh that we know has -ef)

ll_say() { printf '\001%s(%s\n%s\001%s)' "$ll_n" "$1" "$2" "$ll_n"; }

# --- the mark of an attempt -----------------------------------------------------------------------------------

# Read MARK.run: ll_pid ll_dead ll_home, ll_script, ll_kill and ll_exit. False if there is no such file.
ll_read() {
	ll_f=$ll_s/$1 ll_pid='' ll_dead=0 ll_home='' ll_script='' ll_kill='' ll_exit='' ll_others=''
	[ -f "$ll_f.run" ] && [ ! -L "$ll_f.run" ] || return 1
	{
		read -r ll_pid ll_dead ll_home || ll_pid=
		while read -r ll_k ll_v; do
			case $ll_k in
			script) ll_script=$ll_v ;;
			exit) ll_exit=$ll_v ;;
			others) ll_others=$ll_v ;;
			kill) ll_kill=${ll_kill:-$ll_v} ;;
			esac
		done
	} <"$ll_f.run"
}

# Is its keeper there? It alone holds the output on descriptor 8: a number that was given out again is not it.
ll_alive() {
	ll_boot
	[ -n "$ll_pid" ] && [ "$ll_home" = "$ll_id" ] && [ "/proc/$ll_pid/fd/8" -ef "$ll_f.out" ]
}

# Does the script itself still run, though its keeper is gone? It holds its mark open, or, having become another
# program, carries its name: a number that was given out again does neither.
ll_astray() {
	[ -n "$ll_script" ] && [ "$ll_home" = "$ll_id" ] || return 1
	for ll_v in "/proc/$ll_script/fd"/*; do
		[ ! "$ll_v" -ef "$ll_f.run" ] || return 0
	done
	printf '%s' "LIFTLOCK_MARK=$ll_f;" | grep -qsFf - "/proc/$ll_script/environ"
}

ll_uptime() { read -r ll_now ll_v </proc/uptime && ll_now=${ll_now%%.*}; }

# --- starting -----------------------------------------------------------------------------------------------

# tag mark timeout boot program exports: run it in the background, unless it has a mark.
ll_start() {
	ll_f=$ll_s/$2
	ll_boot
	if [ -e "$ll_s/${2%%.*}.closed" ]; then
		ll_say "C $1"
	elif [ -e "$ll_f.run" ] || [ -L "$ll_f.run" ]; then
		ll_say "E $1"
	elif [ -n "$4" ] && [ "$4" != "$ll_id" ]; then
		ll_say "B $1 $ll_id"
	else
		ll_jobs="$ll_jobs $2"
		jobs >/dev/null # forget those that have ended
		ll_job "$@" &
	fi
}

# The same words: the keeper of one script, in a process of its own. Makes the mark, runs the script, records its end,
# and tells. Nothing that the script starts holds the connection's descriptors.
ll_job() {
	trap : TERM HUP INT
	ll_tag=$1
	ll_uptime
	ll_self
	if ! command exec 8>>"$ll_f.out"; then
		ll_say "F $1"
		exit
	fi
	ll_mark "$ll_v $((ll_now + $3)) $ll_id"
	if [ -e "$ll_s/${2%%.*}.closed" ]; then
		rm -f -- "$ll_f.run" "$ll_f.out" # the run was closed just now, and swept perhaps
		ll_say "C $1"
		exit
	fi
	ll_script "$5" "$6"
	ll_code=$?
	ll_read "$2"
	[ -z "$ll_kill" ] || ll_slay "$ll_pid" "$ll_f;" >/dev/null 2>&1 # an undo may follow: nothing is to run beside it
	printf 'exit %s\n' "$ll_code" >>"$ll_f.run"
	ll_exit=$ll_code
	ll_size /proc/self/fdinfo/8
	case $ll_code$ll_kill in 77* | *T | *C) ll_got=$(wc -c <"$ll_f.out") ;; esac # more was told by the file's name
	[ "$ll_got" -le $((ll_half * 2)) ] || ll_trim
	ll_report
}

# line: create the mark, which must not be there: atomic, and no fork. Whoever did not, says so, and is no keeper.
ll_mark() {
	set -C
	if printf '' >"$ll_f.run"; then
		set +C
		printf '%s\n' "$1" >>"$ll_f.run" && return
		ll_say "F $ll_tag"
	elif [ -L "$ll_f.run" ]; then
		ll_say "A $ll_tag"
	elif [ -e "$ll_f.run" ]; then
		ll_say "E $ll_tag"
	else
		ll_say "F $ll_tag"
	fi
	exit
}

# program exports: the script itself, a subshell: it may end, or become another program, as it likes. It says who it is,
# and holds its mark open; what it starts does not (a shell closes what it saves). The nonce is none of its business.
ll_script() (
	exec >&8 2>&1 </dev/null 8>>"$ll_f.run"
	ll_self
	ll_me=$ll_v ll_told=$ll_f.out
	trap 'exit 77' USR1 # see rights.sh
	printf 'script %s\n' "$ll_v" >&8 2>/dev/null
	ll_k=$1 ll_n=
	eval "$2"
	export LIFTLOCK_MARK="$ll_f;"
	set --
	{ eval "$ll_k"; } 8>&-
)

# ll_v: the number of this very process ($$ is the first shell's).
ll_self() { while read -r ll_k ll_v && [ "$ll_k" != Tgid: ]; do :; done </proc/self/status; }

# --- what became of it --------------------------------------------------------------------------------------

# Tell the end of ll_f to ll_tag; with what it printed, if that is short.
ll_report() {
	LC_ALL=C
	ll_t='' ll_more=-
	if [ -e "$ll_f.head" ] || [ "$ll_got" -gt 3000 ]; then
		ll_more=M
	elif [ "$ll_got" -gt 0 ]; then
		while IFS= read -r ll_v || { ll_t=$ll_t$ll_v && false; }; do
			ll_t="$ll_t$ll_v
"
		done <"$ll_f.out"
		[ ${#ll_t} -le 3200 ] || ll_t='' ll_more=M
	fi
	ll_say "X $ll_tag ${ll_exit:--} ${ll_kill:--} $ll_more" "$ll_t"
}

# tag mark bury: what became of an attempt? `bury` 1: if it has no mark, it never will.
ll_ask() {
	ll_tag=$1
	if ! ll_read "$2" || [ -z "$ll_pid" ]; then
		if [ -L "$ll_f.run" ]; then
			ll_say "A $1"
		elif [ -e "$ll_f.run" ]; then
			ll_say "H $1" # a mark without a word: being written, or the disk was full
		elif [ "$3" = 1 ]; then
			ll_bury "$1" "$2"
		else
			ll_say "N $1"
		fi
		return
	fi
	if [ -z "$ll_exit" ] && { ll_alive || ll_astray; }; then
		ll_uptime
		case " $ll_jobs " in *" $2 "*) ;; *) ll_jobs="$ll_jobs $2" ;; esac
		ll_say "R $1 $((ll_dead - ll_now))"
		return
	fi
	ll_read "$2" # it may have ended between the two looks
	ll_got=$(wc -c <"$ll_f.out") || ll_got=0
	ll_report
}

ll_bury() {
	if [ -e "$ll_s/${2%%.*}.closed" ]; then
		ll_say "C $1"
	elif ln -s never "$ll_f.run" || [ -L "$ll_f.run" ]; then
		ll_say "A $1"
	elif [ -e "$ll_f.run" ]; then
		ll_say "N $1" # it was marked just now
	else
		ll_say "F $1"
	fi
}

# tag mark: the kept output, between the frame's brackets.
ll_out() {
	ll_f=$ll_s/$2
	if [ -e "$ll_f.head" ]; then
		printf '\001%s(O %s cut\n' "$ll_n" "$1"
		cat "$ll_f.head"
		printf '\n[...]\n'
		cat "$ll_f.tail" "$ll_f.out" 2>/dev/null | tail -c "$ll_half"
	else
		ll_got=$(wc -c <"$ll_f.out") || ll_got=0
		if [ "$ll_got" -gt $((ll_half * 2)) ]; then ll_v='cut'; else ll_v=-; fi # its keeper died before it cut it
		printf '\001%s(O %s %s\n' "$ll_n" "$1" "$ll_v"
		head -c $((ll_half * 2)) "$ll_f.out" 2>/dev/null
	fi
	printf '\001%s)' "$ll_n"
}
