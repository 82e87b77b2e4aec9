"""What a PostgreSQL is: version, role, lag, sizes, transactions, extensions, settings; and if it is ready for work.

Rule: a transaction that is open for long holds what a migration waits for, and everything behind it; so does one that
is prepared and forgotten. Work does not begin beside them.
"""

from typing import Any

from liftlock.drivers.postgres import Server, postgres_script, server_args
from liftlock.drivers.technology import read_script
from liftlock.model.actions import Action, Context, Evidence, Failure, FailureKind, Kind, Outcome, Script
from liftlock.model.schedule import Template

WORDS = {
    "long": (
        "A transaction has been open for {open_s} s, more than {limit_s} s ({holder}); end it, or wait for it",
        "有事务已打开 {open_s} 秒，超过 {limit_s} 秒（{holder}）；请结束它或等待其结束",
    ),
    "prepared": (
        "A prepared transaction has been waiting for {open_s} s, more than {limit_s} s; look at pg_prepared_xacts",
        "有预备事务已等待 {open_s} 秒，超过 {limit_s} 秒；请查看 pg_prepared_xacts",
    ),
    "not_primary": (
        "The server is a {role}: what is written must be written at the primary",
        "该服务器是 {role}：写操作必须在主库上进行",
    ),
}


def inquiry(driver: str, item: Server, database: str, *, limit_s: float = 0.0) -> Template:
    """The step that reads the facts. `limit_s`: beyond it an open transaction is a failure; 0: nothing is judged."""
    args = {**server_args(item), "database": database, "facts": True, "limit_s": limit_s}
    return Template("ready", Action(Kind.PRECHECK, driver, args), timeout_s=120.0, estimate_s=2.0, way="up")


def facts_script(action: Action, context: Context) -> Script:
    return postgres_script(action, context, ("postgres-facts",), {"database": action.args["database"]})


def read_facts(driver: str, action: Action, outcome: Outcome, kinds: dict[str, FailureKind]) -> Evidence | Failure:
    found, limit_s = read_script(driver, outcome, kinds), float(action.args["limit_s"])
    if isinstance(found, Failure) or not limit_s:
        return found
    facts = found.facts
    if facts["role"] != "primary":
        return Failure(FailureKind.DEVIATED, f"{driver}.not_primary", {"role": facts["role"]})
    if (open_s := seconds(facts, "longest_transaction_s")) > limit_s:
        holder = str(facts.get("longest_transaction", "-"))
        told: dict[str, str | int | float] = {"open_s": open_s, "limit_s": round(limit_s), "holder": holder}
        return Failure(FailureKind.TRANSIENT, f"{driver}.long", told)
    if (open_s := seconds(facts, "oldest_prepared_s")) > limit_s:
        return Failure(FailureKind.TRANSIENT, f"{driver}.prepared", {"open_s": open_s, "limit_s": round(limit_s)})
    return found


def seconds(facts: dict[str, Any], name: str) -> int:
    return int(float(facts[name]))
