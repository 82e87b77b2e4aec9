# What is installed, what apt would do, and whether the plan allows it.
# what apt reads

# state_of package: version and status (`ii` is installed); nothing if nothing of it is there
state_of() {
  dpkg-query -W -f '${Version} ${db:Status-Abbrev}\n' "$1" 2>/dev/null | sed -n '/ .n[A-Z ]*$/d; p; q'
}

# installed package: its version, if it is there and whole
installed() {
  state_of "$1" | sed -n 's/ [ih]i *$//p'
}

# present package: its version, whole or not, unless it was removed
present() {
  state_of "$1" | sed -n '/ rc *$/d; s/ .*//p'
}

is_held() {
  [ "$(dpkg-query -W -f '${db:Status-Want}' "$1" 2>/dev/null)" = hold ]
}

# is_auto package: by the list that `read_autos` took: each question costs apt a whole reading of its world
is_auto() {
  case "$autos" in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

read_autos() {
  autos=" $(apt-mark showauto | tr '\n' ' ') "
}

# is_in name patterns
is_in() (
  set -f
  # shellcheck disable=SC2254 # the plan's patterns
  for pattern in $2; do
    case $1 in $pattern) exit 0 ;; esac
  done
  exit 1
)

# simulate file argument...: what apt would do, a line each in the file: install | upgrade | downgrade | again | remove,
# package, version before (-), version after (-), architecture
simulate() {
  file=$1
  shift
  # shellcheck disable=SC2086 # words
  apt-get -s $options "$@" </dev/null >"$log" 2>&1 || blame simulation
  while read -r what name rest; do
    old=- new=- arch=
    case $rest in '['*) old=${rest#?} && old=${old%%]*} && rest=${rest#*]} ;; esac
    case $what in
      Inst)
        new=${rest#*(} && new=${new%% *}
        arch=${rest#*(} && arch=${arch%%)*} && arch=${arch##*[} && arch=${arch%]}
        what=upgrade
        if [ "$old" = - ]; then
          what=install
        elif [ "$old" = "$new" ]; then
          what=again
        elif dpkg --compare-versions "$new" lt "$old"; then
          what=downgrade
        fi
        ;;
      Remv | Purg) what=remove ;;
      *) continue ;;
    esac
    printf '%s %s %s %s %s\n' "$what" "$name" "$old" "$new" "$arch"
  done <"$log" >"$file"
}

# allowed file: nothing but what the plan names is changed, and nothing goes back to an older version
allowed() {
  while read -r what name old new arch; do
    named=no
    if is_in "${name%%:*}" "$names" || is_in "$name" "$names"; then named=yes; fi
    case $what$named in
      downgrade*) fail downgrade message "$name: $old -> $new" ;;
      removeyes) fail removes packages "$name" ;;
      removeno) is_in "$name" "$removes" || removed="${removed:-}, $name" ;;
      *no) is_in "$name" "$also" || more="${more:-}, $name ($old -> $new)" ;;
    esac
  done <"$1"
  [ -z "${removed:-}" ] || fail removes packages "${removed#, }"
  [ -z "${more:-}" ] || fail more packages "${more#, }"
}

# offered: each package of the plan is there under its own name, in the version that is asked for, unless it is so
# already; and nobody forbids that version by a negative pin
offered() {
  # shellcheck disable=SC2086 # words
  policies=$(apt-cache policy $names)
  for request in $requests; do
    name=${request%%=*}
    version=${request#*=}
    [ "$(installed "$name")" != "$version" ] || continue
    table=$(printf '%s\n' "$policies" | awk -v name="$name:" '$0 == name { on = 1; next } /^[^ ]/ { on = 0 }
      on && /^ (\*\*\*|   ) [^ ]/ { if ($1 == "***") print $2, $3; else print $1, $2 }')
    if [ -z "$table" ]; then
      providers=$(apt-cache showpkg "$name" 2>/dev/null | sed -n '1,/^Reverse Provides/d; s/ .*//p' | sort -u | tr '\n' ' ')
      [ -z "$providers" ] || fail virtual package "$name" providers "$providers"
      fail missing package "$name"
    fi
    priority=$(printf '%s\n' "$table" | awk -v version="$version" '$1 == version { print $2 }')
    versions=$(printf '%s\n' "$table" | awk '{ printf "%s ", $1 }')
    [ -n "$priority" ] || fail version package "$name" version "$version" versions "$versions"
    case $priority in -*) fail pinned package "$name" version "$version" priority "$priority" ;; esac
  done
}

# holds: packages of the plan that somebody holds, unless the plan itself says how they are held
holds_allow() {
  [ "${hold:?}" = as_is ] || return 0
  for name in $names; do
    ! is_held "$name" || fail held message "$name"
  done
}

# listed file: a fact for each kind of change
listed() {
  for kind in install upgrade downgrade remove; do
    say "$kind" "$(awk -v kind="$kind" '$1 == kind {
      printf "%s%s %s", sep, $2, ($3 == "-" ? $4 : $4 == "-" ? $3 : $3 " > " $4); sep = ", "
    }' "$1")"
  done
}

# altered package: its configuration files that differ from the package's
altered() {
  as_root dpkg -V "$1" 2>/dev/null | sed -n 's/^..5...... c \(\/.*\)$/\1/p'
}

# damaged package: name a file of it that is missing or altered. What a host leaves out on purpose is not missed.
damaged() {
  verified=$(as_root dpkg -V "$1" 2>/dev/null) || :
  told=$(printf '%s\n' "$verified" | sed -n '/^..5......   \//p; /^missing   *\//p' |
    grep -vE '^missing +/usr/share/(doc|man|info|locale|lintian|linda|groff|bug)/' | head -n 1) || :
  [ -z "$told" ] || fail damaged package "$1" message "$told"
}

# marks put|see: what was automatic or by hand, held or free, is so again, but holds are as the plan says if it does;
# `see`: is it so?
marks() {
  read_autos
  while read -r name version auto held; do
    [ -n "$(present "$name")" ] || continue
    now_held=free
    now_auto=manual
    if is_held "$name"; then now_held=held; fi
    if is_auto "$name"; then now_auto=auto; fi
    if is_in "$name" "$names" && [ "${hold:?}" != as_is ]; then held=$hold; fi
    if [ "$held" != "$now_held" ]; then mark "$1" "$held" "$name" || return 1; fi
    if [ "$version" != - ] && [ "$auto" != "$now_auto" ]; then mark "$1" "$auto" "$name" || return 1; fi
  done <"${kept:?}/before"
}

mark() {
  [ "$1" = put ] || return 1
  case $2 in
    held) as_root apt-mark hold "$3" >/dev/null ;;
    free) as_root apt-mark unhold "$3" >/dev/null ;;
    *) as_root apt-mark "$2" "$3" >/dev/null ;;
  esac
}
