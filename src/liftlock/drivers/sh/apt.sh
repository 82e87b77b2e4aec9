# How packages are asked for: as root command by command, without questions, with a bound for every wait.
# state run key packages (a line each: name version) also removes (patterns) lock_wait conffiles (keep | replace)
: "${state:?}" "${run:?}" "${key:?}" "${packages?}" "${also?}" "${removes?}" "${lock_wait:?}" "${conffiles:?}"
umask 077
cd /
export LC_ALL=C LANGUAGE=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none
work=$state/saved/$run/$key
log=$work/log
policy=/usr/sbin/policy-rc.d
ours='Put here by Liftlock'
names=
requests=
while read -r name version; do
  [ -n "$name" ] || continue
  names="$names $name"
  requests="$requests $name=$version"
done <<LIST
$packages
LIST

# what every call of dpkg is told about configuration files that somebody changed on the host
decided=--force-confnew
[ "$conffiles" = replace ] || decided='--force-confdef --force-confold'

# words that every call of apt-get has; by `Liftlock::Step` our own work is known to policy-rc.d
options="-y -q --no-install-recommends -o Liftlock::Step=$key -o DPkg::Lock::Timeout=$lock_wait -o Dpkg::Use-Pty=0"
options="$options -o APT::Get::AutomaticRemove=false -o APT::Update::Error-Mode=any -o Acquire::Retries=2"
for word in $decided; do options="$options -o Dpkg::Options::=$word"; done

# insist command...: as root, once more while another package manager holds a lock, for `lock_wait` seconds at most.
# What it prints goes to the log. Maintainer scripts inherit our umask, so it is the usual one.
insist() {
  begun=$(date +%s)
  while :; do
    status=0
    (umask 022 && as_root "$@") </dev/null >"$log" 2>&1 || status=$?
    [ "$status" != 0 ] || return 0
    grep -qE 'Could not get lock|Unable to lock|lock (was|is) locked by' "$log" || return "$status"
    [ $(($(date +%s) - begun)) -lt "$lock_wait" ] || blame locked
    sleep 1
  done
}

# blame code: what the log tells, or else this; with the line that tells it
blame() {
  tail -n 60 "$log"
  ! grep -q 'held broken packages' "$log" || printf 'held on this host: %s\n' "$(apt-mark showhold | tr '\n' ' ')"
  while read -r code pattern; do
    told=$(grep -E -m 1 -e "$pattern" "$log") || continue
    [ "$code" != locked ] || told="$told$(holder)"
    fail "$code" message "$told"
  done <<'TABLE'
environment liftlock-environment
space No space left on device|enough free space
locked Could not get lock|Unable to lock|lock (was|is) locked by
signature NO_PUBKEY|EXPKEYSIG|REVKEYSIG|BADSIG|signatures? (was|were) invalid|couldn't be verified|be authenticated
unsigned is not signed|does not have a Release file|no longer has a Release file
expired Release file for .* is (expired|not valid yet)
mismatch Hash Sum mismatch|unexpected size|does not match expected
fetch Failed to fetch|Unable to fetch|Could not resolve|Unable to connect|Some index files failed
held Held packages were changed
downgrade Packages were downgraded
unmet : (Pre)?Depends: | : (Conflicts|Breaks): |unmet dependencies|held broken packages
essential Essential packages were removed
script error processing package|subprocess returned error|maintainer script
interrupted dpkg was interrupted
TABLE
  fail "$1" message "$(tail -n 1 "$log")"
}

# holder: what the process runs that holds the lock, by its number in the log
holder() {
  number=$(sed -n 's/.*held by process \([0-9]*\).*/\1/p; s/.*locked by another process with pid \([0-9]*\).*/\1/p' "$log" | tail -n 1)
  [ -z "$number" ] || tr '\0' ' ' 2>/dev/null <"/proc/$number/cmdline" | sed 's/^\(.*[^ ]\) *$/: \1/' | cut -c 1-200
}

# calm: from here on, packages that we install start, stop and restart no service. A policy of somebody else's is kept
# beside ours and still asked; ours, left behind by a crash, is without effect, since none of its callers is our work.
calm() {
  ! grep -qs "$ours" "$policy" || return 0
  cat >"$work/policy-rc.d" <<POLICY
#!/bin/sh
# $ours for as long as one of its steps installs packages: those start, stop and restart no service meanwhile.
# It has no effect on anybody else's work. If no such step runs, it may be removed.
pid=\$\$
while [ "\${pid:-0}" -gt 1 ]; do
  if tr '\\0' ' ' <"/proc/\$pid/cmdline" | grep -q 'Liftlock::Step=\\|--ignore-depends=liftlock-step'; then exit 101; fi
  pid=\$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/\$pid/status")
done 2>/dev/null
[ ! -x $policy.liftlock-kept ] || exec $policy.liftlock-kept "\$@"
exit 0
POLICY
  as_root install -m 0755 "$work/policy-rc.d" "$policy.liftlock-new" || fail policy path "$policy"
  as_root rm -f "$policy.liftlock-kept"
  if [ -e "$policy" ] || [ -L "$policy" ]; then as_root ln "$policy" "$policy.liftlock-kept"; fi
  as_root mv -f "$policy.liftlock-new" "$policy" || fail policy path "$policy"
}

# uncalm: what was there before. What somebody else has put there meanwhile stays.
uncalm() {
  grep -qs "$ours" "$policy" || return 0
  if [ -e "$policy.liftlock-kept" ] || [ -L "$policy.liftlock-kept" ]; then
    as_root mv -f "$policy.liftlock-kept" "$policy"
  else
    as_root rm -f "$policy"
  fi
}

# needrestart asks its own environment, and sudo may hand on none: then nothing is installed
guarded() {
  if [ -e /usr/lib/needrestart/apt-pinvoke ] && [ "$(id -u)" != 0 ]; then
    # shellcheck disable=SC2016 # the hook's own shell expands it
    insist apt-get "$@" -o 'DPkg::Pre-Invoke::=[ -n "$NEEDRESTART_SUSPEND" ] || { echo liftlock-environment; exit 1; }'
  else
    insist apt-get "$@"
  fi
}

# unfinished: the packages that dpkg has not finished with. Read from its states, since only root may ask for its audit
unfinished() {
  dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package} ${Version}\n' | sed -n '/^.[HUFWt]/p; /^..R/p'
}

# dpkg was interrupted: by a crash, a kill, a reboot
is_interrupted() {
  [ -n "$(find /var/lib/dpkg/updates -type f -name '[0-9]*' 2>/dev/null | head -n 1)" ] || [ -n "$(unfinished)" ]
}

# repair: finish what dpkg was interrupted in. What still fails afterwards may be just what the step itself puts right.
repair() {
  is_interrupted || return 0
  # shellcheck disable=SC2086 # words
  insist dpkg --configure -a --ignore-depends=liftlock-step $decided || {
    tail -n 20 "$log"
    grep -q 'error processing package\|^Setting up\|^Processing' "$log" || blame repair
  }
  say repaired yes
}
