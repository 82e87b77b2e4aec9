# Reads an access log on from where the last look ended, through rotation; says where this one ends. Changes nothing.
# The cursor has places, the current file's last: inode, offset, and a checksum of what stands before the offset, by which
# a file is known again after it was renamed or copied, and another one with the same inode is not taken for it.
# A rotated file stays in the cursor until a whole look brought nothing from it while the new one grew: the program may
# still write there. A look that is lost changes nothing: the next one has the same cursor.
# path cursor most format
: "${path:?}" "${cursor?}" "${most:?}" "${format:?}"
LC_ALL=C
export LC_ALL
folder=${path%/*}/
name=${path##*/}
tail_bytes=65536 # a line is not longer
root=no
above=${folder%/}
while [ -n "$above" ] && [ ! -e "$above" ]; do above=${above%/*}; done
above=${above:-/}
if [ ! -r "$above" ] || [ ! -x "$above" ] || { [ -e "$path" ] && [ ! -r "$path" ]; }; then root=yes; fi

reading() {
  if [ "$root" = yes ]; then as_root "$@" </dev/null; else "$@"; fi
}

# slice file start bytes
slice() {
  reading tail -c "+$(($2 + 1))" "$1" | head -c "$3"
}

# mark_at file offset: what stands before the offset, in short
mark_at() {
  mark_from=$(($2 > 1024 ? $2 - 1024 : 0))
  mark_sum=$(slice "$1" "$mark_from" $(($2 - mark_from)) | sha256sum)
  mark=$(printf '%.16s' "$mark_sum")
}

# whole_until file end: where the last whole line before `end` ends
whole_until() {
  whole_from=$(($2 > tail_bytes ? $2 - tail_bytes : 0))
  whole_rest=$({
    slice "$1" "$whole_from" $(($2 - whole_from)) | tr '\000\200-\377' '[?*]'
    echo x
  } | awk '{ last = length($0) } END { print last - 1 }')
  whole=$(($2 - whole_rest))
}

# age_of name: `age`, by which rotated files that are not compressed are in order, the oldest first; `scheme`: whether a
# date (dated), or a number of at most four digits that counts backwards (numbered). No rotated file of this log: it fails.
age_of() {
  case $1 in
    *.gz | *.bz2 | *.xz | *.zst | *.lz4 | *.Z) return 1 ;;
    "$name".[0-9]* | "$name"-[0-9]*) age=${1#"$name"} ;;
    "${name%.*}"[.-][0-9][0-9][0-9][0-9]*".${name##*.}")
      age=${1#"${name%.*}"}
      age=${age%".${name##*.}"}
      ;;
    *) return 1 ;;
  esac
  scheme=dated
  case $age in
    -* | .*[!0-9]* | .0?* | .?????*) ;;
    *)
      scheme=numbered
      age=$((99999 - ${age#.}))
      ;;
  esac
}

rotated() {
  printf '%s\n' "$listed" | while read -r each; do
    if age_of "$each"; then echo "$scheme $age $each"; fi
  done | sort | while read -r _ _ each; do printf '%s\n' "$folder$each"; done
}

# is_since file: whether it can have come after the file `newest_file`: the current one, or one that is named alike
is_since() {
  [ "$1" != "$path" ] || return 0
  age_of "${newest_file#"$folder"}" || return 1
  is_like=$scheme
  age_of "${1#"$folder"}" && [ "$scheme" = "$is_like" ]
}

# survey: `files`, a line each, oldest first: inode, size, path
survey() {
  listed=$(reading ls -1 "$folder" 2>/dev/null) || fail missing path "$path"
  set --
  while read -r each; do
    [ -z "$each" ] || set -- "$@" "$each"
  done <<END
$(rotated)
END
  files=$(reading stat -L -c '%i %s %n' "$@" "$path" 2>/dev/null) || :
}

# find_place inode offset mark: `found`, the number of the line in `files` that has this place now, or 0: the file itself,
# under whatever name, else a copy of it
find_place() {
  find_line "$1" "$@"
  if [ "$found" = 0 ] && [ "$2" != 0 ]; then find_line '*' "$@"; fi
}

# find_line pattern inode offset mark
find_line() {
  found=0
  line=0
  while read -r inode size file; do
    line=$((line + 1))
    # shellcheck disable=SC2254 # a pattern
    case $inode in $1) ;; *) continue ;; esac
    if [ "$size" -lt "$3" ]; then continue; fi
    mark_at "$file" "$3"
    if [ "$mark" = "$4" ]; then
      found=$line
      found_file=$file
    fi
  done <<END
$files
END
}

# start_from: `starts`, pairs of a line and an offset for the files of the cursor; `newest`, `newest_file`: the last of
# these; `former`: the line of what was the current file
start_from() {
  starts=' '
  newest=0
  newest_file=$path
  former=0
  rest=$cursor
  while [ -n "$rest" ]; do
    place=${rest%%;*}
    case $rest in *';'*) rest=${rest#*;} ;; *) rest='' ;; esac
    offset=${place#*:}
    find_place "${place%%:*}" "${offset%%:*}" "${offset#*:}"
    former=$found
    [ "$found" != 0 ] || continue
    starts="$starts$found:${offset%%:*} "
    if [ "$found" -gt "$newest" ]; then
      newest=$found
      newest_file=$found_file
    fi
  done
  if [ "$former" = 0 ]; then lost=yes; else lost=no; fi
  if [ "$newest$is_there" = 0no ]; then fail missing path "$path"; fi
}

# read_on: every known file from its place, and those that are newer from their beginning
read_on() {
  pieces=''
  places=''
  behind=0
  left=$most
  line=0
  while read -r inode size file; do
    line=$((line + 1))
    case $starts in
      *" $line:"*)
        start=${starts#*" $line:"}
        start=${start%% *}
        ;;
      *)
        if [ "$line" -le "$newest" ] || ! is_since "$file"; then continue; fi
        start=0
        ;;
    esac
    read_file
    behind=$((behind + size - end))
    quiet=no
    if [ "$offset" = "$start" ] && [ "$end" = "$size" ] && [ "$line" -lt "$former" ]; then quiet=yes; fi
    places="$places$inode $offset $((offset - start)) $quiet $file$nl"
  done <<END
$files
END
}

# read_file: the file's whole lines from `start` on, as far as may be read; `offset`: where they end
read_file() {
  end=$((size - start > left ? start + left : size))
  left=$((left - (end - start)))
  offset=$start
  [ "$end" -gt "$start" ] || return 0
  whole_until "$file" "$end"
  [ "$whole" -gt "$start" ] || return 0
  offset=$whole
  piece=$(slice "$file" "$start" $((whole - start)) | count "$format") || exit
  [ "${piece%% *}" = $((whole - start)) ] || moved=yes
  pieces="$pieces$piece$nl"
}

# check_names: a file that has another inode now, or is shorter, was renamed or cut while it was read
check_names() {
  while read -r inode offset _ _ file; do
    now=$(reading stat -L -c '%i %s' "$file" 2>/dev/null) || now='0 0'
    if [ "${now%% *}" != "$inode" ] || [ "${now##* }" -lt "$offset" ]; then moved=yes; fi
  done <<END
${places%"$nl"}
END
}

# keep_places: the next look's cursor. An older file goes that brought nothing in a look since another is the current one.
keep_places() {
  next=''
  case $places in *" 0 no $path$nl") grown=no ;; *" $path$nl") grown=yes ;; *) grown=no ;; esac
  while read -r inode offset _ quiet file; do
    if [ "$quiet$grown" = yesyes ]; then continue; fi
    mark_at "$file" "$offset"
    next="${next:+$next;}$inode:$offset:$mark"
  done <<END
${places%"$nl"}
END
  while [ ${#next} -gt 400 ]; do next=${next#*;}; done
}

# begin: the first look only says where the log ends
begin() {
  now=$(reading stat -L -c '%i %s' "$path") || exit
  whole_until "$path" "${now##* }"
  mark_at "$path" "$whole"
  say cursor "${now%% *}:$whole:$mark"
  say begun yes
  exit 0
}

tries=3
while :; do
  moved=no
  survey
  case $files$nl in *" $path$nl") is_there=yes ;; *) is_there=no ;; esac
  if [ -z "$cursor" ]; then
    [ "$is_there" = yes ] || fail missing path "$path"
    begin
  fi
  start_from
  read_on
  check_names
  [ "$moved" = yes ] || break
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || fail moving path "$path"
done
keep_places
say cursor "$next"
say lost "$lost"
say behind "$behind"
say servers "$(printf '%s' "$pieces" | grep -c '^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]')" || :
printf '%s' "$pieces"
