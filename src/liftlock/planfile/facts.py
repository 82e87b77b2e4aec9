"""What is known of hosts, from a file: a mapping of facts, or of hosts with a mapping of facts each."""

from liftlock.model.findings import Finding
from liftlock.planfile.codes import complain
from liftlock.planfile.nodes import Keys, Node, Scalar
from liftlock.planfile.yaml import PLAN_LIMITS, read


def read_facts(text: bytes) -> dict[str, dict[str, str]] | tuple[Finding, ...]:
    """Host -> fact -> value, as written; facts without a host are of one that has no name."""
    document = read(text, PLAN_LIMITS)
    if not isinstance(document.root, Keys):
        return document.findings or (complain("L083", (), given="…"),)
    entries = {name: value for name, (_, value) in document.root.entries.items()}
    if all(isinstance(value, Scalar) for value in entries.values()):
        return {"": texts(entries)}
    found: dict[str, dict[str, str]] = {}
    for host, value in entries.items():
        if not isinstance(value, Keys):
            return (complain("L083", (host,), given="…"),)
        found[host] = texts({name: each for name, (_, each) in value.entries.items()})
    return found


def texts(entries: dict[str, Node]) -> dict[str, str]:
    return {name: value.text for name, value in entries.items() if isinstance(value, Scalar)}
