# as_told command [argument]...: with root's rights where the plan says so, else as the login user
# sudo
: "${sudo:?}"
as_told() {
  if [ "$sudo" = yes ]; then as_root "$@"; else "$@"; fi
}
