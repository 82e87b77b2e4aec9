# What a server is: version, role, lag, size, long transactions, where its binary log stands. Changes nothing.

# replica field: a field of the replication's status, whatever this version calls it
replica() {
  printf '%s\n' "$status" | sed -n "s/^ *\($1\): //p" | head -n 1
}

say version "$(my_ask 'SELECT VERSION()')"
status=$(my_client -E --column-names 2>"$my_said" <<'END'
SHOW SLAVE STATUS
END
) || status=$(my_client -E --column-names 2>"$my_said" <<'END'
SHOW REPLICA STATUS
END
) || my_failed "$my_said"
if [ -n "$status" ]; then
  say role replica
  say source "$(replica 'Master_Host\|Source_Host')"
  say lag_s "$(replica 'Seconds_Behind_Master\|Seconds_Behind_Source')"
  running=$(replica 'Slave_IO_Running\|Replica_IO_Running')/$(replica 'Slave_SQL_Running\|Replica_SQL_Running')
  say replicates "$running"
else
  say role primary
fi
my_ask "SELECT CONCAT('@read_only=', IF(@@read_only, 'yes', 'no')), CONCAT('@binlog=', IF(@@log_bin, 'yes', 'no'))" |
  tr '\t' '\n'
say uptime_s "$(my_ask "SHOW GLOBAL STATUS LIKE 'Uptime'" | cut -f 2)"
logs=$(my_client 2>/dev/null <<'END'
SHOW MASTER STATUS
END
) || logs=
[ -z "$logs" ] || say position "$(printf '%s' "$logs" | cut -f 1,2 | tr '\t' ':')"
my_ask "SELECT CONCAT('@size_mb=', ROUND(COALESCE(SUM(data_length + index_length), 0) / 1048576)),
  CONCAT('@tables=', COUNT(*)),
  CONCAT('@not_transactional=', COALESCE(SUM(engine NOT IN ('InnoDB', 'RocksDB', 'ROCKSDB', 'TokuDB', 'SEQUENCE')), 0))
  FROM information_schema.tables WHERE table_type = 'BASE TABLE'
  AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys');
  SELECT CONCAT('@long_transactions=', COUNT(*)),
  CONCAT('@oldest_transaction_s=', COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0))
  FROM information_schema.innodb_trx WHERE trx_started < NOW() - INTERVAL 60 SECOND" | tr '\t' '\n'
