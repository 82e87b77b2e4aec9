# tree_sum path: SHA-256 of a file; of a folder as planfile/trees.py has it. Nothing is said if it cannot be read.
tree_sum() (
  if [ -d "$1" ]; then
    cd "$1" || exit 0
    LC_ALL=C find -L . -type d \( -name .git -o -name __pycache__ -o -name .ansible \) -prune -o \
      -type f ! -name '*.pyc' ! -name '*.retry' -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 -r sha256sum | sha256sum
  else
    sha256sum <"$1"
  fi 2>/dev/null | while read -r sum _; do printf '%s' "$sum"; done
)
