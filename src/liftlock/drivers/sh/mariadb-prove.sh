# Restore a dump into a scratch server of its own (own data, a socket and no port, no events), and compare what is there
# with the list. The scratch server ends and its data goes in any case.
# sha256 list cases databases, and what older reads
: "${sha256?}" "${list?}" "${cases?}"
[ -n "${path?}" ] || fail none
scratch=${path%/*}/.liftlock-proof-$key
data=$scratch/data
scratch_pid=''

clean() {
  my_clean
  if [ -n "$scratch_pid" ]; then
    kill "$scratch_pid" 2>/dev/null || :
    wait "$scratch_pid" 2>/dev/null || :
  fi
  rm -rf "$scratch"
}

# shellcheck disable=SC2120 # called by name, from the list
# asked [argument]...: a socket's name may only be short, so that it is called from its own folder
asked() (
  cd "$data"
  "$my_mariadb" --no-defaults --socket=./s --user=root --default-character-set=utf8mb4 --batch --skip-column-names "$@"
)

# initialise: named from its folder, since the tool takes no space in a path. For root it is kept from giving the
# system's own PAM helper to another user, which it would otherwise do.
initialise() (
  cd "$scratch"
  set -- --no-defaults --lower-case-table-names="${cases:-0}"
  [ "$(id -u)" != 0 ] || set -- "$@" --user=root
  if my_install=$(my_program mariadb-install-db 9>/dev/null); then
    [ "$(id -u)" != 0 ] || set -- "$@" --rpm
    "$my_install" "$@" --datadir=./data --skip-test-db --auth-root-authentication-method=normal >./log 2>&1
  else
    "$my_server" "$@" --initialize-insecure --datadir="$data" >./log 2>&1
  fi
)

scratch_failed() {
  tail -n 20 "$scratch/log"
  fail scratch
}

serve() {
  "$my_server" --no-defaults --datadir="$data" --socket=./s --pid-file=./pid "--user=$(id -un)" --skip-networking \
    --event-scheduler=OFF --skip-log-bin --lower-case-table-names="${cases:-0}" --max-allowed-packet=1G \
    --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 >>"$scratch/log" 2>&1 </dev/null 9>&- &
  scratch_pid=$!
  ticks=300
  # shellcheck disable=SC2119
  until echo 'SELECT 1' | asked >/dev/null 2>&1; do
    ticks=$((ticks - 1))
    if [ "$ticks" = 0 ] || ! kill -0 "$scratch_pid" 2>/dev/null; then scratch_failed; fi
    sleep 0.2 2>/dev/null || sleep 1
  done
}

sound "$path" "$sha256"
sound "${path%.sql.gz}.list" "$list"
my_server=$(my_program mariadbd mysqld) || exit
trap clean EXIT
rm -rf "$scratch"
mkdir -p "$data"
initialise || scratch_failed
serve
gzip -dc "$path" >"$scratch/sql" || fail unpack
# shellcheck disable=SC2119
asked <"$scratch/sql" >/dev/null 2>"$my_said" || {
  sed 's/^/  /' "$my_said"
  fail refused message "$(grep -m 1 ERROR "$my_said" || :)"
}
rm -f "$scratch/sql"
listing asked >"$scratch/unsorted" 2>"$my_said" || my_failed "$my_said"
sort "$scratch/unsorted" >"$scratch/restored"
as_listed "${path%.sql.gz}.list" "$scratch/restored" || fail differs
older .list .sql.gz
say path "$path"
say sha256 "$sha256"
say proved "$(grep -c "^table$tab" "$scratch/restored" || :)"
say rows "$(sed -n "s/^rows$tab.*$tab//p" "$scratch/restored" | { n=0; while read -r one; do n=$((n + one)); done; echo "$n"; })"
