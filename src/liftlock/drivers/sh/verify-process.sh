# Which processes have this name, or whether the one of a pid file has it: no command is started for it.
# process pid_file
: "${process:?}" "${pid_file?}"
short=$(printf '%.15s' "$process")
pids=
count=0

# the name as the kernel keeps it (15 bytes), or the last part of the program's path
named() {
  name=
  { read -r name <"/proc/$1/comm"; } 2>/dev/null || return 1
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in Z* | X*) return 1 ;; esac
  [ "$name" = "$short" ]
}

if [ -n "$pid_file" ]; then
  pid=
  [ ! -r "$pid_file" ] || read -r pid <"$pid_file" || :
  case $pid in '' | *[!0-9]*) ;; *) set -- "$pid" ;; esac
else
  for folder in /proc/[0-9]*; do set -- "$@" "${folder#/proc/}"; done
fi
for pid; do
  if named "$pid"; then
    pids="$pids $pid"
    count=$((count + 1))
  fi
done
say pids "${pids# }"
say count "$count"
