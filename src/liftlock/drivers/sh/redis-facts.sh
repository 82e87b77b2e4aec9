# What a Redis is: version, role, how far its replicas are, how full it is, whether it saves. Changes nothing.
learn "$redis"
say version "$(info redis_version)"
say role "$(role)"
if [ "$(role)" = replica ]; then
  say source "$(info master_host):$(info master_port)"
  say link "$(info master_link_status)"
  say offset "$(info slave_repl_offset)"
else
  say replicas "$(info connected_slaves)"
  say offset "$(info master_repl_offset)"
  say replica_offsets "$(info 'slave[0-9]*' | sed 's/ip=\([^,]*\),port=\([0-9]*\),state=\([a-z_]*\),offset=\([0-9]*\).*/\1:\2 \3 \4/' | paste -s -d , -)"
fi
say keys "$(keys)"
say memory_mb "$(($(info used_memory) / 1048576))"
say memory_max_mb "$(($(info maxmemory) / 1048576))"
say append_only "$(info aof_enabled)"
say unsaved_changes "$(info rdb_changes_since_last_save)"
say last_save "$(info rdb_last_bgsave_status)"
say cluster "$(info cluster_enabled)"
[ ! -r "$memory" ] || say found "$(cat "$memory")"
