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
