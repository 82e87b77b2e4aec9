# What a file is: its kind, mode, digest, where a link leads, whether a line holds a text.
# file digest contains
: "${file:?}" "${digest:?}" "${contains?}"
if [ -L "$file" ]; then
  say kind link
  say link "$(readlink "$file")"
elif [ -d "$file" ]; then
  say kind folder
elif [ -f "$file" ]; then
  say kind file
elif [ -e "$file" ]; then
  say kind other
else
  # what may not be looked into is not known to be empty
  above=${file%/*}
  while [ -n "$above" ] && [ ! -e "$above" ]; do above=${above%/*}; done
  above=${above:-/}
  if [ -d "$above" ] && [ ! -x "$above" ]; then fail unread path "$above"; fi
  say kind absent
fi
if [ -e "$file" ]; then say mode "$(stat -L -c '%a' "$file")"; fi
if [ -f "$file" ]; then
  if [ "$digest" = yes ]; then
    found=$(sha256sum <"$file")
    say sha256 "${found%% *}"
  fi
  if [ -n "$contains" ]; then
    if grep -q -F -e "$contains" "$file"; then say contains yes; else say contains no; fi
  fi
fi
