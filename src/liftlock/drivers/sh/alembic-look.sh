# Where Alembic says that the database stands: `at`. Changes nothing.
# folder alembic user lock statement config
: "${folder:?}" "${alembic:?}" "${user?}" "${lock:?}" "${statement:?}" "${config:?}"
told=$state/.liftlock-alembic-${key:?}.$$
trap 'rm -f "$told"' EXIT
trap 'exit 143' HUP INT TERM

# run_alembic argument...: the person's own, in its folder; a server that speaks libpq's language hears the time-outs
run_alembic() {
  set -- env -C "$folder" "PGOPTIONS=-c lock_timeout=$lock -c statement_timeout=$statement" "$alembic" -c "$config" "$@"
  if [ -n "$user" ]; then as_user "$user" "$@" </dev/null; else "$@" </dev/null; fi
}

# stands: the revisions that are applied, sorted; `base` if there is none
stands() {
  run_alembic current >"$told" 2>&1 || failed
  at=$(sed -n 's/^\([A-Za-z0-9_.-]\{1,\}\)\( (.*)\)\{0,1\}$/\1/p' "$told" | sort | tr '\n' ' ')
  at=${at% }
  at=${at:-base}
}

failed() {
  tail -n 40 "$told" | sed 's/^/  /' >&2
  ! grep -q 'LockNotAvailable\|lock timeout' "$told" || fail locked
  ! grep -q "Can't locate revision" "$told" || fail revision revision "${to:-}"
  fail alembic
}

stands
say at "$at"
