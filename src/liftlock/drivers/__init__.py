"""One file per technology, pure: action and context in, operation out; outcome in, evidence or a failure out.

Each module hands out `DRIVERS`; `sh/` holds the scripts' constant bodies. `builtin` has them all; it is made when it is
first asked for, so that importing this package costs nothing.
"""

from importlib import import_module

from liftlock.model.ports import Driver

MODULES = (
    "precheck",
    "fetch",
    "release",
    "config",
    "backup",
    "backup_postgres",
    "migrate_postgres",
    "data_postgres",
    "alembic",
    "switchover_postgres",
    "upgrade_postgres",
    "service",
    "apt",
    "systemd",
    "command",
    "script",
    "ansible",
    "container",
    "haproxy",
    "haproxy_shift",
    "reloading",
    "mariadb_backup",
    "migrate_mariadb",
    "redis",
    "draining",
    "http",
    "call",
    "verify",
    "manual",
    "reboot",
    "kernel",
    "measure_haproxy",
    "measure_log",
    "measure_command",
    "measure_sql",
    "measure_prometheus",
)


def __getattr__(name: str) -> tuple[Driver, ...]:
    if name != "builtin":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: list[Driver] = []
    for module in MODULES:
        found += import_module(f"{__name__}.{module}").DRIVERS
    globals()[name] = tuple(found)
    return tuple(found)
