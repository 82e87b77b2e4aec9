# Put databases back: restored beside the old ones and compared, then the names change hands. The old ones are kept.
# All is asked from within template1, since one of them may be `postgres`: nobody can rename where he is.
# state key path sha256 jobs tag set to check_rows
: "${sha256?}" "${jobs:?}" "${tag:?}"
[ -n "${path?}" ] || fail none
pg_run test -f "$path/digests" || fail none
kept=''

there() {
  found=$(pg_ask template1 "SELECT count(*) FROM pg_database WHERE datname = :'one'" -v one="$1") || exit
  [ "$found" = 1 ]
}

intact() {
  found=$(pg_run sha256sum "$path/digests")
  [ "${found%% *}" = "$sha256" ] || fail damaged path "$path/digests"
  pg_run env -C "$path" sha256sum --check --quiet --strict digests >"$pg_said" 2>&1 </dev/null || {
    pg_tell "$pg_said"
    fail damaged path "$path"
  }
}

# filled number: the new database, as it was; nobody else can connect to it yet
filled() {
  pg_ask template1 'DROP DATABASE IF EXISTS :"one";' -v one="$new"
  pg_run cat "$path/$1/create" | pg_psql template1 -v name="$new" 2>"$pg_said" || pg_failed "$pg_said"
  pg_run "${pg_bin}pg_restore" -w --exit-on-error -j "$jobs" -d "$(pg_target "$new")" "$path/$1/dump" >"$pg_said" 2>&1 \
    </dev/null || {
    pg_tell "$pg_said"
    fail unpack database "$name"
  }
  pg_psql "$new" -v checks="$path/$1/checks" 2>"$pg_said" >"$state/.liftlock-seen-$key" <<END || pg_failed "$pg_said"
$check_same
\\i :checks
END
  pg_run cat "$path/$1/seen" | diff - "$state/.liftlock-seen-$key" >"$pg_said" || {
    pg_tell "$pg_said"
    fail differs database "$name"
  }
  rm -f "$state/.liftlock-seen-$key"
}

# as_before: owner, rights and settings of the database that is replaced
as_before() {
  pg_ask template1 "SELECT format('ALTER DATABASE %I OWNER TO %I', :'new', pg_get_userbyid(datdba)) FROM pg_database
    WHERE datname = :'old'
UNION ALL SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'new') FROM pg_database
    WHERE datname = :'old' AND datacl IS NOT NULL
UNION ALL SELECT format('GRANT %s ON DATABASE %I TO %s', a.privilege_type, :'new',
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
    FROM pg_database, aclexplode(datacl) a WHERE datname = :'old'
UNION ALL SELECT format('ALTER %s SET %I TO %s', CASE s.setrole WHEN 0 THEN format('DATABASE %I', :'new')
    ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(s.setrole), :'new') END, split_part(c, '=', 1),
    CASE WHEN split_part(c, '=', 1) ~ '(search_path|_libraries|temp_tablespaces)$'
      THEN substr(c, strpos(c, '=') + 1) ELSE quote_literal(substr(c, strpos(c, '=') + 1)) END)
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) c WHERE d.datname = :'old'
\\gexec" -v new="$new" -v old="$name"
}

# alone database: nobody else is connected to it any more
alone() {
  alone_left=30
  while alone_count=$(pg_ask template1 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :'one'" \
    -v one="$1") || exit; do
    [ "$alone_count" != 0 ] || return 0
    [ "$alone_left" -gt 0 ] || return 1
    alone_left=$((alone_left - 1))
    sleep 1
  done
}

# swapped: the old one steps aside under its new name, which says whose it is; nobody is connected to it any more. If it
# cannot step aside, it is as usable as before.
swapped() {
  there "$name" || return 0
  as_before
  pg_ask template1 'ALTER DATABASE :"old" ALLOW_CONNECTIONS false;' -v old="$name"
  alone "$name" || :
  pg_psql template1 -v old="$name" -v aside="$aside" 2>"$pg_said" <<'END' || {
ALTER DATABASE :"old" RENAME TO :"aside";
END
    pg_psql template1 -v old="$name" >/dev/null 2>&1 <<'END' || :
ALTER DATABASE :"old" ALLOW_CONNECTIONS true;
END
    pg_failed "$pg_said"
  }
}

one() {
  name=$(pg_run cat "$path/$1/name")
  new=liftlock_new_${tag}_$1
  aside=liftlock_old_${tag}_$1
  if ! there "$aside"; then
    filled "$1"
    swapped
  fi
  there "$name" || pg_ask template1 'ALTER DATABASE :"new" RENAME TO :"old";' -v new="$new" -v old="$name"
  kept="$kept $aside"
}

intact
number=1
while pg_run test -d "$path/$number"; do
  one "$number"
  number=$((number + 1))
done
say path "$path"
say restored "$((number - 1))"
say kept "${kept# }"
