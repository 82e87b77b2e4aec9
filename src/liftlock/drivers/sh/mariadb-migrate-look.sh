# How many of the file's statements are done, and whether one of them is at work. Changes nothing.
say 'done' "$(marks_done)"
used=$(mark_ask "SELECT IF(IS_USED_LOCK('$lock') IS NULL, 'no', 'yes')") || exit
say running "$used"
