# list folder name...: every file with its digest, every link with its target, modes and (for root) owners, sorted
list() {
  (
    cd "$1" || exit
    shift
    shape='%a %F %N'
    if [ "${sudo:?}" = yes ] || [ "$(id -u)" = 0 ]; then shape='%a %u:%g %F %N'; fi
    LC_ALL=C
    QUOTING_STYLE=escape
    export LC_ALL QUOTING_STYLE
    {
      as_told find "$@" -type f -exec sha256sum {} +
      as_told find "$@" ! -type s -exec stat -c "$shape" {} +
    } | sort
  )
}

# unpack archive -C folder [name...]: with the modes that it holds, whoever we are; `folder` keeps others out meanwhile
unpack() (
  umask 000
  as_told tar -x -z -p --numeric-owner -f "$@"
)
