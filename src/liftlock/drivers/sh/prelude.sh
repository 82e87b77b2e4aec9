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

# as_root command [argument]...: with root's rights, and only this one command
as_root() {
  as_user root "$@"
}

# as_user name command [argument]...: as another user of the host
as_user() {
  ll_as=$1
  shift
  if [ "$(id -un)" = "$ll_as" ]; then
    "$@"
  elif [ "$(id -u)" = 0 ]; then
    runuser -u "$ll_as" -- "$@"
  else
    sudo -n -u "$ll_as" -- "$@"
  fi
}
