# How a MariaDB or MySQL is asked: which server, as which user of the host, and what its refusals are called.
# SQL goes in through standard input; a password comes as MARIADB_PASSWORD, and lies in a file of ours meanwhile.
# state key my_socket my_address my_port my_as my_user my_bin
: "${my_socket?}" "${my_address?}" "${my_port?}" "${my_as?}" "${my_user?}" "${my_bin?}"
unset MYSQL_HOST MYSQL_TCP_PORT MYSQL_UNIX_PORT MYSQL_PWD MYSQL_HOME MARIADB_HOME
umask 077
exec 9>&1 # what fails inside $(…) is told to the same reader
my_said=$state/.liftlock-mariadb-${key:?}.$$
my_options=$my_said.cnf
my_clean() {
  rm -f "$my_said" "$my_said.why" "$my_options"
}
trap 'my_clean' EXIT
trap 'exit 143' HUP INT TERM
my_bin=${my_bin:+$my_bin/}

# my_program name [older name]: its path
my_program() {
  for my_name in "$@"; do
    if [ -n "$my_bin" ]; then
      [ ! -x "$my_bin$my_name" ] || my_found=$my_bin$my_name
    else
      my_found=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$my_name") || my_found=
    fi
    if [ -n "${my_found:-}" ]; then
      printf '%s' "$my_found"
      return 0
    fi
  done
  fail program program "$1" >&9
}

# my_option name value: a line of an option file
my_option() {
  [ -z "$2" ] || printf '%s="%s"\n' "$1" "$(printf '%s' "$2" | sed 's/\\/\\\\/g')"
}

{
  printf '[client]\n'
  my_option user "$my_user"
  my_option password "${MARIADB_PASSWORD:-}"
  my_option socket "$my_socket"
  my_option host "$my_address"
  my_option port "$my_port"
} >"$my_options"
unset MARIADB_PASSWORD

# my_run program [argument]...: as the user of the host that the server knows
my_run() {
  if [ -n "$my_as" ]; then as_user "$my_as" "$@"; else "$@"; fi
}

# my_client [argument]...: SQL on standard input, bare rows on standard output; the first error ends it
my_client() {
  my_run "$my_mariadb" "--defaults-extra-file=$my_options" --default-character-set=utf8mb4 --batch \
    --skip-column-names --unbuffered "$@"
}

# my_ask sql [argument]...: an answer, or the failure that the server's number means
my_ask() {
  my_sql=$1
  shift
  my_client "$@" 2>"$my_said" <<END || my_failed "$my_said"
$my_sql
END
}

# my_failed file: end with the name of what is wrong, by the number of the first error that the file holds
my_failed() {
  my_first=$(grep -m 1 -e 'ERROR [0-9]' -e 'Got error: [0-9]' -e ': Error [0-9]' "$1") || my_first=$(grep -m 1 . "$1") ||
    my_first='it said nothing'
  my_number=$(printf '%s\n' "$my_first" | sed -n 's/^.*\(ERROR\|Got error:\|: Error\) \([0-9][0-9]*\).*$/\2/p')
  my_line=$(printf '%s\n' "$my_first" | sed -n 's/^.* at line \([0-9][0-9]*\).*$/\1/p')
  sed 's/^/  /' "$1" >&2
  my_what=sql
  case $my_number in
    '' | 2002 | 2003 | 2005 | 2006 | 2013 | 2026 | 1040 | 1053 | 1927) my_what=connection ;;
    1044 | 1045 | 1130 | 1142 | 1227 | 1370 | 1698) my_what=denied ;;
    1049) my_what=database ;;
    1205 | 3572) my_what=locked ;;
    1213) my_what=conflict ;;
    1969 | 3024) my_what=slow ;;
    1290 | 1792 | 1836) my_what=read_only ;;
    1021 | 1114) my_what=full ;;
  esac
  case $my_first in *'No space left'* | *'disk full'*) my_what=full ;; esac
  fail "$my_what" number "${my_number:--}" line "${my_line:--}" message "$my_first" >&9
}

my_mariadb=$(my_program mariadb mysql) || exit
