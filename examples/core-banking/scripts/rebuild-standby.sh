#!/bin/sh
# 由已升级的主库重建流复制备库；重复执行结果相同。参数：目标大版本 主库
set -eu
data=/var/lib/postgresql/$1/main
if sudo -u postgres test -f "$data/standby.signal"; then
    exit 0
fi
sudo -u postgres rm -rf "$data.new"
sudo -u postgres pg_basebackup -h "$2" -U replicator -D "$data.new" -X stream -R --checkpoint=fast
if sudo -u postgres test -e "$data"; then
    sudo -u postgres mv "$data" "$data.before-rebuild"
fi
sudo -u postgres mv "$data.new" "$data"
