"""Ask a host or a peer something that changes nothing, outside a run: for surveys and previews."""

from liftlock.execute.rights import refusal, secrets_at
from liftlock.model.actions import (
    Ask,
    Delay,
    Greet,
    HttpCall,
    Operation,
    Outcome,
    Script,
    SocketCall,
    Transfer,
)
from liftlock.model.ports import Hosts, Secrets


async def look_at(hosts: Hosts, at: str, operation: Operation, secrets: Secrets, *, timeout_s: float) -> Outcome | None:
    """The outcome, or None for what cannot be looked at (a transfer, a person, a delay, a call that is not repeatable).

    Raises WorldError.
    """
    match operation:
        case Script():
            env = {name: secrets.resolve(ref) for name, ref in secrets_at(hosts, at, operation).items()}
            seen = await hosts.look(at, operation, timeout_s=timeout_s, env=env)
            if (refused := refusal(seen, at)) is not None:
                raise refused
            return seen
        case HttpCall() if operation.repeatable and operation.method in ("GET", "HEAD"):
            return await hosts.http(at, operation, {n: secrets.resolve(ref) for n, ref in operation.secrets.items()})
        case SocketCall() if operation.repeatable:
            return await hosts.socket(at, operation)
        case Greet():
            return await hosts.greet(at)
        case HttpCall() | SocketCall() | Transfer() | Ask() | Delay():
            return None
