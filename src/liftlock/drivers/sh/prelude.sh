# shellcheck shell=sh
set -eu
nl='
'

# the state folder: as the inventory says, else the one that the shell which runs this has found
: "${state:=${ll_s?}}"

# say name value: a fact, on one line
say() {
  printf '@%s=%s\n' "$1" "${2%%"$nl"*}"
}

# fail code [name value]...: name what is wrong, with the fields of its words, and end
fail() {
  printf '\n@failed=%s\n' "$1"
  shift
  while [ $# -gt 1 ]; do
    say "$1" "$2"
    shift 2
  done
  exit 65
}

# as_root command [argument]...: with root's rights, and only this one command. Who is refused does not come back: the
# script ends. The shell that runs this knows how its host does it (ll_as); without one, it is sudo without a password.
as_root() {
  if command -v ll_as >/dev/null; then ll_as '' "$@"; else as_user root "$@"; fi
}

# try_root command [argument]...: the same for what only explains: refused, it answers with 77 and the script goes on
try_root() (
  # shellcheck disable=SC2034 # the shell that runs this reads it
  ll_mild=yes
  as_root "$@"
)

# as_user name command [argument]...: as another user of the host
as_user() {
  if command -v ll_as >/dev/null; then
    ll_as "$@"
    return
  fi
  ll_to=$1
  shift
  if [ "$(id -un)" = "$ll_to" ]; then
    "$@"
  elif [ "$(id -u)" = 0 ]; then
    runuser -u "$ll_to" -- "$@"
  else
    sudo -n -u "$ll_to" -- "$@"
  fi
}
