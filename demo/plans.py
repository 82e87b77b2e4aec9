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
language: {language}
inventory: hosts.yaml
owner: li.wei
background: {background}

goals:
  - id: G1
    statement: {goal}
    measure: {{metric: failed_orders, below: "1"}}

components:
  - name: orders
    class: core
    version: {{from: "{old}", to: "{new}"}}
    hosts: app
    recipe:
      - backup: {{files: "{base}/etc"}}
      - drain: {{haproxy: "{admin}", backend: orders, server: "{{host}}"}}
      - release: {{archive: files/orders-{new}.tar.gz, sha256: {sha256}, into: "{base}"}}
      - command:                      # it must not run twice; commands begin in a sandbox's own folder
          run: {home}/current/bin/install
          undo: {home}/current/bin/uninstall
      - config: {{file: "{base}/etc/orders.conf", template: files/orders.conf.j2, mode: "0640"}}
      - service:
          restart: orders
          start_command: {home}/current/bin/start
          stop_command: {home}/current/bin/stop
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
    - {{name: health, http: "http://{{address}}:{{http_port}}/healthz", json: {{ready: true}}}}
  canary:                           # upgraded hosts against those that are not, as statistics judge
    every: 1s                       # a minute in real life
    before: 12s                     # an hour
    metrics:
      - {{name: errors, kind: errors, haproxy: "{admin}", backend: orders, ignore_below: 2%}}

{approvals}
notify:
  - command: cat >> notices.txt     # a mail, a chat, a pager in real life
    on: [start, rollback, hold, failure, end]
risks:
  - risk: {risk}
    likelihood: medium
    impact: high
    prevention: {prevention}
    response: {response}
    owner: li.wei
rollback: {{trigger: {trigger}, limit: 5m}}
acceptance: [{accepted}]
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

TEXTS = {
    "en": {
        "title": "Orders {old} → {new}",
        "1.1": "prices are remembered, so that orders are answered faster",
        "1.2": "the memory for prices is bounded",
        "1.3": "the memory for prices is bounded, without the mistake of 1.2",
        "goal": "no customer's order fails while we upgrade",
        "risk": "the new version fails under real traffic only",
        "prevention": "a canary, and a soak with an error gate",
        "response": "roll back",
        "trigger": "more than 5 % of a host's answers are errors",
        "accepted": "all hosts answer with the new version, no order was lost",
    },
    "zh": {
        "title": "Orders 订单服务 {old} → {new}",
        "1.1": "缓存价格，订单应答更快",
        "1.2": "限制价格缓存的大小",
        "1.3": "限制价格缓存的大小，并修正 1.2 的错误",
        "goal": "升级期间客户订单零失败",
        "risk": "新版本只在真实流量下出错",
        "prevention": "先金丝雀，观察期设错误率门限",
        "response": "回退",
        "trigger": "单台主机应答错误率超过 5 %",
        "accepted": "全部主机以新版本应答, 订单零丢失",
    },
}


def write_inventory(folder: Path, hosts: Sequence[SandboxHost]) -> Path:
    entries = [HOST.format(name=h.name, address=h.address, root=quoted(h.root), port=h.port) for h in hosts]
    path = folder / "hosts.yaml"
    path.write_text(INVENTORY.format(hosts="\n".join(entries)))
    return path


def write_plan(folder: Path, old: str, new: str, admin: Path, approvals: str, language: str) -> Path:
    """`orders-NEW.yaml`, with the digest of the archive that lies in files/."""
    texts = dict(TEXTS[language])
    path = folder / f"orders-{new}.yaml"
    text = PLAN.format(
        title=texts.pop("title").format(old=old, new=new),
        background=texts[new],
        language=language,
        old=old,
        new=new,
        base=f"{{root}}/{BASE}",
        home=BASE,
        admin=admin,
        sha256=releases.digest(folder / f"files/orders-{new}.tar.gz"),
        approvals=approvals,
        **{name: text for name, text in texts.items() if name[0].isalpha()},
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
