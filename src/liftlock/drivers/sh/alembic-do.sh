# To a revision, up or down, and see that it is there.
# way to
: "${way:?}" "${to:?}"
say before "$at"
if [ "$at" = "$to" ]; then
  say already yes
  exit 0
fi
run_alembic "$way" "$to" >"$told" 2>&1 || failed
tail -n 40 "$told" | sed 's/^/  /'
stands
say after "$at"
[ "$at" = "$to" ] || fail elsewhere found "$at" expected "$to"
say already no
