#!/bin/sh
# 移开重建的数据目录，使原大版本的备库可以重新启动。参数：目标大版本
set -eu
data=/var/lib/postgresql/$1/main
if sudo -u postgres test -f "$data/standby.signal"; then
    sudo -u postgres mv "$data" "$data.taken-back.$(date +%s)"
fi
