# Another user's rights, for one command of a script: what as_root and as_user (drivers/sh/prelude.sh) come to.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2016,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)
#
# ll_how (sudo, su, none), ll_wrap (the one program that sudoers allow) and ll_admin (who root is) come from outside;
# ll_secret, where the host has a password, comes with each script, is no part of any environment, and is written into
# pipes only: by a builtin, so that it is in no argument list, and on no disk.
#
# Who is refused is told by @denied=WHY, and the whole script ends with 77, from whatever subshell it asked: a refusal
# is never taken for what the command would have said.

# user command [argument]...: `user` may be empty: whoever is root here.
ll_as() {
	ll_to=${1:-$ll_admin}
	shift
	if [ "$ll_u" = 0 ]; then
		case $ll_to in root | "$ll_admin") "$@" ;; *) ll_drop_to "$@" ;; esac
	elif [ "$(id -un)" = "$ll_to" ]; then
		"$@"
	else
		{ set +x; } 2>/dev/null
		case $ll_how in su) ll_su "$@" ;; sudo) ll_sudo "$@" ;; *) ll_deny none '' "$@" ;; esac
	fi
}

# From root to anybody: no password, no policy.
ll_drop_to() {
	if command -v runuser >/dev/null; then
		runuser -u "$ll_to" -- "$@"
	elif command -v setpriv >/dev/null; then
		setpriv --reuid "$ll_to" --regid "$(id -g "$ll_to")" --init-groups "$@"
	else
		su -s /bin/sh -c 'exec "$0" "$@"' -- "$ll_to" "$@"
	fi
}

# why said command [argument]...: end the script. `said`: the words of sudo, su or the wrapper.
ll_deny() {
	[ -z "$ll_mild" ] || exit 77 # try_root, in a subshell of its own
	ll_why=$1 ll_t=$2
	shift 2
	{
		printf '\n@denied=%s\n@denied_user=%s\n@denied_as=%s\n' "$ll_why" "$(id -un)" "$ll_to"
		ll_find "$1"
		printf '@denied_path=%s\n' "$ll_v"
		shift
		ll_one_line "$*"
		printf '@denied_arguments=%s\n' "$ll_v"
		ll_one_line "$ll_wrap"
		printf '@denied_wrapper=%s\n' "$ll_v"
		ll_one_line "$ll_t"
		printf '@denied_said=%s\n' "$ll_v"
	} >>"$ll_told"
	kill -s USR1 "$ll_me"
	exit 77
}

# What sudo would run: a file, whatever the shell itself has under that name.
ll_find() {
	ll_v=$(
		case $1 in */*) ;; *)
			IFS=:
			for ll_d in $PATH; do
				if [ -f "$ll_d/$1" ] && [ -x "$ll_d/$1" ]; then printf %s "$ll_d/$1" && exit; fi
			done
			;;
		esac
		printf %s "$1"
	)
}

ll_one_line() { ll_v=$(printf %s "$1" | tr '\n\r' '  '); }

# --- sudo -----------------------------------------------------------------------------------------------------

# sudo's helper for passwords is awk, and its prompt is awk's program: it takes the password out of the pipe on
# descriptor 9 of ll_asking, prints it, and leaves word in the same pipe that sudo asked. So no file is needed, nothing
# is told where sudo does not ask, a wrong password is offered once, and standard input is the command's alone.
ll_prompt='BEGIN { f = t = ENVIRON["LL_ASK"]; sub("/fd/", "/./fd/", t); x = ""; r = (getline x < f)
print (r > 0 && x !~ /^=/ ? "again" : "asked") > t; if (r > 0 && x ~ /^=/) print substr(x, 2) }'

ll_sudo() {
	command -v sudo >/dev/null || ll_deny missing '' "$@"
	{
		ll_hand | ll_asking "$@" 9<&0 0<&8 8<&-
	} 8<&0
}

ll_hand() { [ -z "$ll_secret" ] || printf '=%s\n' "$ll_secret"; }

# command [argument]...: in a process of its own, with the password's pipe on descriptor 9. sudo itself ends with 1.
ll_asking() {
	ll_code=0
	ll_self
	ll_own=$ll_v
	ll_through '' "$@" || ll_code=$?
	case $ll_code$ll_wrap in 1* | 77/*) ;; *) exit "$ll_code" ;; esac
	ll_v=
	IFS= read -r ll_v <&9 || :
	[ "$ll_v" != again ] || ll_deny wrong '' "$@"
	ll_judge "$@"
	[ "$ll_v$ll_secret" != asked ] || ll_deny password '' "$@"
	exit "$ll_code"
}

# option command [argument]...
ll_through() {
	ll_k=$1
	shift
	if [ -z "$ll_wrap" ]; then
		set -- -u "$ll_to" -- "$@"
	else
		set -- -u root -- "$ll_wrap" $ll_may --as "$ll_to" -- "$@"
	fi
	LL_ASK=/proc/$ll_own/fd/9 SUDO_ASKPASS=$(command -v awk) sudo -A -k -p "$ll_prompt" $ll_k "$@" # which closes descriptor 9
}

# Was it sudo, or the wrapper, that said no, or did the command itself end like that? Both can be asked.
ll_judge() {
	if [ "$ll_code" = 77 ]; then
		ll_may=--may
		ll_t=$(ll_query '' "$@") || [ $? != 77 ] || ll_deny wrapper "$ll_t" "$@"
	elif ! ll_t=$(ll_query -l "$@"); then
		case $ll_t in
		*' tty '*) ll_deny tty "$ll_t" "$@" ;;
		*'incorrect password'*) ll_deny wrong "$ll_t" "$@" ;;
		*'password is required'* | *'no password was provided'*) ll_deny password "$ll_t" "$@" ;;
		*) ll_deny denied "$ll_t" "$@" ;;
		esac
	fi
}

ll_query() {
	LC_ALL=C
	export LC_ALL
	ll_hand | ll_querying "$@" 9<&0 </dev/null 2>&1
}

ll_querying() {
	ll_self
	ll_own=$ll_v
	ll_through "$@"
}

# --- su -------------------------------------------------------------------------------------------------------

# su reads the password from standard input, where it asks for one; a line of ours ends it, so that a password that su
# did not want is not taken for the command's input. The same line, printed, tells that the command began. The password
# is root's: to anybody else the way is through root.
ll_su() {
	command -v su >/dev/null || ll_deny missing '' "$@"
	ll_code=0 ll_k=''
	case $ll_to in root | "$ll_admin") ;; *) ll_k=$ll_to ;; esac
	{
		ll_t=$(
			{
				printf '%s\n' "$ll_secret" "begin $ll_me" 2>/dev/null
				cat <&5 2>/dev/null
			} | su -s /bin/sh -c "$ll_inner" -- "$ll_admin" "begin $ll_me" "$ll_k" "$@" 2>&1 >&6
		) || ll_code=$?
	} 5<&0 6>&1 7>&2
	case $ll_t in *"begin $ll_me"*) return "$ll_code" ;; esac
	if [ -n "$ll_secret" ]; then ll_deny wrong "$ll_t" "$@"; else ll_deny password "$ll_t" "$@"; fi
}

ll_inner='while IFS= read -r x && [ "$x" != "$0" ]; do :; done
printf "%s\n" "$0" >&2
u=$1
shift
[ -z "$u" ] || set -- runuser -u "$u" -- "$@"
exec "$@" 2>&7 5<&- 6>&- 7>&-'
