# What a lab's image is made of. In namespaces of its own that end with it: what it mounts is gone when it is.
#   image.sh base RELEASE TREE MIRROR SECURITY
#   image.sh more BASE TREE WORK ROOT IDLE PACKAGE…
# The sources of packages (base) and apt's settings (both) are standard input.
set -eu
export DEBIAN_FRONTEND=noninteractive

base() {
  release=$1 tree=$2 mirror=$3 security=$4
  debootstrap --variant=minbase --include="$PACKAGES" "$release" "$tree" "$mirror"
  {
    echo "deb $mirror $release main"
    echo "deb $mirror $release-updates main"
    echo "deb $security $release-security main"
  } >"$tree/usr/share/lab-sources"
  : >"$tree/etc/apt/sources.list"
  echo 'deb [trusted=yes] file:/srv/lab-apt ./' >"$tree/etc/apt/sources.list.d/lab.list"
  mkdir -p "$tree/srv/lab-apt"
  printf 'HostKey /etc/ssh/ssh_host_ed25519_key\nUseDNS no\nMaxStartups 200\nMaxSessions 50\n' \
    >"$tree/etc/ssh/sshd_config.d/lab.conf"
  rm -f "$tree"/etc/ssh/ssh_host_* "$tree/etc/machine-id" "$tree/etc/resolv.conf"
  chroot "$tree" useradd --create-home --shell /bin/bash ops
  chroot "$tree" apt-get clean
  # Nothing that only a machine of its own needs.
  for unit in console-getty.service systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer \
    e2scrub_all.timer e2scrub_reap.service; do
    ln -sf /dev/null "$tree/etc/systemd/system/$unit"
  done
}

more() {
  base=$1 tree=$2 work=$3 root=$4 idle=$5
  shift 5
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$tree,workdir=$work" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev/shm"
  wanted "$root" >"$work.before"
  prepare "$root"
  for package; do
    case $package in */*) also "$root" "${package#*/}" ;; esac
  done
  chroot "$root" apt-get -q update
  chroot "$root" apt-get -q -y --no-install-recommends install "$@"
  if [ "$idle" = idle ]; then
    wanted "$root" | grep -vxFf "$work.before" | while read -r link; do rm -f "$link"; done
  fi
  tidy "$root"
}

# Which units are started at boot.
wanted() { find "$1/etc/systemd/system" -path '*.wants/*'; }

# The machine's own way to packages, for as long as this takes. No service starts meanwhile.
prepare() {
  cp "$1/usr/share/lab-sources" "$1/etc/apt/sources.list"
  mv "$1/etc/apt/sources.list.d/lab.list" "$1/usr/share/lab-list"
  cat >"$1/etc/apt/apt.conf.d/00lab-build"
  cp /etc/resolv.conf "$1/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
  chmod 755 "$1/usr/sbin/policy-rc.d"
}

# PACKAGE/RELEASE: the sources of another release beside the image's own.
also() {
  own=$(sed -n '1s/^deb [^ ]* \([^ ]*\) main$/\1/p' "$1/usr/share/lab-sources")
  sed "s/ $own/ $2/" "$1/usr/share/lab-sources" >>"$1/etc/apt/sources.list"
}

tidy() {
  rm -f "$1/usr/sbin/policy-rc.d" "$1/etc/apt/apt.conf.d/00lab-build" "$1/etc/resolv.conf"
  : >"$1/etc/apt/sources.list"
  mv "$1/usr/share/lab-list" "$1/etc/apt/sources.list.d/lab.list"
  chroot "$1" apt-get clean
  rm -rf "$1"/var/lib/apt/lists/*
}

"$@"
