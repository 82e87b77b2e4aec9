# The last words that are sent: from here on, questions are answered.
# shellcheck shell=sh disable=SC2154,SC2062,SC2086,SC2030,SC2031,SC2034,SC2174,SC3013
# (what is set in one file is used in another; see attempts.sh)

ll_jobs='' ll_looks='' ll_watched='' ll_id='' ll_secret='' ll_may='' ll_mild='' ll_others=''
exec 2>&1
trap : PIPE TERM HUP INT
trap ll_quit EXIT
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
ll_uid
ll_folder
ll_greet 0
