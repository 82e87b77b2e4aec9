# The person's own command, where nothing is to be done after it: no shell beside this one, and the script ends as it
# does. What its words may name comes as u_<name> (see words.sh); one of these may be called `text`.
set -- "${text?}"
for u_ in ${names?}; do
  eval "$u_=\$u_$u_"
  export "${u_?}"
done
eval "set --
set -e
$1"
