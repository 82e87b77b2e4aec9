# Apply a file's statements in order, each once; or those of its down script, and then take the marks away.
# way wait statement attempts pause forward, and for each place text_ sum_ rows_
text=''
sum=''
rows=''
: "${way:?}" "${wait:?}" "${statement:?}" "${attempts:?}" "${pause:?}" "${forward?}"

# session: what each statement's session begins with; it ends at once if another one is at work with this file, or has
# done the statement since it was looked at
session() {
  cat <<END
SET SESSION lock_wait_timeout = $wait, innodb_lock_wait_timeout = $wait;
/*M!100101 SET SESSION max_statement_time = $statement */;
SELECT IF(GET_LOCK('$lock', $wait) = 1, 'held', (SELECT 'liftlock' UNION SELECT 'busy'));
SELECT IF(COUNT(*) = 1, 'due', (SELECT 'liftlock' UNION SELECT 'done'))
  FROM liftlock_migrations WHERE $mine AND place = $mark AND state = 'begun';
END
}

# once: the statement with its mark: in one transaction, if it can be in one
once() {
  {
    session
    [ "$rows" = no ] || printf 'START TRANSACTION;\n'
    printf 'DELIMITER %s\n%s\n%s\nDELIMITER ;\n' ';;liftlock;;' "$text" ';;liftlock;;'
    printf "UPDATE liftlock_migrations SET state = 'done' WHERE %s AND place = %s;\n" "$mine" "$mark"
    [ "$rows" = no ] || printf 'COMMIT;\n'
  } | my_client --binary-mode "$database" >/dev/null 2>"$my_said"
}

# refused: by what its session begins with, and not by the statement itself
refused() {
  grep -q 'ERROR 1242 .* at line [1-5]:' "$my_said"
}

# persist: again, while all that is missing is a lock; and no more, once another attempt has done it
persist() {
  tried=1
  until once; do
    if refused && [ "$tried" -le "$attempts" ]; then
      tried=$((tried + 1))
      idle
      now=$(form) || exit
      ! known || return 0
    elif refused; then
      fail busy lock "$lock"
    elif grep -q 'ERROR 1205 \|ERROR 1213 ' "$my_said" && [ "$tried" -lt "$attempts" ]; then
      tried=$((tried + 1))
      sleep "$pause"
    elif [ "$half" = yes ] && grep -q 'ERROR \(1051\|1054\|1091\|1146\|1305\|1360\|1539\) ' "$my_said"; then
      say not_there "$place"
      mark_ask "UPDATE liftlock_migrations SET state = 'done' WHERE $mine AND place = $mark"
      break
    else
      # the server said no: it was not done, whatever the schema looks like; where nobody answered, that is not known
      if grep -q 'ERROR 1[0-9][0-9][0-9] ' "$my_said"; then
        cp "$my_said" "$my_said.why"
        mark_ask "DELETE FROM liftlock_migrations WHERE $mine AND place = $mark AND state = 'begun'"
        mv -f "$my_said.why" "$my_said"
      fi
      my_failed "$my_said"
    fi
  done
  applied=$((applied + 1))
}

# known: done already; or begun, and what it does to the schema is there
known() {
  state=''
  checksum=''
  before=''
  row=$(mark_ask "SELECT state, checksum, form FROM liftlock_migrations WHERE $mine AND place = $mark") || exit
  [ -n "$row" ] || return 1
  read -r state checksum before <<END
$row
END
  [ "$checksum" = "$sum" ] || [ "$state" = begun ] || fail changed file "$name" place "$((place + 1))"
  [ "$state" != 'done' ] || return 0
  if [ "$rows" = yes ] || [ "$checksum" != "$sum" ] || [ "$before" = "$now" ]; then return 1; fi
  mark_ask "UPDATE liftlock_migrations SET state = 'done' WHERE $mine AND place = $mark"
  say found_done "$((place + 1))"
}

# idle: no earlier attempt is at work with this file any more
idle() {
  free=$(mark_ask "SELECT GET_LOCK('$lock', 30)") || exit
  [ "$free" = 1 ] || fail busy lock "$lock"
}

# each place: its text, and the place of its mark: below zero for the way back
each() {
  eval "text=\$text_$1 sum=\$sum_$1 rows=\$rows_$1"
  mark=$1
  [ "$way" = up ] || mark=$((-1 - $1))
  now=$(form) || exit
  ! known || return 0
  # a row that says `done` by now is another attempt's, and stays
  mark_ask "DELETE FROM liftlock_migrations WHERE $mine AND place = $mark AND state = 'begun';
    INSERT IGNORE INTO liftlock_migrations (component, name, place, checksum, state, form, run, step)
    VALUES ($(quoted "$component"), $(quoted "$name"), $mark, '$sum', 'begun', '$now', $(quoted "$run"), $(quoted "$key"))"
  persist
}

marks_ready
idle
applied=0
half=no
say name "$name"
if [ "$way" = down ]; then
  done=$(mark_ask "SELECT COUNT(*) FROM liftlock_migrations WHERE $mine AND place >= 0 AND $ours") || exit
  if [ "$done" = 0 ]; then
    say undone nothing
    exit 0
  fi
  [ -n "$forward" ] || half=yes # the way up did not come to its end
fi
place=0
while [ "$place" -lt "$count" ]; do
  each "$place"
  place=$((place + 1))
done
if [ "$way" = down ]; then
  mark_ask "DELETE FROM liftlock_migrations WHERE $mine"
  say undone "$applied"
  exit 0
fi
[ "$(marks_done)" = "$count" ] || fail unmarked
say statements "$count"
say applied "$applied"
