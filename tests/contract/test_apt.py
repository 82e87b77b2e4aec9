"""apt on a real Debian host: what is promised of packages, as a login user with limited sudo."""

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from liftlock.model.actions import Evidence, Failure, FailureKind
from liftlock.model.events import RunEvents, StepFailed, StepLost
from tests.contract.debian import STATE, Course, Debian, rights_of, until
from tests.lab import Lab

SUDOERS = rights_of("apt.md")


@pytest.fixture(scope="module")
def host(lab_fleet: Lab) -> Iterator[Debian]:
    with Debian(lab_fleet) as made:
        made.host.sudoers(SUDOERS)
        yield made


def pair(host: Debian, name: str, **more: str) -> None:
    """A package in two versions, the older one installed."""
    for version in ("1.0", "1.1"):
        host.package(name, version, conf=f"port = {version}\n", **(more if version == "1.1" else {}))
    host.install(f"{name}=1.0")


def test_up_and_back(host: Debian) -> None:
    for version in ("1.0", "1.1"):
        host.package("alpha", version, Depends=f"alpha-common (= {version})", conf=f"port = {version}\n")
        host.package("alpha-common", version)
    host.install("alpha=1.0", "alpha-common=1.0")
    host.said("apt-mark auto alpha-common")
    host.said("apt-get update -qq")
    course = host.course("apt", packages={"alpha": "{version}"}, also=["alpha-*"])
    assert set(course.preview(1).text.splitlines()) == {"~ alpha 1.0 -> 1.1", "~ alpha-common 1.0 -> 1.1"}
    facts = course.good()
    assert facts["before"] == "alpha 1.0, alpha-common 1.0"
    assert facts["upgrade"] == "alpha 1.0 > 1.1, alpha-common 1.0 > 1.1"
    assert [host.version(name) for name in ("alpha", "alpha-common")] == ["1.1 ii", "1.1 ii"]
    assert host.said("stat -c %a /usr/share/alpha/version /etc/alpha.conf") == "644\n644"
    assert not course.preview(1).changes
    assert isinstance(course.looked(1), Evidence), course.looked(1)
    assert course.back()["undone"] == "back"
    assert [host.version(name) for name in ("alpha", "alpha-common")] == ["1.0 ii", "1.0 ii"]
    assert host.said("apt-mark showauto alpha alpha-common") == "alpha-common"
    assert host.said("cat /etc/alpha.conf") == "port = 1.0"
    assert isinstance(course.looked(1, undo=True), Evidence)
    assert interrupted(course.looked(1))
    assert course.back()["undone"] == "nothing"


def test_what_was_not_there_goes_again(host: Debian) -> None:
    host.package("beta", "1.1", Depends="beta-lib")
    host.package("beta-lib", "1.1")
    host.index()
    course = host.course("apt", packages={"beta": "{version}"})
    failure = course.bad()
    assert (failure.code, failure.fields["packages"]) == ("apt.more", "beta-lib (- -> 1.1)")
    assert host.version("beta") == ""
    course = host.course("apt", packages={"beta": "{version}"}, also=["beta-lib"])
    assert course.good()["install"] == "beta-lib 1.1, beta 1.1"
    assert host.said("apt-mark showauto beta beta-lib") == "beta-lib"
    course.back()
    assert (host.version("beta"), host.version("beta-lib")) == ("", "")


def test_what_would_be_removed_is_refused_and_comes_back(host: Debian) -> None:
    pair(host, "gamma", Conflicts="gamma-old")
    host.package("gamma-old", "7:0.9")
    host.install("gamma-old=7:0.9")
    course = host.course("apt", packages={"gamma": "{version}"})
    failure = course.bad()
    assert (failure.code, failure.fields["packages"]) == ("apt.removes", "gamma-old")
    assert host.version("gamma-old") == "7:0.9 ii"
    course = host.course("apt", packages={"gamma": "{version}"}, removes=["gamma-old"])
    assert course.good()["remove"] == "gamma-old 7:0.9"
    assert host.version("gamma-old") == ""
    course.back()
    assert (host.version("gamma"), host.version("gamma-old")) == ("1.0 ii", "7:0.9 ii")


