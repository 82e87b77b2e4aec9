# The SQL that would be run, without a connection; changes nothing.
# to
if [ "$at" != "${to:?}" ]; then
  [ "$at" != base ] || at=''
  run_alembic upgrade "${at:+$at:}$to" --sql 2>/dev/null | head -n 200 || :
fi
