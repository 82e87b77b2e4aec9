# Reload nginx: other workers take over. Where another program is installed than runs, it takes over from the old one.
# verb config error_log program replace
: "${verb:?}" "${config:?}" "${error_log:?}" "${program:?}" "${replace:?}"
by_signal=
[ -n "$unit" ] || by_signal=yes

# workers pid: its workers that take connections
workers() {
  for stat in /proc/[0-9]*/stat; do
    { read -r line <"$stat"; } 2>/dev/null || continue
    line=${line##*) }
    line=${line#* }
    [ "${line%% *}" = "$1" ] || continue
    pid=${stat#/proc/}
    pid=${pid%/stat}
    title=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null) || continue
    case $title in
      *'is shutting down'*) ;;
      'nginx: worker process'*) printf '%s ' "$pid" ;;
    esac
  done
}

# others: are there workers, and all of them other ones?
others() {
  found=$(workers "$main")
  [ -n "$found" ] || return 1
  for pid in $found; do
    case " $was " in *" $pid "*) return 1 ;; esac
  done
}

# replaced: does the main process run another program than the installed one?
replaced() {
  runs=$(as_root readlink "/proc/$main/exe") || runs=
  case $runs in '') return 1 ;; *' (deleted)') return 0 ;; esac
  [ "$runs" != "$(readlink -f "$program")" ]
}

installed_version() {
  said=$("$program" -v 2>&1) || said=
  said=${said##*/}
  printf '%s' "${said%% *}"
}

log_size() {
  try_root stat -c '%s' "$error_log" 2>/dev/null || echo 0
}

# what nginx wrote since: why a reload that was asked for did not take place
log_since() {
  try_root tail -c "+$((mark + 1))" "$error_log" 2>/dev/null | tail -n 20 || :
}

taken_over() {
  new=
  [ ! -r "$pid_file" ] || read -r new <"$pid_file" || :
  [ -n "$new" ] && [ "$new" != "$old" ] && [ -d "/proc/$new" ] && [ -n "$(workers "$new")" ]
}

# is_newer pid: did it begin after each file of the configuration was changed?
is_newer() {
  files=$(as_root "$program" -T -q -c "$config" 2>/dev/null </dev/null) || return 1
  set -- "$1"
  while IFS= read -r line; do
    case $line in '# configuration file /'*:)
      line=${line#\# configuration file }
      set -- "$@" "${line%:}"
      ;;
    esac
  done <<EOF
$files
EOF
  since=$(began "$1")
  shift
  [ $# -gt 0 ] && [ "$since" -gt "$(newest "$@")" ]
}

quiet() { [ -z "$(workers "$old")" ]; }
gone() { [ ! -d "/proc/$old" ]; }

# take_over: the new program beside the old one, then the old one's workers end, then the old one
take_over() {
  old=$main
  as_root kill -s USR2 "$old" || fail command unit "pid $old"
  until_seen taken_over || {
    log_since
    fail binary pid "$old"
  }
  as_root kill -s WINCH "$old" || :
  until_seen quiet || :
  as_root kill -s QUIT "$old" || :
  until_seen gone || fail binary pid "$old"
  main=$new
}

main_process
was=$(workers "$main")
installed=$(installed_version)
say installed "$installed"
if [ "$verb" = look ]; then
  if replaced; then say version other; else say version "$installed"; fi
  first=${was%% *}
  if [ -n "$first" ] && ! replaced && is_newer "$first"; then say taken_up yes; else say taken_up no; fi
  exit 0
fi
as_root "$program" -t -q -c "$config" </dev/null 2>&1 || fail config config "$config"
mark=$(log_size)
say before "$main $was"
if [ "$replace" = auto ] && replaced; then
  take_over
  say how "program replaced"
else
  ask_reload HUP
  until_seen others || {
    log_since
    fail same within "$within" pid "$main"
  }
  say how reloaded
fi
say version "$installed"
say process "$main"
say workers "$(workers "$main")"
