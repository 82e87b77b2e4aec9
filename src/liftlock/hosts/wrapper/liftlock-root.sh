#!/bin/sh
# liftlock-root: runs one command as root, or as another user, if /etc/liftlock/allowed lets it pass.
#
#   liftlock-root [--may] [--as USER] -- COMMAND [ARGUMENT]...      --may: only say whether it would
#
# The list has one rule a line: USER COMMAND [ARGUMENT]..., the command by its full path. `*`, `?` and `[...]` stand for
# what they do in the shell, within one argument, and are never matched by a path with `..` in it; a last `...` stands
# for any further arguments. Everything else is refused, with status 77, and all of it is logged (authpriv).
#
# Install, as root:   install -o root -g root -m 755 liftlock-root /usr/local/sbin/liftlock-root
#                     install -d -m 755 /etc/liftlock; install -m 644 allowed /etc/liftlock/allowed
#   sudoers:          deploy ALL=(root) NOPASSWD: /usr/local/sbin/liftlock-root
set -fu
unset IFS ENV BASH_ENV CDPATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
list=/etc/liftlock/allowed
may='' to=root what=''

note() {
  logger -p authpriv.notice -t liftlock-root -- "$1: ${SUDO_USER:-root} as $to: $(printf %s "$what" | tr -c '[:print:]' '?')" 2>/dev/null
}

refuse() {
  note "refused ($1)"
  printf 'liftlock-root: %s\n' "$1" >&2
  exit 77
}

# The list is root's, and nobody else writes it.
trusted() {
  about=$(stat -L -c '%u %a' -- "$1" 2>/dev/null) || return 1
  case $about in '0 '*[2367][0-7] | '0 '*[2367]) return 1 ;; '0 '*) ;; *) return 1 ;; esac
}

# rule user command [argument]...: does the rule let it pass?
fits() {
  rule=$1
  shift
  for want in $rule; do
    [ "$want" != ... ] || return 0
    [ $# -gt 0 ] || return 1
    if [ "$1" != "$want" ]; then
      case /$1/ in */../*) return 1 ;; esac
      # shellcheck disable=SC2254 # it is a pattern
      case $1 in $want) ;; *) return 1 ;; esac
    fi
    shift
  done
  [ $# = 0 ]
}

allowed() {
  while read -r line || [ -n "$line" ]; do
    case $line in '' | '#'*) continue ;; esac
    if fits "$line" "$@"; then return 0; fi
  done <"$list"
  return 1
}

# The command's full path: of a plain name, the first in PATH.
full() {
  case $1 in
    /*) path=$1 ;;
    */*) refuse "a command is named, or its full path is" ;;
    *)
      path=
      for folder in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
        if [ -z "$path" ] && [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then path=$folder/$1; fi
      done
      [ -n "$path" ] || refuse "no command $1"
      ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    --may) may=yes ;;
    --as)
      [ $# -gt 1 ] || refuse "--as whom?"
      to=$2
      shift
      ;;
    --)
      shift
      break
      ;;
    *) break ;;
  esac
  shift
done
what=$*
[ $# -gt 0 ] || refuse "no command"
case $to in '' | -* | *[!A-Za-z0-9._-]*) refuse "no such user" ;; esac
full "$1"
shift
trusted "$list" || refuse "$list is missing, or others than root can write it"
allowed "$to" "$path" "$@" </dev/null || refuse "not allowed by $list: $to $path${*:+ $*}"
[ -z "$may" ] || exit 0
note run
[ "$(id -u "$to")" != 0 ] || exec "$path" "$@"
exec runuser -u "$to" -- "$path" "$@"
