# Is it done? Changes nothing.
# names done_when
: "${done_when?}"
if own_words "$done_when" </dev/null >/dev/null 2>&1; then say 'done' yes; else say 'done' no; fi
