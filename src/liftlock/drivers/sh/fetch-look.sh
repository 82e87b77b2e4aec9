# Is the artifact here? Changes nothing.
if [ -f "${blob:?}" ] && [ "$(sum_of "$blob")" = "${sha256:?}" ]; then
  say path "$blob"
  say size "$(wc -c <"$blob" | tr -d ' ')"
  say 'done' yes
else
  say 'done' no
fi
