# Statements that cannot run in a transaction: whether what they are for is there.
# database what index table
: "${what?}" "${index?}" "${table?}"

# index_state: index_found (none, valid, invalid) and index_full, its qualified name
index_state() {
  index_row=none
  if [ -n "$index" ]; then
    index_row=$(pg_ask "$database" "SELECT CASE WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END || ' ' ||
      format('%I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid = CASE WHEN :'table' = '' THEN to_regclass(:'index') ELSE (
        SELECT to_regclass(format('%I.%s', tn.nspname, :'index')) FROM pg_class t
        JOIN pg_namespace tn ON tn.oid = t.relnamespace WHERE t.oid = to_regclass(:'table')) END" -v index="$index" -v table="$table") || exit
  fi
  # shellcheck disable=SC2034 # not everybody needs both
  read -r index_found index_full <<END
${index_row:-none}
END
}

# alone_done: has the statement done its work?
alone_done() {
  index_state
  case $what in
    create) [ "$index_found" = valid ] ;;
    drop) [ "$index_found" = none ] ;;
    *) return 1 ;;
  esac
}
