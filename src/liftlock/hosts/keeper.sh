# The shell that Liftlock keeps on a host. Read from standard input by any POSIX sh on Linux, after the lines that set
# ll_n (nonce of the frames), ll_s (state folder), ll_b (file with the boot id), ll_half (bytes), ll_grace (s).
#
# Promises, and where they are kept:
#   - a script runs once: its mark MARK.run is created exclusively (ll_job). A regular file: it ran, or runs. A symbolic
#     link: it never ran, and never will (ll_bury).
#   - a script outlives the connection: its keeper (ll_job) writes the end into the mark before it tells anybody.
#   - its deadline is kept here too: by the guard (ll_guard), which the controller asks for when a script runs longer
#     than a moment, and which ll_quit starts for whatever still runs when the connection is gone.
#   - what it prints is bounded: the guard keeps the first and the last ll_half bytes.
# MARK.run: "pid deadline boot" of the keeper, "script pid", then at most one "kill T" (deadline) or "kill C"
# (cancelled), then "exit CODE".
# For an ordinary quiet script nothing is forked but its keeper and itself, and no command is run: what else is read or
# written there, builtins read and write.
#
# shellcheck disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2174,SC3013
# (the first lines come from outside; words are split, and patterns expanded, on purpose; every sh that we know has -ef)

ll_say() { printf '\001%s(%s\n%s\001%s)' "$ll_n" "$1" "$2" "$ll_n"; }

# --- greeting -----------------------------------------------------------------------------------------------

ll_line() { ll_v='' && [ -r "$1" ] && IFS= read -r ll_v <"$1"; }

ll_add() { ll_t="$ll_t$1 $2
"; }

# tag: who and what this host is, in one frame.
ll_greet() {
	ll_boot
	ll_t=
	ll_add uid "$ll_u"
	ll_add home "$ll_s"
	ll_add folder "$ll_ok"
	ll_add boot "$ll_id"
	ll_line /proc/sys/kernel/hostname && ll_add hostname "$ll_v"
	ll_line /proc/sys/kernel/osrelease && ll_add kernel "$ll_v"
	ll_line /proc/sys/kernel/arch || ll_v=$(uname -m)
	ll_add arch "$ll_v"
	ll_line /etc/machine-id && ll_add machine "$ll_v"
	ll_line /sys/devices/system/cpu/online && ll_add cpus "$ll_v"
	ll_line /proc/meminfo && ll_add memory "$ll_v"
	if [ -r /etc/os-release ]; then
		while IFS= read -r ll_v; do
			case $ll_v in ID=*) ll_add os "${ll_v#*=}" ;; VERSION_ID=*) ll_add os_version "${ll_v#*=}" ;; esac
		done </etc/os-release
	fi
	ll_say "G $1" "$ll_t"
}

# ll_id: the boot id. A machine's does not change while this shell lives; a sandbox's may.
ll_boot() {
	[ -z "$ll_b" ] || ll_id=
	[ -z "$ll_b" ] || [ ! -r "$ll_b" ] || read -r ll_id <"$ll_b"
	[ -n "$ll_id" ] || read -r ll_id </proc/sys/kernel/random/boot_id || ll_id=unknown
}

ll_uid() {
	while read -r ll_k ll_u ll_v; do
		[ "$ll_k" != Uid: ] || return 0
	done </proc/self/status
	ll_u=$(id -u)
}

# Make the state folder if need be, and look whether it is ours alone. One command also tells the time of the host:
# the folder of a process in /proc is as old as the first look at it.
ll_folder() {
	[ -n "$ll_s" ] || ll_s=/var/tmp/liftlock-$ll_u
	if [ ! -e "$ll_s" ] && [ ! -L "$ll_s" ] && ! mkdir -p -m 700 -- "$ll_s"; then
		ll_ok="unmade $(date +%s)"
	elif ll_v=$(stat -c '%u %a %F %Y' -- "$ll_s" /proc/self/ 2>/dev/null); then
		case $ll_v in
		"$ll_u 700 directory "* | "$ll_u "[0-7]"700 directory "*) ll_ok=ours ;;
		*' symbolic link '*) ll_ok='link' ;;
		"$ll_u "*' directory '*'
'*) ll_ok=open ;;
		*) ll_ok=alien ;;
		esac
		ll_ok="$ll_ok ${ll_v##* }"
	else
		# shellcheck disable=SC2012
		ll_v=$(ls -ldn -- "$ll_s")
			set -- $ll_v
		case $1:$3 in
		"drwx------"*":$ll_u" | "drwx--S---"*":$ll_u") ll_ok=ours ;;
		l*) ll_ok='link' ;;
		d*":$ll_u") ll_ok=open ;;
		*) ll_ok=alien ;;
		esac
		ll_ok="$ll_ok $(date +%s)"
	fi
}

# --- the record of an attempt -------------------------------------------------------------------------------

# Read MARK.run: ll_pid ll_dead ll_home, ll_script, ll_kill and ll_exit. False if there is no such file.
ll_read() {
	ll_f=$ll_s/$1 ll_pid='' ll_dead=0 ll_home='' ll_script='' ll_kill='' ll_exit=''
	[ -f "$ll_f.run" ] && [ ! -L "$ll_f.run" ] || return 1
	{
		read -r ll_pid ll_dead ll_home || ll_pid=
		while read -r ll_k ll_v; do
			case $ll_k in
			script) ll_script=$ll_v ;;
			exit) ll_exit=$ll_v ;;
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

# Does the script itself still run, though its keeper is gone? It holds its mark open, or, having become another program,
# carries its name: a number that was given out again does neither.
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
	printf 'exit %s\n' "$ll_code" >>"$ll_f.run"
	ll_read "$2"
	ll_exit=$ll_code
	ll_size /proc/self/fdinfo/8
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
		printf '\001%s(O %s -\n' "$ll_n" "$1"
		head -c $((ll_half * 2)) "$ll_f.out" 2>/dev/null
	fi
	printf '\001%s)' "$ll_n"
}

# --- bounds -------------------------------------------------------------------------------------------------

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
	ll_root=$1 ll_name=$2
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

ll_signal() { ll_family && { kill -s "$1" $ll_set 2>/dev/null || :; }; }

# ll_set: the processes below ll_root (not itself; the script, where its keeper is gone), those of their own sessions
# and groups, and those whose environment carries ll_name. Parents come before their children: a shell that is ended
# after the command that it waits for would go on with the next one. False if there are none.
ll_family() {
	ll_set=' ' ll_all=''
	if [ "$ll_root" = none ] && ll_astray; then ll_set=" $ll_script "; fi
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
		if ! ll_read "$ll_m" || [ -z "$ll_exit" ]; then ll_watch "$ll_m"; fi
	done
}

# --- looks --------------------------------------------------------------------------------------------------

# tag program exports: run a read-only script; nothing is written anywhere.
ll_look() {
	ll_peek "$1" "$2" "$3" &
	eval "ll_look$1=$!"
	ll_looks="$ll_looks $!"
}

ll_peek() {
	{
		(
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
	eval "ll_v=\$ll_look$1"
	ll_slay "$ll_v" none >/dev/null 2>&1 &
}

# --- artifacts, cleaning up ---------------------------------------------------------------------------------

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

ll_jobs='' ll_looks='' ll_watched='' ll_id=''
exec 2>&1
trap : PIPE TERM HUP INT
trap ll_quit EXIT
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
ll_uid
ll_folder
ll_greet 0