@pytest.mark.parametrize(("decided", "now"), [("keep", "port = mine"), ("replace", "port = 1.1")])
def test_configuration_files_are_as_the_plan_decides_and_as_they_were_on_the_way_back(
    host: Debian, decided: str, now: str
) -> None:
    name = f"delta-{decided}"
    pair(host, name)
    host.said(f"echo port = mine > /etc/{name}.conf && chmod 600 /etc/{name}.conf")
    course = host.course("apt", packages={name: "{version}"}, conffiles=decided)
    assert course.good()["kept_conffiles"] == f"/etc/{name}.conf "
    assert host.said(f"cat /etc/{name}.conf") == now
    host.said(f"echo port = later > /etc/{name}.conf")
    course.back()
    assert host.said(f"cat /etc/{name}.conf && stat -c %a /etc/{name}.conf") == "port = mine\n600"
    assert host.said(f"cat {STATE}/kept/*{name}.conf") == "port = later"


def test_what_somebody_holds_is_left_alone_unless_the_plan_says_how_it_is_held(host: Debian) -> None:
    pair(host, "epsilon")
    host.said("apt-mark hold epsilon")
    failure = host.course("apt", packages={"epsilon": "{version}"}).bad()
    assert (failure.code, failure.kind) == ("apt.held", FailureKind.DEVIATED)
    assert host.version("epsilon") == "1.0 hi"
    course = host.course("apt", packages={"epsilon": "{version}"}, hold=False)
    course.good()
    assert host.version("epsilon") == "1.1 ii"
    course.back()
    assert host.version("epsilon") == "1.0 hi"
    host.said("apt-mark unhold epsilon")
    course = host.course("apt", packages={"epsilon": "{version}"}, hold=True)
    course.good()
    assert host.version("epsilon") == "1.1 hi"
    course.back()
    assert host.version("epsilon") == "1.0 ii"


def test_another_package_that_is_held_is_not_changed(host: Debian) -> None:
    for version in ("1.0", "1.1"):
        host.package("zeta", version, Depends=f"zeta-common (= {version})")
        host.package("zeta-common", version)
    host.install("zeta=1.0", "zeta-common=1.0")
    host.said("apt-mark hold zeta-common")
    failure = host.course("apt", packages={"zeta": "{version}"}, also=["zeta-*"]).bad()
    assert failure.code == "apt.unmet"
    assert "held on this host: zeta-common" in failure.output
    failure = host.course("apt", packages={"zeta": "{version}", "zeta-common": "{version}"}).bad()
    assert (failure.code, failure.fields["message"]) == ("apt.held", "zeta-common")


