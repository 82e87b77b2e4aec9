# The person's own command, where nothing is to be done after it: the script ends as it does.
bare_words "set -e
${text?}"
