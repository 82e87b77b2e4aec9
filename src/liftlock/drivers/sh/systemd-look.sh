# What the unit is, and what it was when the step began: changes nothing.
# what systemd reads
look
say loaded "$loaded"
say found "$active/$sub"
say process "$pid"
say job "$job"
say result "$result"
say type "$type"
say enabled "$enabled"
say restarts "$restarts"
if [ -r "$saved/before" ]; then
  { read -r was && read -r active_was && IFS= read -r reload_was; } <"$saved/before" || :
  say began yes
  if [ "$invocation" = "$was" ]; then say another no; else say another yes; fi
  if [ "$reload" = "${reload_was:-}" ]; then say reloaded no; else say reloaded yes; fi
  say was "$active_was"
else
  say began no
fi
