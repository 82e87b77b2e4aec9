# What is compared of a database: every table's rows counted and summed up by their hashes, and how many objects there are.
# Which of three ways (whole, sample, counted) a table is compared is settled once, and written down as SQL.
# check_rows
: "${check_rows:?}"

# the SQL that writes the SQL: a line a table
check_made="SELECT CASE
  WHEN greatest(c.reltuples, pg_relation_size(c.oid) / 400) <= $check_rows THEN format(
    'SELECT %L, count(*), sum(hashtextextended(t::text, 0)::numeric) FROM %I.%I t;', 'whole ' || c.oid::regclass,
    n.nspname, c.relname)
  WHEN k.keys IS NULL THEN format('SELECT %L, count(*) FROM %I.%I t;', 'counted ' || c.oid::regclass, n.nspname,
    c.relname)
  ELSE format('SELECT %L, (SELECT count(*) FROM %2\$I.%3\$I), (SELECT sum(hashtextextended(s::text, 0)::numeric) FROM ('
    || '(SELECT * FROM %2\$I.%3\$I t ORDER BY %4\$s LIMIT $check_rows / 2) UNION ALL '
    || '(SELECT * FROM %2\$I.%3\$I t ORDER BY %5\$s LIMIT $check_rows / 2)) s);', 'sample ' || c.oid::regclass,
    n.nspname, c.relname, k.keys, k.back)
  END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY o.place) AS keys,
    string_agg(quote_ident(a.attname) || ' DESC', ', ' ORDER BY o.place) AS back
  FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY o (number, place)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.number
  WHERE i.indrelid = c.oid AND i.indisprimary
) k ON true
WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND c.relispopulated
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relname !~ E'\\n' AND n.nspname !~ E'\\n'
ORDER BY n.nspname, c.relname;
SELECT \$q\$SELECT 'objects ' || c.relkind::text, count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') GROUP BY c.relkind ORDER BY 1;\$q\$;
SELECT 'SELECT ''large objects'', count(*) FROM pg_largeobject_metadata;';"
