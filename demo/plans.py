"""The files that a person would write: inventory, configuration template, and one plan for each act."""

from collections.abc import Sequence
from pathlib import Path

from demo import releases
from demo.fleet import BASE, SandboxHost

INVENTORY = """\
# The demo's eight hosts: each its own folder, address and processes on this machine.
defaults:
  connection: sandbox

hosts:
{hosts}

groups:
  app: ["app-[01:08]"]
"""
HOST = """\
  {name}:
    address: {address}
    root: {root}
    variables: {{http_port: "{port}"}}"""

CONFIG = """\
# Written by the upgrade to {version}.
[orders]
address = {{{{ address }}}}
port = {{{{ http_port }}}}
currency = CNY
"""

PLAN = """\
# yaml-language-server: $schema=liftlock.schema.json
upgrade: {title}
timezone: Asia/Shanghai
inventory: hosts.yaml
owner: li.wei
background: {background}

goals:
  - id: G1
    statement: no customer's order fails while we upgrade

components:
  - name: orders
    class: core
    version: {{from: "{old}", to: "{new}"}}
    hosts: app
    recipe:
      - backup: {{files: "{base}/etc"}}
      - drain: {{haproxy: "{admin}", backend: orders, server: "{{host}}"}}
      - release: {{archive: files/orders-{new}.tar.gz, sha256: {sha256}, into: "{base}"}}
      - command:                      # this installer must not run twice
          run: "{base}/releases/{{to_version}}/bin/install"
          undo: "{base}/releases/{{to_version}}/bin/uninstall"
      - config: {{file: "{base}/etc/orders.conf", template: files/orders.conf.j2, mode: "0640"}}
      - service:
          restart: orders
          start_command: "{base}/current/bin/start"
          stop_command: "{base}/current/bin/stop"
          pid_file: "{base}/run/orders.pid"
      - verify: {{http: "http://{{address}}:{{http_port}}/healthz", json: {{version: "{{version}}", ready: true}}}}
      - readmit: {{haproxy: "{admin}", backend: orders, server: "{{host}}"}}

rollout:
  waves: [1, 50%, 100%]             # a canary, half, all
  soak: 5s                          # hours in real life
  look_every: 1s
  max_unavailable: 50%
  failure_budget: {{hosts: 0}}
  on_failure: roll back
  checks:
    - {{name: errors, haproxy: "{admin}", backend: orders, metric: error_rate, above: 5%}}
    - {{name: health, http: "http://{{address}}:{{http_port}}/healthz", json: {{ready: true}}}}

{approvals}
risks:
  - {{risk: the new version fails under real traffic only, likelihood: medium, impact: high,
     prevention: a canary and a soak with an error gate, response: roll back, owner: li.wei}}
rollback: {{trigger: more than 5 % of a host's answers are errors, limit: 5m}}
acceptance: [all hosts answer with the new version, no order was lost]
"""
SIGNED = """\
approvals:
  - role: business
    by: zhang.min
    keys: ['{business}']
  - role: risk
    by: chen.jie
    keys: ['{risk}']
"""
UNSIGNED = """\
unsigned_approvals: true            # there is no ssh-keygen here
approvals:
  - {role: business, by: zhang.min, signed: false}
  - {role: risk, by: chen.jie, signed: false}
"""

BACKGROUNDS = {
    "1.1": "prices are remembered, so that orders are answered faster",
    "1.2": "the memory for prices is bounded",
    "1.3": "the memory for prices is bounded, this time without the mistake of 1.2",
}


def write_inventory(folder: Path, hosts: Sequence[SandboxHost]) -> Path:
    entries = [HOST.format(name=h.name, address=h.address, root=quoted(h.root), port=h.port) for h in hosts]
    path = folder / "hosts.yaml"
    path.write_text(INVENTORY.format(hosts="\n".join(entries)))
    return path


def write_plan(folder: Path, old: str, new: str, admin: Path, approvals: str) -> Path:
    """`orders-NEW.yaml`, with the digest of the archive that lies in files/."""
    path = folder / f"orders-{new}.yaml"
    text = PLAN.format(
        title=f"Orders {old} → {new}",
        background=BACKGROUNDS[new],
        old=old,
        new=new,
        base=f"{{root}}/{BASE}",
        admin=admin,
        sha256=releases.digest(folder / f"files/orders-{new}.tar.gz"),
        approvals=approvals,
    )
    path.write_text(text)
    return path


def write_template(folder: Path) -> Path:
    path = folder / "files/orders.conf.j2"
    path.write_text(CONFIG.format(version="{{ version }}"))
    return path


def first_config(host: SandboxHost) -> str:
    """What a host's configuration was before the first upgrade."""
    return f"[orders]\naddress = {host.address}\nport = {host.port}\ncurrency = CNY\n"


def quoted(path: Path) -> str:
    """For YAML, whatever stands in the path."""
    return "'" + str(path).replace("'", "''") + "'"
