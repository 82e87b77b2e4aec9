"""What a plan's readiness chapter makes worth asking of a host, as shell: it reads, and connects where it is told."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from liftlock.model.readiness import Expected

# Goes between the survey's own questions and its end: `say`, `line` and `existing` are the survey's.
BODY = r"""
if [ -n "$READY_HARDWARE" ] && [ -r /proc/cpuinfo ]; then
  while IFS=: read -r key value; do
    case $key in 'model name'*) say cpu_model "${value# }" && break ;; esac
  done </proc/cpuinfo
fi
for each in $READY_DISKS; do
  existing "$each"
  df -Pk "$path" 2>/dev/null | {
    read -r head
    read -r device blocks used free rest && say "free:$each" "$((free / 1024))"
  }
done
for each in $READY_MOUNTS; do
  kind=
  [ ! -r /proc/mounts ] || while read -r device target type rest; do
    [ "$target" != "$each" ] || kind=$type
  done </proc/mounts
  say "mount:$each" "${kind:-none}"
done
for each in $READY_INTERFACES; do
  if line "/sys/class/net/$each/operstate"; then
    if [ "$value" = unknown ]; then line "/sys/class/net/$each/carrier" && [ "$value" = 1 ] && value=up; fi
    say "interface:$each" "$value"
  else
    say "interface:$each" missing
  fi
  { line "/sys/class/net/$each/speed" && say "speed:$each" "$value"; } 2>/dev/null
done
if [ -n "$READY_FIBRE" ]; then
  ports=0
  for each in /sys/class/fc_host/*/port_state; do
    if line "$each" && [ "$value" = Online ]; then ports=$((ports + 1)); fi
  done
  say fibre_channel "$ports"
fi
for each in $READY_SETTINGS; do
  if line "/proc/sys/$(printf '%s' "$each" | tr . /)"; then say "setting:$each" "$value"; fi
done
for each in $READY_NAMES; do
  command -v getent >/dev/null 2>&1 || break
  if getent hosts "$each" >/dev/null 2>&1; then say "resolves:$each" yes; else say "resolves:$each" no; fi
done
connects() {
  if command -v nc >/dev/null 2>&1; then
    nc -z -w 3 "$1" "$2" >/dev/null 2>&1
  else
    timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" >/dev/null 2>&1
  fi
}
for each in $READY_REACHES; do
  command -v nc >/dev/null 2>&1 || command -v bash >/dev/null 2>&1 || break
  if connects "${each%:*}" "${each##*:}"; then say "reaches:$each" yes; else say "reaches:$each" no; fi
done
"""


class Probing(Struct, frozen=True):
    """What is asked of one host, each without blanks."""

    hardware: bool = False
    fibre: bool = False
    disks: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    def variables(self) -> dict[str, tuple[str, ...]]:
        """The lists that the shell goes through, by the name of its variable."""
        return {
            "READY_HARDWARE": ("yes",) if self.hardware else (),
            "READY_FIBRE": ("yes",) if self.fibre else (),
            "READY_DISKS": self.disks,
            "READY_MOUNTS": self.mounts,
            "READY_INTERFACES": self.interfaces,
            "READY_SETTINGS": self.settings,
            "READY_NAMES": self.names,
            "READY_REACHES": self.reaches,
        }


def probing_of(expected: Iterable[Expected]) -> Probing:
    """All that one host's expectations ask for."""
    every = tuple(expected)
    return Probing(
        hardware=any(each.cpu_model for each in every),
        fibre=any(each.fibre_channel is not None for each in every),
        disks=unique(path for each in every for path in each.disks),
        mounts=unique(path for each in every for path in each.mounts),
        interfaces=unique(name for each in every for name in each.interfaces),
        settings=unique(name for each in every for name in each.settings),
        names=unique(name for each in every for name in each.resolves),
        reaches=unique(name for each in every for name in each.reaches),
        services=unique(name for each in every for name in each.services),
        ports=tuple(sorted({port for each in every for port in each.ports_free})),
    )


def unique(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
