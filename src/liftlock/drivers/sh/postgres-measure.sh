# A query that tells a figure for each host: its rows with their names above, nothing changed, within a bound of time.
# database text since until
: "${database:?}" "${text:?}" "${since:?}" "${until:?}"
trap 'rm -f "$pg_said"' EXIT
# shellcheck disable=SC2034 # postgres-common reads it
pg_skip=1
pg_psql "$database" -v since="$since" -v until="$until" -P tuples_only=off -P footer=off -F "$(printf '\037')" \
  2>"$pg_said" <<END || pg_failed "$pg_said"
SET default_transaction_read_only = on; SET statement_timeout = '30s';
$text
END
