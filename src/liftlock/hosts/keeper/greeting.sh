# Who and what this host is, and whether its state folder is safe to use.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)

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
