"""The plans of the scenarios, as a person writes them."""

PLAN = """\
upgrade: Orders {before} to {to}
owner: li.wei
unsigned_approvals: true
components:
  - name: orders-db
    class: database
    version: {{from: "{before}", to: "{to}"}}
    hosts: {primary}
    recipe:
      - backup: {{postgres: orders, cluster: 15/main, as: postgres{more}}}
      - migrate: {{postgres: orders, folder: expand-{to}, cluster: 15/main, as: postgres}}
      - verify: {{command: as_user postgres psql -Atqc "SELECT count({column}) >= 0 FROM orders" orders, equals: t}}
        way: up
    rollout: {{waves: [1], soak: 0s, max_unavailable: 1, host_deadline: 6h, progress_deadline: 12h}}
  - name: orders
    class: core
    version: {{from: "{before}", to: "{to}"}}
    hosts: app
    after: [orders-db]
    recipe:
      - drain: {{haproxy: {balancer}, backend: orders}}
      - apt: {{packages: {{orders: "{{version}}"}}}}
      - systemd: {{restart: orders, stays: 1s}}
      - verify: {{http: "http://{{address}}:8080/healthz", json: {{version: "{{version}}", ready: true}}, within: 20s}}
      - readmit: {{haproxy: {balancer}, backend: orders}}
{after}
backup:
  - {{what: the database, where: on its host, keep: 30d, proof: restored on trial before the migration}}
acceptance: [customers notice nothing]
notify:
  - {{command: cat >>notes.txt, on: [hold, failure, rollback, end]}}
rollout:
  waves: [1, 100%]
  soak: {soak}
  look_every: 1s
  max_unavailable: 50%
  failure_budget: {{hosts: 0}}
  on_failure: roll back
  checks:
    - {{name: errors, haproxy: {balancer}, backend: orders, metric: error_rate, above: 2%, samples: 2}}
"""
CONTRACT = """\
    once_at: {primary}
    once_after:
      - backup: {{postgres: orders, cluster: 15/main, as: postgres}}
        timeout: 30m
      - migrate: {{postgres: orders, folder: contract-{to}, cluster: 15/main, as: postgres}}
        timeout: 10m
"""
THEN_FAILS = """\
      - command: {{run: "echo the nightly report does not add up; false", writes: false}}
"""


def as_outage(plan: str) -> str:
    """The same as a planned outage: the application stops, the database is upgraded, the application starts."""
    lines = [line for line in plan.splitlines() if "drain:" not in line and "readmit:" not in line]
    text = "\n".join(lines).replace("max_unavailable: 1,", "planned_outage: true,")
    text = text.replace("waves: [1, 100%]", "waves: [100%]\n  planned_outage: true")
    return text.replace("  max_unavailable: 50%\n", "") + "\n"
