# What a server is, and what stands in the way of work on it; changes nothing. A fact that this user may not read is left out.
# database
: "${database:?}"
trap 'rm -f "$pg_said"' EXIT

# facts sql: rows of name and value, each a fact on one line
facts() {
  pg_psql "$database" 2>"$pg_said" <<END | sed "s/^/@/"
SET lc_messages = 'C'; SET search_path = pg_catalog;
$1
END
}

basic=$(pg_ask "$database" "SELECT 'version=' || split_part(current_setting('server_version'), ' ', 1)
UNION ALL SELECT 'role=' || CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END
UNION ALL SELECT 'longest_transaction_s=' || coalesce(max(extract(epoch FROM clock_timestamp() - xact_start))::int, 0)
  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
UNION ALL SELECT 'longest_transaction=' || format('pid %s, %s, %s', pid, usename, state) FROM (SELECT * FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1) x
UNION ALL SELECT 'prepared_transactions=' || count(*) FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL SELECT 'oldest_prepared_s=' || coalesce(max(extract(epoch FROM clock_timestamp() - prepared))::int, 0)
  FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL SELECT 'invalid_indexes=' || coalesce(string_agg(indexrelid::regclass::text, ' '), '') FROM pg_index
  WHERE NOT indisvalid
UNION ALL SELECT 'extensions=' || coalesce(string_agg(format('%s %s', e.extname, e.extversion) || CASE
  WHEN a.default_version <> e.extversion THEN ' (available: ' || a.default_version || ')' ELSE '' END, ', ' ORDER BY 1), '')
  FROM pg_extension e LEFT JOIN pg_available_extensions a ON a.name = e.extname
UNION ALL SELECT 'connections=' || count(*) || ' of ' || current_setting('max_connections') FROM pg_stat_activity
UNION ALL SELECT name || '=' || setting FROM pg_settings WHERE name IN ('wal_level', 'max_wal_senders',
  'max_replication_slots', 'archive_mode', 'synchronous_commit', 'fsync', 'full_page_writes', 'wal_log_hints', 'server_encoding',
  'block_size', 'max_locks_per_transaction')
UNION ALL SELECT 'checksums=' || setting FROM pg_settings WHERE name = 'data_checksums'
UNION ALL SELECT 'pending_restart=' || string_agg(name, ' ') FROM pg_settings WHERE pending_restart HAVING count(*) > 0") || exit
printf '%s\n' "$basic" | sed 's/^/@/'

# each of these may be refused to a user with few rights, and is then left out
facts "SELECT 'cluster=' || system_identifier FROM pg_control_system()" || :
facts "SELECT 'data_directory=' || current_setting('data_directory')" || :
facts "SELECT 'lag_bytes=' || coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)
  WHERE pg_is_in_recovery()
UNION ALL SELECT 'lag_s=' || CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 ELSE
  coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::int, 0) END WHERE pg_is_in_recovery()
UNION ALL SELECT 'replica_' || row_number() OVER (ORDER BY application_name, client_addr) || '=' || format(
  '%s %s %s: %s bytes, %s s behind', application_name, coalesce(client_addr::text, 'local'), state,
  coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint, -1), coalesce(extract(epoch FROM replay_lag)::int, 0))
  FROM pg_stat_replication WHERE NOT pg_is_in_recovery()
UNION ALL SELECT 'slots=' || string_agg(slot_name || CASE WHEN active THEN '' ELSE ' (inactive)' END, ', ')
  FROM pg_replication_slots HAVING count(*) > 0" || :
facts "SELECT 'sizes=' || string_agg(format('%s %s', datname, pg_size_pretty(pg_database_size(oid))), ', ' ORDER BY datname)
  FROM pg_database WHERE NOT datistemplate AND has_database_privilege(oid, 'CONNECT')" || :
installed=$(pg_run "${pg_bin}postgres" --version 2>/dev/null </dev/null) || installed=''
installed=${installed#*(PostgreSQL) }
[ -z "$installed" ] || say installed "${installed%% *}"