@pytest.mark.parametrize(
    ("code", "packages"),
    [
        ("missing", {"nowhere": "1.1"}),
        ("missing", {"eta:i386": "1.1"}),
        ("version", {"eta": "9.9"}),
        ("downgrade", {"eta": "0.9"}),
        ("unmet", {"eta-broken": "1.1"}),
        ("virtual", {"eta-virtual": "1.1"}),
        ("pinned", {"eta-pinned": "1.1"}),
        ("room", {"eta-large": "1.1"}),
        ("no_way_back", {"eta-gone": "1.1"}),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_written(
    host: Debian, code: str, packages: dict[str, str]
) -> None:
    if not host.version("eta"):
        pair(host, "eta")
        pair(host, "eta-pinned")
        host.package("eta", "0.9")
        host.package("eta-broken", "1.1", Depends="nowhere (= 3)")
        host.package("eta-large", "1.1", Installed_Size=str(10**10))
        host.package("eta-real", "1.1", Provides="eta-virtual")
        host.package("eta-gone", "1.0")
        host.install("eta-gone=1.0")
        host.withdraw("eta-gone_1.0_all.deb")
        host.package("eta-gone", "1.1")
        host.index()
        host.said("printf 'Package: eta-pinned\nPin: version 1.1\nPin-Priority: -1\n' >/etc/apt/preferences.d/eta")
    before = host.said("dpkg-query -W")
    course = host.course("apt", packages=packages)
    assert course.bad().code == f"apt.{code}"
    assert host.said("dpkg-query -W") == before
    assert course.back()["undone"] == "nothing"


def test_an_old_version_that_only_the_cache_has_is_enough(host: Debian) -> None:
    pair(host, "theta")
    host.said("apt-get update -qq && cd /var/cache/apt/archives && apt-get download -q theta=1.0")
    host.withdraw("theta_1.0_all.deb")
    course = host.course("apt", packages={"theta": "{version}"})
    course.good()
    host.said("rm /var/cache/apt/archives/theta*")
    course.back()
    assert host.version("theta") == "1.0 ii"


def test_another_package_manager_is_waited_for_and_named(host: Debian) -> None:
    pair(host, "iota")
    host.package("iota-slow", "1", postinst="while [ ! -e /run/go-on ]; do sleep 0.05; done")
    host.index()
    slow = host.begin("apt-get update -qq; apt-get install -qq iota-slow >/dev/null 2>&1")
    until(lambda: host.version("iota-slow") == "1 iF")
    failure = host.course("apt", packages={"iota": "{version}"}, update=False, lock_wait=0).bad()
    assert (failure.code, failure.kind) == ("apt.locked", FailureKind.TRANSIENT)
    assert "apt-get" in str(failure.fields["message"])
    course = host.course("apt", packages={"iota": "{version}"}, update=False, lock_wait=30)
    host.begin("sleep 1; touch /run/go-on").wait()
    course.good()
    assert slow.wait() == 0
    assert host.version("iota") == "1.1 ii"


def test_a_package_whose_script_fails_goes_back(host: Debian) -> None:
    pair(host, "kappa", postinst="echo why it fails >&2; exit 3")
    course = host.course("apt", packages={"kappa": "{version}"})
    failure = course.bad()
    assert failure.code == "apt.script"
    assert "why it fails" in failure.output
    assert host.version("kappa") == "1.1 iF"
    assert course.back()["undone"] == "back"
    assert host.version("kappa") == "1.0 ii"
    assert not leftovers(host)


def test_a_full_disk_is_told_and_the_way_back_still_works(host: Debian) -> None:
    host.package("lambda", "1.0")
    host.package("lambda", "1.1", files={"usr/share/lambda/large": "x" * 3_000_000})
    host.install("lambda=1.0")
    host.said("mount -t tmpfs -o size=1m tmpfs /usr/share/lambda && echo 1.0 >/usr/share/lambda/version")
    course = host.course("apt", packages={"lambda": "{version}"})
    failure = course.bad()
    assert (failure.code, failure.kind) == ("apt.space", FailureKind.TRANSIENT)
    course.back()
    assert host.version("lambda") == "1.0 ii"
    host.said("umount /usr/share/lambda")


def test_a_full_cache_is_found_before_anything_is_written(host: Debian) -> None:
    pair(host, "mu")
    host.said("mount -t tmpfs -o size=500k tmpfs /var/cache/apt/archives")
    failure = host.course("apt", packages={"mu": "{version}"}).bad()
    assert (failure.code, failure.fields["path"]) == ("apt.room", "/var/cache/apt/archives")
    host.said("umount /var/cache/apt/archives")


UNIT = "[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n"
RESTARTS = "systemctl daemon-reload; systemctl -q enable nu.service; deb-systemd-invoke restart nu.service"


def test_no_service_is_restarted_behind_our_back(host: Debian) -> None:
    for version in ("1.0", "1.1"):
        host.package("nu", version, files={"lib/systemd/system/nu.service": UNIT}, postinst=RESTARTS)
    host.install("nu=1.0")
    pid = "systemctl show -p MainPID --value nu"
    running = host.said(pid)
    assert running != "0"
    course = host.course("apt", packages={"nu": "{version}"})
    assert course.good()["services_restarted"] == ""
    assert host.said(pid) == running
    assert not leftovers(host)
    course.back()
    assert host.said(pid) == running
    assert not leftovers(host)
    host.said("apt-get install -y -qq nu=1.1")  # without us the package does restart it
    assert host.said(pid) != running


def test_a_service_that_a_package_restarts_by_itself_is_told(host: Debian) -> None:
    for version in ("1.0", "1.1"):
        host.package("nu-own", version, files={"lib/systemd/system/nu-own.service": UNIT}, postinst=OWN_RESTART)
    host.install("nu-own=1.0")
    assert host.course("apt", packages={"nu-own": "{version}"}).good()["services_restarted"] == "nu-own.service "


OWN_RESTART = "systemctl daemon-reload; systemctl restart nu-own"


def test_somebody_elses_policy_is_asked_and_kept(host: Debian) -> None:
    pair(host, "xi", postinst="deb-systemd-invoke restart dbus.service")
    host.said(f"printf '{THEIRS}' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d")
    course = host.course("apt", packages={"xi": "{version}"})
    course.good()
    assert host.said("cat /usr/sbin/policy-rc.d") == "#!/bin/sh\n# theirs\nexit 101"
    course.back()
    assert host.said("cat /usr/sbin/policy-rc.d; rm /usr/sbin/policy-rc.d") == "#!/bin/sh\n# theirs\nexit 101"
    assert not leftovers(host)


THEIRS = "#!/bin/sh\\n# theirs\\nexit 101\\n"


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("unsigned", "deb file:/srv/lab-apt/own ./"),
        ("fetch", "deb [trusted=yes] file:/nowhere ./"),
        ("fetch", "deb [trusted=yes] http://127.0.0.1:9 ./"),
    ],
)
def test_an_index_that_cannot_be_trusted_or_had_is_told_and_nothing_is_used(
    host: Debian, code: str, source: str
) -> None:
    before = host.said("cat /etc/apt/sources.list")
    host.host.put("/etc/apt/sources.list", f"{source}\n")
    failure = host.course("apt", packages={"chi": "{version}"}).bad()
    host.host.put("/etc/apt/sources.list", f"{before}\n")
    assert failure.code == f"apt.{code}", failure


