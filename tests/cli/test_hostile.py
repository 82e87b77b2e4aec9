"""Names that a shell, a path or an option parser could take for something else: a whole upgrade with them, and back."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import Site

VERSION = "1.1-'$(touch pwned)\"`touch pwned`;&|*?~#é中"
HOSTS = ("h-1", "h_2", "h.3")
PLAN = """\
upgrade: "Hostile $(touch pwned) ' {{ \\" `touch pwned`"
owner: li.wei
components:
  - name: app
    version: {{from: "1.0", to: {version}}}
    hosts: app
    recipe:
      - backup: {{files: ["{{root}}/et c", "{{root}}/-n"], to: "{{root}}/back up's"}}
      - release: {{archive: app.tar.gz, into: "{{root}}/s r'v"}}
      - config: {{file: "{{root}}/et c/$(touch pwned)'.conf", content: "{{{{ version }}}}\\n{{{{ odd }}}}\\n"}}
      - command: {{run: 'printf "%s\\n" "$host" "$version" "$odd" >"$root/told"', undo: 'rm -f "$root/told"'}}
      - verify: {{file: "{{root}}/s r'v/current", link: "releases/{{version}}"}}
      - verify: {{command: 'if [ -e "$root/told" ]; then cat "$root/told"; else echo 1.0; fi', contains: "{{version}}"}}
      - verify: {{command: '[ "$version" != 1.0 ] || echo ok; {last}', contains: ok, within: 0.3s}}
rollout: {{waves: [1, 100%], soak: 0s, max_unavailable: 50%, failure_budget: {{hosts: 0}}, checks: []}}
"""


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def root_of(site: Site, number: int) -> Path:
    return site.folder / "fle et's $(touch pwned)" / f"h{number}"


def lay_out(site: Site, last: str) -> None:
    (site.folder / "app.tar.gz").write_bytes(archive())
    lines = []
    for number, host in enumerate(HOSTS):
        root = root_of(site, number)
        for name in ("s r'v/releases/1.0", "et c/empty", "-n"):
            (root / name).mkdir(parents=True)
        (root / "et c/$(touch pwned)'.conf").write_text("old\r\nno end")
        (root / "s r'v/current").symlink_to("releases/1.0")
        odd = "line one\n$(touch pwned)`touch pwned`'\"\\"
        lines.append(f"  {quoted(host)}: {{root: {quoted(str(root))}, variables: {{odd: {quoted(odd)}}}}}\n")
    group = ", ".join(quoted(host) for host in HOSTS)
    inventory = f"defaults: {{connection: sandbox}}\nhosts:\n{''.join(lines)}groups:\n  app: [{group}]\n"
    (site.folder / "hosts.yaml").write_text(inventory)
    (site.folder / "plan.yaml").write_text(PLAN.format(version=quoted(VERSION), last=last))


def archive() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        member = tarfile.TarInfo("ver sion")
        member.size = 4
        made.addfile(member, io.BytesIO(b"new\n"))
    return out.getvalue()


@pytest.mark.parametrize(("last", "status"), [("echo ok", 0), (":", 3)])
def test_up_and_back(site: Site, last: str, status: int) -> None:
    lay_out(site, last)
    site.run("check", "plan.yaml")
    site.run("plan", "plan.yaml")
    site.run("plan", "plan.yaml", "--diff-host", HOSTS[1])
    ran = site.run_any("run", "plan.yaml")
    roots = [root_of(site, number) for number in range(len(HOSTS))]
    told = [(root / "told").read_text().splitlines() if (root / "told").exists() else [] for root in roots]
    links = [(root / "s r'v/current").readlink() for root in roots]
    configs = [(root / "et c/$(touch pwned)'.conf").read_bytes() for root in roots]
    if status == 0:
        assert [lines[:2] for lines in told] == [[host, VERSION] for host in HOSTS], ran
        assert [str(link) for link in links] == [f"releases/{VERSION}"] * len(HOSTS)
        assert configs == [f"{VERSION}\nline one\n$(touch pwned)`touch pwned`'\"\\\n".encode()] * len(HOSTS)
    else:
        assert told == [[]] * len(HOSTS), ran
        assert [str(link) for link in links] == ["releases/1.0"] * len(HOSTS)
        assert configs == [b"old\r\nno end"] * len(HOSTS)
    assert site.data("status", expect=status)["result"] == ("rolled-back" if status else "upgraded")
    assert not list(site.folder.rglob("pwned"))
    assert not Path("pwned").exists()
    site.run("report")
    site.run("archive", "-o", "up.liftlock")
    site.run("verify", "up.liftlock")
