# How a PostgreSQL is asked: which server, as which user of the host, and what its refusals are called.
# SQL goes in through standard input, values as psql's variables; a password only ever comes as PGPASSWORD.
# state key pg_cluster pg_bin pg_socket pg_port pg_as pg_user
: "${pg_cluster?}" "${pg_bin?}" "${pg_socket?}" "${pg_port?}" "${pg_as?}" "${pg_user?}"
unset PGHOST PGHOSTADDR PGPORT PGDATABASE PGUSER PGOPTIONS PGSERVICE PGSERVICEFILE PGAPPNAME PGDATA PGTZ PGCLIENTENCODING
cd /
exec 9>&1 # what fails inside $(…) is told to the same reader
pg_data='' # where the server keeps its data, if the cluster's name says it
pg_said=$state/.liftlock-postgres-${key:?}.$$
pg_skip=0 # lines of ours that stand before a person's SQL

# Debian's name for a cluster says its port, its programs, its owner and its folder
pg_debian() {
  pg_list=$(pg_lsclusters -h 2>/dev/null </dev/null) || pg_list=''
  while read -r pg_version pg_name pg_listed _ pg_owner pg_folder _; do
    [ "$pg_version/$pg_name" = "$pg_cluster" ] || continue
    pg_port=${pg_port:-$pg_listed}
    pg_bin=${pg_bin:-/usr/lib/postgresql/$pg_version/bin}
    # shellcheck disable=SC2034 # for those who work on the server's files
    pg_data=$pg_folder
    [ "$pg_as" != postgres ] || pg_as=$pg_owner
    return 0
  done <<END
$pg_list
END
  fail cluster cluster "$pg_cluster" >&9
}

[ -z "$pg_cluster" ] || pg_debian
if [ -z "$pg_bin" ] && ! command -v psql >/dev/null 2>&1; then
  for pg_found in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin; do
    [ ! -x "$pg_found/psql" ] || pg_bin=$pg_found
  done
fi
pg_bin=${pg_bin:+$pg_bin/}
[ -n "$pg_socket" ] || [ ! -d /var/run/postgresql ] || pg_socket=/var/run/postgresql

# pg_word text: a value of a connection string
pg_word() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/[\\\\']/\\\\&/g")"
}

# pg_target database: the connection string of a database
pg_target() {
  printf 'connect_timeout=15 application_name=%s dbname=%s' "$(pg_word "liftlock $key")" "$(pg_word "$1")"
  [ -z "$pg_socket" ] || printf ' host=%s' "$(pg_word "$pg_socket")"
  [ -z "$pg_port" ] || printf ' port=%s' "$(pg_word "$pg_port")"
  [ -z "$pg_user" ] || printf ' user=%s' "$(pg_word "$pg_user")"
}

# pg_run program [argument]...: as the user of the host that the database knows
pg_run() {
  if [ -n "$pg_as" ]; then as_user "$pg_as" "$@"; else "$@"; fi
}

# pg_psql database [argument]...: SQL on standard input, bare rows on standard output; the first error ends it
pg_psql() {
  pg_to=$(pg_target "$1")
  shift
  pg_run "${pg_bin}psql" -X -q -A -t -w -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$pg_to" -f - "$@"
}

# pg_ask database sql [argument]...: one short answer, or the failure that psql's words mean
pg_ask() {
  pg_in=$1
  pg_sql=$2
  shift 2
  pg_psql "$pg_in" "$@" 2>"$pg_said" <<END || pg_failed "$pg_said"
$pg_sql
END
  rm -f "$pg_said"
}

# pg_tell file: what psql said, for people; none of its lines can be taken for one of ours
pg_tell() {
  sed 's/^/  /' "$1" >&2
  rm -f "$1"
}

# pg_failed file: end with the name of what is wrong, by the SQLSTATE of the first error that the file holds
pg_failed() {
  pg_first=$(grep -m 1 -e ':  [0-9A-Z]\{5\}: ' "$1") || pg_first=$(grep -m 1 . "$1") || pg_first='psql said nothing'
  pg_state=$(printf '%s\n' "$pg_first" | sed -n 's/^.*:  \([0-9A-Z]\{5\}\): .*$/\1/p')
  pg_line=$(printf '%s\n' "$pg_first" | sed -n 's/^psql:[^:]*:\([0-9][0-9]*\): .*$/\1/p')
  pg_text=$(printf '%s\n' "$pg_first" | sed 's/^psql:\([^:]*:[0-9]*: \)\{0,1\}//')
  [ -z "$pg_line" ] || pg_line=$((pg_line - pg_skip))
  pg_at=$(sed '/:  [0-9A-Z]\{5\}: /q' "$1" | sed -n 's/^liftlock: at line //p' | tail -n 1)
  pg_line=${pg_at:-$pg_line} # where a script was taken apart, and each part says where it comes from
  pg_tell "$1"
  pg_what=sql
  case $pg_state in
    '') pg_what=connection ;;
    55P03) pg_what=locked ;;
    57014) pg_what=slow ;;
    40001 | 40P01) pg_what=conflict ;;
    53100 | 58030) pg_what=full ;;
    53*) pg_what=resources ;;
    57P* | 08*) pg_what=connection ;;
    28* | 42501) pg_what=denied ;;
    25006) pg_what=read_only ;;
  esac
  fail "$pg_what" sqlstate "$pg_state" line "$pg_line" message "$pg_text" >&9
}

# pg_running database: how many sessions of this step are at work there now, whoever started them
pg_running() {
  pg_ask "$1" "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'liftlock $key'
    AND datname = current_database() AND pid <> pg_backend_pid()"
}

# pg_settled database seconds: wait until what an earlier attempt left at work has ended, at most so long
pg_settled() {
  pg_left=$2
  while pg_count=$(pg_running "$1") || exit; do
    [ "$pg_count" != 0 ] || return 0
    [ "$pg_left" -gt 0 ] || return 1
    pg_left=$((pg_left - 1))
    sleep 1
  done
}

# pg_holders database: the oldest transactions there, which a lock may wait for
pg_holders() {
  pg_psql "$1" 2>/dev/null <<'END' | sed 's/^/  /' >&2 || :
SELECT format('pid %s, %s, open for %s s, %s: %s', pid, usename, extract(epoch FROM now() - xact_start)::int, state,
  left(regexp_replace(query, E'[\n\r]+', ' ', 'g'), 60))
FROM pg_stat_activity
WHERE xact_start IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 3;
END
}
