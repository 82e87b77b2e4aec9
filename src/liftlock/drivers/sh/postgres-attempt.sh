# One try after another at a person's SQL, while all that is missing is a lock.
# database component name class checksum text role lock statement attempts pause repeatable version title crc
: "${text?}" "${role?}" "${lock:?}" "${statement:?}" "${attempts:?}" "${pause:?}" "${crc?}"
: "${class:?}" "${checksum:?}" "${repeatable:?}" "${version?}" "${title?}"
out=$state/.liftlock-psql-$key.$$
tried=1
trap 'rm -f "$out" "$pg_said" "$state/.liftlock-sql-$key"' EXIT
trap 'exit 143' HUP INT TERM

# told: psql with all that the SQL on standard input may name
told() {
  pg_psql "$database" -v component="$component" -v name="$name" -v run="$run" -v step="$key" -v role="$role" \
    -v lock="$lock" -v statement="$statement" -v crc="$crc" -v class="$class" -v checksum="$checksum" \
    -v repeatable="$repeatable" -v version="$version" -v title="$title" >"$out" 2>"$pg_said"
}

# begin: a transaction that waits for nobody for long, and ends when its client is gone
begin="SELECT set_config(name, '5s', false) FROM pg_settings WHERE name = 'client_connection_check_interval' \\g /dev/null
SELECT :'role' <> '' AS ll_role \\gset
BEGIN;
SET LOCAL lock_timeout = :'lock';
SET LOCAL statement_timeout = :'statement';"
# own: from here on the SQL is a person's
own="\\if :ll_role
SET LOCAL ROLE :\"role\";
\\endif
\\o /dev/null"

# framed head tail: the SQL between them, its lines counted from its own first one
framed() {
  pg_skip=$(printf '%s\n%s\n%s\n' "$begin" "$1" "$own" | grep -c '')
  printf '%s\n%s\n%s\n%s\n;\nRESET ROLE;\n%s\nCOMMIT;\n' "$begin" "$1" "$own" "$text" "$2"
}

# bare: the SQL outside of any transaction, for what cannot be in one
bare() {
  pg_skip=5
  told <<END || return
SELECT :'role' <> '' AS ll_role \\gset
\\if :ll_role
SET ROLE :"role";
\\endif
SET lock_timeout = :'lock'; SET statement_timeout = :'statement';
$text
;
END
}

# attempt function: until it succeeds, or fails for another reason than a lock, or has been tried often enough
attempt() {
  until "$1"; do
    if grep -q ':  55P03: ' "$pg_said" && [ "$tried" -lt "$attempts" ]; then
      tried=$((tried + 1))
      sleep "$pause"
    else
      ! grep -q ':  55P03: ' "$pg_said" || pg_holders "$database"
      pg_failed "$pg_said"
    fi
  done
  [ ! -f "$pg_said" ] || pg_tell "$pg_said"
  [ ! -f "$out" ] || counted
}

# counted: what statements with asserted numbers of rows said; a number that is wrong has rolled everything back
counted() {
  wrong=$(grep -m 1 '^liftlock: wrong ' "$out") || wrong=''
  if [ -z "$wrong" ]; then
    sed -n 's/^liftlock: \(rows_[0-9]*\|before_[0-9]*\|after_[0-9]*\)=/@\1=/p' "$out"
    return 0
  fi
  read -r _ _ wrong_line wrong_least wrong_most wrong_found <<END
$wrong
END
  fail rows line "$wrong_line" least "$wrong_least" most "$wrong_most" found "$wrong_found"
}
