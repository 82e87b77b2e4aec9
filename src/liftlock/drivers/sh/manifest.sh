# list folder name...: every file with its digest, every link with its target, modes and (for root) owners, sorted
list() {
  (
    cd "$1" || exit
    shift
    shape='%a %F %N'
    [ "$(id -u)" != 0 ] || shape='%a %u:%g %F %N'
    LC_ALL=C
    QUOTING_STYLE=escape
    export LC_ALL QUOTING_STYLE
    {
      find "$@" -type f -exec sha256sum {} +
      find "$@" ! -type s -exec stat -c "$shape" {} +
    } | sort
  )
}

# unpack archive -C folder [name...]: with the modes that it holds, whoever we are; `folder` keeps others out meanwhile
unpack() (
  umask 000
  tar -x -z -p --numeric-owner -f "$@"
)
