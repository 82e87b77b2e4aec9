# own_words text: the person's words, in a shell of their own without this script's strictness. What they may name
# comes as u_<name>, so that none of it is taken for a variable of ours; `names` lists it.
own_words() (
  set +eu
  for u_ in ${names?}; do
    eval "$u_=\$u_$u_"
    export "${u_?}"
  done
  eval "$1"
)
