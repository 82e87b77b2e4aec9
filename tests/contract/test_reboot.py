"""A reboot, and the choice of a kernel, on a real Debian host, as a login user with limited sudo.

A container boots no kernel of its own: which one GRUB would start is tried with a stand-in for its folder and tools.
"""

from collections.abc import Iterator

import pytest

from liftlock.model.actions import Evidence, Failure, FailureKind
from tests.contract.debian import Debian, rights_of
from tests.lab import Lab

SUDOERS = rights_of("reboot-and-kernel.md")
GRUB = """\
if [ "${{next_entry}}" ] ; then
   set default="${{next_entry}}"
else
   set default="${{saved_entry}}"
fi
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-ab12' {{
\tlinux\t/boot/vmlinuz-{new} root=UUID=ab12 ro quiet
}}
submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-ab12' {{
\tmenuentry 'Debian GNU/Linux, with Linux {new} (recovery mode)' $menuentry_id_option 'gnulinux-{new}-recovery-ab12' {{
\t\tlinux\t/boot/vmlinuz-{new} root=UUID=ab12 ro single
\t}}
\tmenuentry 'Debian GNU/Linux, with Linux {old}' $menuentry_id_option 'gnulinux-{old}-advanced-ab12' {{
\t\tlinux\t/boot/vmlinuz-{old} root=UUID=ab12 ro quiet
\t}}
}}
"""
NEW = "9.9.0-1-amd64"
EDITENV = """\
#!/bin/sh
if [ "$2" = list ]; then exec cat "$1"; fi
sed -i "/^$3=/d" "$1"
"""
CHOOSES = """\
#!/bin/sh
{{ grep -v '^{0}=' /boot/grub/grubenv; echo "{0}=$1"; }} >/boot/grub/new
mv /boot/grub/new /boot/grub/grubenv
"""
UNITS = {
    "well.service": "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n",
    "ill.service": "[Service]\nType=oneshot\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n",
}


@pytest.fixture(scope="module")
def host(lab_fleet: Lab) -> Iterator[Debian]:
    with Debian(lab_fleet) as made:
        made.host.sudoers(SUDOERS)
        for name, text in UNITS.items():
            made.host.put(f"/etc/systemd/system/{name}", text)
        made.said("systemctl daemon-reload && systemctl enable -q --now well")
        yield made


def test_a_host_that_reboots_is_back_and_ready(host: Debian) -> None:
    boot = host.host.boot_id()
    running = host.said("uname -r")
    course = host.course("reboot", units=["well"], kernel=running, within=60)
    facts = course.good()
    assert host.host.boot_id() != boot
    assert facts["kernel"] == running
    ask = course.facts[course.steps[0]]
    assert ask["boot_before"] == boot
    assert course.facts[course.steps[1]]["boot"] == host.host.boot_id()
    assert isinstance(course.looked(0), Evidence)
    assert isinstance(course.do(0), Evidence)  # asked for again, it says that this was done
    assert course.facts[course.steps[0]]["already"] == "yes"


@pytest.mark.parametrize(
    ("code", "item"),
    [("kernel", {"kernel": NEW}), ("unit", {"units": ["nowhere"]}), ("failed", {}), ("same", {"command": "true"})],
)
def test_what_is_not_as_it_should_be_is_told(host: Debian, code: str, item: dict[str, object]) -> None:
    """Of the real thing only the last step: what it finds does not need another boot."""
    course = host.course("reboot", within=1, **item)
    if code == "failed":
        host.run("systemctl start ill")
    failure = course.do(2 if code != "same" else 0)
    if code == "same":
        failure = course.do(1)
    assert isinstance(failure, Failure)
    assert course.worded(failure).code == f"reboot.{code}"
    host.run("systemctl reset-failed")


def test_the_kernel_of_the_next_boot_is_chosen_and_chosen_back(host: Debian) -> None:
    old = host.said("uname -r")
    for path, text in (
        ("/boot/grub/grub.cfg", GRUB.format(new=NEW, old=old)),
        ("/boot/grub/grubenv", "saved_entry=0\n"),
        (f"/boot/vmlinuz-{old}", "old"),
        (f"/boot/initrd.img-{old}", "old"),
        (f"/boot/vmlinuz-{NEW}", "new"),
    ):
        host.host.put(path, text)
    host.host.put("/usr/bin/grub-editenv", EDITENV, mode=0o755)
    host.host.put("/usr/sbin/grub-set-default", CHOOSES.format("saved_entry"), mode=0o755)
    host.host.put("/usr/sbin/grub-reboot", CHOOSES.format("next_entry"), mode=0o755)
    host.said("chmod 600 /boot/grub/grub.cfg")
    course = host.course("kernel", boot=NEW)
    assert course.bad().code == "kernel.image"
    host.host.put(f"/boot/initrd.img-{NEW}", "new")
    assert course.preview(0).changes
    assert interrupted(course.looked(0))
    facts = course.good()
    assert (facts["before"], facts["saved"]) == (old, "gnulinux-simple-ab12")
    assert isinstance(course.looked(0), Evidence)
    course.back()
    assert f"saved_entry=gnulinux-advanced-ab12>gnulinux-{old}-advanced-ab12" in host.said("cat /boot/grub/grubenv")
    once = host.course("kernel", boot=NEW, once=True)
    assert once.good()["next"] == "gnulinux-simple-ab12"
    once.back()
    assert "next_entry" not in host.said("cat /boot/grub/grubenv")
    assert host.course("kernel", boot="1.2.3").bad().code == "kernel.image"
    host.said(f"sed -i 's/{NEW}/other/' /boot/grub/grub.cfg")
    assert host.course("kernel", boot=NEW).bad().code == "kernel.entry"


def interrupted(looked: object) -> bool:
    return isinstance(looked, Failure) and looked.kind is FailureKind.INTERRUPTED
