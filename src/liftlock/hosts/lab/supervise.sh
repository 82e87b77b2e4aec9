# One lab host's life: a reboot ends nspawn with status 133, and it is started again. Anything else ends it.
#   supervise.sh ON GROUP… -- NSPAWN…
# ON: a file that is there for as long as the host is to run. GROUP: the control groups that the host has made for it.
on=$1
shift
groups=
while [ "$1" != -- ]; do
  groups="$groups $1"
  shift
done
shift

enter() { for group in $groups; do echo "$2" >"$group/$1/cgroup.procs" || exit 1; done; }

enter keep "$$"
while [ -e "$on" ]; do
  sh -c 'for group in $0; do echo $$ >"$group/host/cgroup.procs" || exit 1; done; exec "$@"' "$groups" "$@"
  [ "$?" -eq 133 ] || break
done