def test_the_kernel_that_runs_is_left_where_it_is(host: Debian) -> None:
    host.package("psi", "1.1", files={f"boot/vmlinuz-{host.said('uname -r')}": "a kernel"})
    host.index()
    course = host.course("apt", packages={"psi": "{version}"})
    course.good()
    assert course.back()["left"] == " psi"
    assert host.version("psi") == "1.1 ii"


BLOCKS = "echo $$ >/run/{0}; while [ ! -e /run/{0}-on ]; do sleep 0.05; done"


def blocked(host: Debian, name: str, script: str, **more: Any) -> tuple[Course, Future[RunEvents]]:
    """An installation that stands still in one of the package's scripts."""
    for version in ("1.0", "1.1"):
        host.package(name, version, **({script: BLOCKS.format(name)} if version == "1.1" else {}))
    host.install(f"{name}=1.0")
    course = host.course("apt", packages={name: "{version}"}, lock_wait=0, **more)
    course.do(0)
    under_way = course.begin(1)
    until(lambda: host.run(f"test -s /run/{name}").returncode == 0)
    return course, under_way


@pytest.mark.parametrize(("script", "left"), [("preinst", "1.0 iHR"), ("postinst", "1.1 iF")])
def test_an_installation_that_was_killed_is_repaired_by_the_next_attempt(host: Debian, script: str, left: str) -> None:
    name = f"omicron-{script}"
    course, under_way = blocked(host, name, script)
    host.said(f"pkill -KILL -x dpkg; pkill -KILL -x apt-get; touch /run/{name}-on")
    failed = under_way.result(20)
    assert isinstance(failed, StepFailed), failed
    until(lambda: host.run(f"test -e /proc/$(cat /run/{name})").returncode != 0)
    assert host.version(name) == left
    assert interrupted(course.looked(1))
    assert isinstance(course.do(1), Evidence)
    assert host.version(name) == "1.1 ii"
    course.back()
    assert host.version(name) == "1.0 ii"
    assert not leftovers(host)


