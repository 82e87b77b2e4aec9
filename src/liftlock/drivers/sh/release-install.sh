# Unpack the verified archive into releases/<version> and switch `current` to it.
# state run key sha256 format into version keep strip owner
umask 022
: "${blob:?}" "${sha256:?}"
: "${format:?}" "${strip:?}" "${keep:?}" "${owner?}"
saved=$state/saved/${run:?}/${key:?}
target=releases/${version:?}
home=${into:?}/$target
current=$into/current
scratch=$into/releases/.liftlock-new-$key
old=$into/releases/.liftlock-old-$key

clean() {
  rm -rf "$scratch" "$scratch.list" "$scratch.list.read" "$scratch.said" "$old" "$into/.liftlock-current-$key"
}

# every member by name, type and link, before anything is unpacked
list_tar() {
  LC_ALL=C tar -t -v ${flag:+"$flag"} --numeric-owner -f "$blob" >"$scratch.list" 2>"$scratch.said" </dev/null || {
    cat "$scratch.said"
    fail broken
  }
  awk -v strip="$strip" '
    function bad(why, what) { print "bad"; print why; print what; failed = 1; exit }
    function comps(path, into,   raw, n, i, count) {
      n = split(path, raw, "/"); count = 0
      for (i = 1; i <= n; i++) if (raw[i] != "" && raw[i] != ".") into[++count] = raw[i]
      return count
    }
    function check(path, what,   part, n, i, joined) {
      if (path ~ /^\//) bad("absolute", what)
      n = comps(path, part); joined = ""
      for (i = 1; i <= n; i++) {
        if (part[i] == "..") bad("outside", what)
        joined = joined "/" part[i]
      }
      return joined
    }
    function check_link(path, where,   part, n, i, up, names, depth) {
      if (where == "" || where ~ /^\//) bad("link", path)
      depth = comps(path, part) - 1 - strip
      n = comps(where, part); up = 0; names = 0
      for (i = 1; i <= n; i++) {
        if (part[i] != "..") names++
        else if (names) bad("link", path)
        else up++
      }
      if (up > depth) bad("link", path)
    }
    {
      if (!match($0, /^[^ ][^ ]* +[^ \/]+\/[^ ]+ +[0-9]+(, *[0-9]+)? [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9](:[0-9][0-9])? /))
        bad("unreadable", $0)
      name = substr($0, RLENGTH + 1)
      mode = substr($1, 1, 10); type = substr(mode, 1, 1); total += $3; count++
      if (name ~ / [0-9]+ [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]/) bad("unreadable", name)
      if (type !~ /^[-dlh]$/) bad("special", name)
      if (substr(mode, 2) ~ /[sS]/) bad("setuid", name)
      if (type == "h") sub(/ link to /, " -> ", name)
      parts = split(name, piece, " -> ")
      if (parts > 2 || (parts != 2 && type ~ /[lh]/)) bad("unreadable", name)
      path = check(piece[1], name); seen[path] = name
      if (type == "l") { check_link(piece[1], piece[2]); links[path] = 1 }
      else if (parts == 2) seen[check(piece[2], name)] = name
    }
    END {
      if (failed) exit
      for (path in seen) {
        n = split(path, part, "/"); joined = ""
        for (i = 2; i < n; i++) { joined = joined "/" part[i]; if (joined in links) bad("link", seen[path]) }
      }
      if (failed) exit
      print "good"; printf "%d\n%.0f\n", count, total / 1024
    }' "$scratch.list" >"$scratch.list.read"
}

# what tar and unzip leave out of their lists, they say: a path that they would have to cut
judge_said() {
  cut=$(sed -n "s/.*emoving leading [\`']\(.*\)' from .*/\1/p" "$scratch.said" | head -n 1)
  rm -f "$scratch.said"
  case $cut in '') ;; /*) fail member_absolute member "$cut…" ;; *) fail member_outside member "$cut…" ;; esac
}

# the same for zip, whose listing does not tell types: those are looked at in the scratch folder
list_zip() {
  LC_ALL=C unzip -l "$blob" >"$scratch.list" 2>"$scratch.said" </dev/null || {
    cat "$scratch.said"
    fail broken
  }
  awk '
    function bad(why, what) { print "bad"; print why; print what; failed = 1; exit }
    /^ *-+[- ]*$/ { inside = !inside; next }
    inside {
      if (!match($0, /^ *[0-9]+ +[0-9-]+ [0-9:]+ +/)) bad("unreadable", $0)
      name = substr($0, RLENGTH + 1); total += $1; count++
      if (name ~ /^\// ) bad("absolute", name)
      if (name ~ /(^|\/)\.\.(\/|$)/) bad("outside", name)
      if (name ~ /\\/) bad("unreadable", name)
    }
    END { if (!failed) { print "good"; printf "%d\n%.0f\n", count, total / 1024 } }
  ' "$scratch.list" >"$scratch.list.read"
}

judge_list() {
  {
    IFS= read -r verdict || verdict=
    IFS= read -r why || why=
    IFS= read -r what || what=
  } <"$scratch.list.read"
  rm -f "$scratch.list" "$scratch.list.read"
  [ "$verdict" != bad ] || fail "member_$why" member "$what"
  if [ "$verdict" != good ] || [ "$why" -eq 0 ]; then fail broken; fi
  files=$why
  free=$(df -Pk "$into/releases" | awk 'END { print $4 }')
  case $free in *[!0-9]* | '') ;; *) [ "$free" -gt "$what" ] || fail space need_kb "$what" free_kb "$free" ;; esac
}

# what the listing could not tell, read from the scratch folder: a second look for tar, the first for zip
judge_scratch() {
  found=$(find "$scratch" \( -type b -o -type c -o -type p -o -type s \) -print | head -n 1)
  [ -z "$found" ] || fail member_special member "${found#"$scratch"/}"
  found=$(find "$scratch" ! -type l \( -perm -4000 -o -perm -2000 \) -print | head -n 1)
  [ -z "$found" ] || fail member_setuid member "${found#"$scratch"/}"
  root=$(cd "$unpacked" && pwd -P)
  find "$unpacked" -type l -print >"$scratch.list"
  while IFS= read -r link; do
    case $(readlink "$link") in /*) fail member_link member "${link#"$scratch"/}" ;; esac
    real=$(readlink -f "$link") || real=
    # a link to what is not there yet resolves to nothing: the listing of a tar has shown that it stays inside
    if [ -z "$real" ] && [ "$format" != zip ]; then continue; fi
    case $real in "$root" | "$root"/*) ;; *) fail member_link member "${link#"$scratch"/}" ;; esac
  done <"$scratch.list"
  rm -f "$scratch.list"
}

unpack() {
  flag=
  case $format in tar.gz) flag=-z ;; tar.bz2) flag=-j ;; tar.xz) flag=-J ;; esac
  if [ "$format" = zip ]; then list_zip; else list_tar; fi
  judge_list
  judge_said
  mkdir "$scratch"
  if [ "$format" = zip ]; then
    unzip -q -o "$blob" -d "$scratch" </dev/null >/dev/null || fail unpack
  else
    tar -x ${flag:+"$flag"} -o --no-same-permissions -f "$blob" -C "$scratch" </dev/null || fail unpack
  fi
  chmod -R u+rwX,go-w "$scratch"
  unpacked=$scratch
  [ "$strip" = 0 ] || enter_top
  judge_scratch
  [ -z "$owner" ] || chown -h -R "$owner" "$unpacked" || fail owner owner "$owner"
  rm -f "$unpacked/.liftlock-release"
  printf '%s\n' "$sha256" >"$unpacked/.liftlock-release"
}

enter_top() {
  unpacked=
  for entry in "$scratch"/* "$scratch"/.[!.]*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    if [ -n "$unpacked" ] || [ ! -d "$entry" ] || [ -L "$entry" ]; then fail strip; fi
    unpacked=$entry
  done
  [ -n "$unpacked" ] || fail broken
}

# what is in the folder's place: nothing, the same release in use, an unused one of ours, or somebody's
place() {
  marker=
  [ ! -f "$home/.liftlock-release" ] || IFS= read -r marker <"$home/.liftlock-release" || :
  if [ ! -e "$home" ] && [ ! -L "$home" ]; then
    return 0
  fi
  if [ -z "$marker" ] || [ -L "$home" ]; then fail occupied path "$home"; fi
  if [ "$(real "$current")" = "$(real "$home")" ]; then
    [ "$marker" = "$sha256" ] || fail in_use path "$home"
    return 1
  fi
}

real() {
  (cd "$1" 2>/dev/null && pwd -P) || :
}

remember() {
  if [ ! -f "$saved/previous" ]; then
    (umask 077 && mkdir -p "$saved")
    previous=
    [ ! -L "$current" ] || previous=$(readlink "$current")
    printf '%s\n' "$previous" >"$saved/previous.new"
    mv -f "$saved/previous.new" "$saved/previous"
  fi
  IFS= read -r previous <"$saved/previous" || :
}

switch() {
  rm -f "$into/.liftlock-current-$key"
  ln -s "$target" "$into/.liftlock-current-$key"
  # an mv without -T would move into the folder that `current` leads to: then not atomic, but right
  mv -f -T "$into/.liftlock-current-$key" "$current" 2>/dev/null || {
    rm -f "$current"
    mv -f "$into/.liftlock-current-$key" "$current"
  }
  [ "$(readlink "$current")" = "$target" ] || fail switch path "$current"
}

# what the undos of this run would go back to, one a line: also of its earlier steps, which led to other releases
needed() {
  for remembered in "$state/saved/$run"/*/previous; do
    [ -f "$remembered" ] || continue
    IFS= read -r link <"$remembered" || :
    [ -z "$link" ] || (cd "$into" && real "$link")
  done
}

# the newest `keep` of our own releases stay, and always the current one and those that a rollback needs
prune() {
  kept=0
  mine=$(real "$into/releases")
  stay=$nl$(needed)$nl
  now=$(real "$current")
  stat -c '%Y %n' "$mine"/*/.liftlock-release | sort -r -n | while read -r _ marker; do
    release=${marker%/.liftlock-release}
    kept=$((kept + 1))
    case $stay in *"$nl$release$nl"*) continue ;; esac
    if [ "$kept" -gt "$keep" ] && [ "$release" != "$now" ] && [ ! -L "$release" ]; then
      rm -rf "$release" || :
    fi
  done
}

case $version in */* | . | .. | '' | -* | .* | *"$nl"*) fail version version "$version" ;; esac
[ ! -e "$current" ] || [ -L "$current" ] || fail current path "$current"
checked
mkdir -p "$into/releases"
trap clean EXIT
trap 'exit 143' HUP INT TERM
clean
remember
files=0
if place; then
  unpack
  [ ! -e "$home" ] || mv -f "$home" "$old"
  mv -f "$unpacked" "$home"
  rm -rf "$old"
fi
switch
prune
say previous "$previous"
say current "$target"
say path "$home"
say sha256 "$sha256"
say files "$files"
