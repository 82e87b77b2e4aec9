# One playbook, run here (at the controller) by the person's own ansible-playbook. What our callback plugin saw is
# printed as facts at the end, in every case: the driver judges by these, never by what stands around them.
# run key program folder playbook inventory generated limit vars options files sums plugin mode vault_id names alone about
umask 077
: "${program:?}" "${playbook:?}" "${inventory?}" "${limit?}" "${vars:?}" "${plugin:?}" "${mode:?}" "${files?}" "${sums?}"
command -v "$program" >/dev/null 2>&1 || fail missing program "$program"

# what was approved is what runs: each line of `files` has its digest in `sums`
check_files() {
  rest=$sums
  while IFS= read -r file; do
    [ -n "$file" ] || continue
    wanted=${rest%%"$nl"*}
    rest=${rest#*"$nl"}
    found=$(tree_sum "$file")
    [ "$found" = "$wanted" ] || fail altered file "$file" found "${found:--}" expected "$wanted"
  done <<FILES
$files
FILES
}

# no two playbooks of ours against one host at once, whatever journal they belong to: held by every process that could
# still work on it
only_one() {
  command -v flock >/dev/null 2>&1 || return 0
  shared=/var/tmp/liftlock-$(id -u)
  (umask 077 && mkdir -p "$shared")
  # shellcheck disable=SC3067 # dash and busybox know -O
  if [ ! -O "$shared" ] || [ -L "$shared" ]; then shared=$state; fi
  mkdir -p "$shared/playing"
  exec 9>"$shared/playing/${alone:?}"
  flock -n 9 || fail busy host "${about:?}"
}

# a folder of their own in ansible.cfg would be hidden by ours: it is named as well
their_plugins() {
  [ -z "${ANSIBLE_CALLBACK_PLUGINS:-}" ] || { printf '%s' ":$ANSIBLE_CALLBACK_PLUGINS" && return; }
  for cfg in "${ANSIBLE_CONFIG:-}" ./ansible.cfg ~/.ansible.cfg /etc/ansible/ansible.cfg; do
    [ -f "$cfg" ] || continue
    ! grep -q '^[[:space:]]*callback_plugins' "$cfg" || {
      case $program in */*) config=${program%/*}/ansible-config ;; *) config=ansible-config ;; esac
      "$config" dump --only-changed 2>/dev/null </dev/null |
        sed -n "s/^DEFAULT_CALLBACK_PLUGIN_PATH(.*) = \[\(.*\)\]\$/\1/p" | tr -d "' " | tr ',' ':' | sed 's/^/:/'
    }
    return 0
  done
}

check_files
only_one
place=$state/saved/${run:?}/${key:?}.play
rm -rf "$place"
mkdir -p "$place/plugins"
trap 'rm -rf "$place"' EXIT
trap 'exit 143' HUP INT TERM
printf '%s' "$plugin" >"$place/plugins/liftlock_told.py"
printf '%s' "$vars" >"$place/vars.json"
if [ -z "$inventory" ]; then
  inventory=$place/hosts.json
  printf '%s' "${generated:?}" >"$inventory"
fi
cd "${folder:?}" || fail missing program "$folder"
case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *UTF-8* | *utf-8* | *utf8* | *UTF8*) ;; *) export LC_ALL=C.UTF-8 ;; esac
for u_ in ${names?}; do
  eval "$u_=\$u_$u_"
  export "${u_?}"
done
theirs=$(their_plugins)
export ANSIBLE_CALLBACK_PLUGINS="$place/plugins$theirs" LIFTLOCK_TOLD="$place/told"
export ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=0 ANSIBLE_FORCE_COLOR=0
vault=${LIFTLOCK_VAULT:-}
unset LIFTLOCK_VAULT

set -- "$program" -i "$inventory" -e "@$place/vars.json"
[ -z "$limit" ] || set -- "$@" --limit "$limit"
[ "$mode" != check ] || set -- "$@" --check --diff
while IFS= read -r option; do
  [ -z "$option" ] || set -- "$@" "$option"
done <<OPTIONS
${options?}
OPTIONS
# a look is cut at its end where it is long: there, what is printed comes last, and looks like no fact of ours
play() {
  if [ -n "$vault" ]; then
    "$@" --vault-id "${vault_id:?}@/dev/fd/3" "$playbook" 3<<VAULT </dev/null
$vault
VAULT
  else
    "$@" "$playbook" </dev/null
  fi
}

tell() {
  printf '\n'
  [ ! -f "$place/told" ] || cat "$place/told"
  say status "$status"
}

status=0
if [ "$mode" = check ]; then
  play "$@" >"$place/out" 2>&1 || status=$?
  tell
  tail -c 40000 "$place/out" | sed 's/^@/ @/'
else
  play "$@" || status=$?
  tell
fi