@pytest.mark.parametrize("script", ["preinst", "postinst"])
def test_the_way_back_from_an_installation_that_was_killed(host: Debian, script: str) -> None:
    name = f"pi-{script}"
    course, under_way = blocked(host, name, script)
    host.said(f"pkill -KILL -x dpkg; pkill -KILL -x apt-get; touch /run/{name}-on")
    under_way.result(20)
    course.back()
    assert host.version(name) == "1.0 ii"
    assert not leftovers(host)


def test_a_script_that_was_killed_is_told_truthfully(host: Debian) -> None:
    """Its package manager goes on without it: unknown; then it is not done, since the policy is still there."""
    course, under_way = blocked(host, "rho", "postinst")
    host.said("pkill -KILL -u ops")
    lost = under_way.result(20)
    assert isinstance(lost, StepLost), lost
    assert course.looked(1) is None
    assert "liftlock" in leftovers(host) or "policy" in leftovers(host)
    host.said("touch /run/rho-on")
    until(lambda: host.version("rho") == "1.1 ii")
    until(lambda: host.run("pgrep -x apt-get").returncode != 0)
    assert interrupted(course.looked(1))
    assert isinstance(course.do(1), Evidence)
    assert isinstance(course.looked(1), Evidence)
    assert not leftovers(host)


def test_a_policy_that_a_crash_left_behind_stops_nobody_else(host: Debian) -> None:
    for version in ("1.0", "1.1"):
        postinst = RESTARTS.replace("nu.service", "sigma.service")
        host.package("sigma", version, files={"lib/systemd/system/sigma.service": UNIT}, postinst=postinst)
    host.install("sigma=1.0")
    running = host.said("systemctl show -p MainPID --value sigma")
    course, under_way = blocked(host, "tau", "postinst")
    host.said("pkill -KILL -u ops; pkill -KILL -x dpkg; pkill -KILL -x apt-get; touch /run/tau-on")
    under_way.result(20)
    assert leftovers(host)
    host.said("dpkg --configure -a && apt-get install -y -qq sigma=1.1")
    assert host.said("systemctl show -p MainPID --value sigma") != running
    course.back()
    assert host.version("tau") == "1.0 ii"
    assert not leftovers(host)


def test_needrestart_is_off_or_nothing_is_installed(host: Debian) -> None:
    pair(host, "upsilon")
    host.said("mkdir -p /usr/lib/needrestart && touch /usr/lib/needrestart/apt-pinvoke")
    host.host.sudoers(SUDOERS.partition("\n")[2])
    course = host.course("apt", packages={"upsilon": "{version}"})
    assert course.bad().code == "apt.environment"
    assert host.version("upsilon") == "1.0 ii"
    host.host.sudoers(SUDOERS)
    course.good()
    host.said("rm -r /usr/lib/needrestart")


def test_a_login_user_without_the_rights_is_told_so(host: Debian) -> None:
    pair(host, "phi")
    host.host.sudoers("none")
    failure = host.course("apt", packages={"phi": "{version}"}).up()
    assert isinstance(failure, Failure)
    assert failure.code == "world-denied"
    host.host.sudoers(SUDOERS)


def interrupted(looked: object) -> bool:
    return isinstance(looked, Failure) and looked.kind is FailureKind.INTERRUPTED


def leftovers(host: Debian) -> str:
    return host.run("ls -d /usr/sbin/policy-rc.d*").stdout
