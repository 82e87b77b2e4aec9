"""Notices: a webhook is told once, where it was said, and nobody waits for it for long."""

import asyncio

import pytest

from liftlock.execute import notify
from liftlock.execute.notify import ChannelNotifier
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.events import RunClosed, RunResult
from liftlock.model.plan import Notify
from liftlock.model.reasons import because
from liftlock.model.secret import SecretRef
from tests.peer import Peer

CLOSED = RunClosed(RunResult.UPGRADED, because("all-promoted"))


class Secrets:
    """Knows the references that it is given."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known

    def resolve(self, ref: SecretRef) -> str:
        if ref.secret not in self.known:
            raise WorldError(WorldKind.MISSING, f"no such secret: {ref.secret}")
        return self.known[ref.secret]


def tell(*channels: Notify, **known: str) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    secrets = Secrets({f"env:{name}": value for name, value in known.items()})
    sender = ChannelNotifier(
        channels, lambda occasion, event: "done", lambda name, why: problems.append((name, why)), secrets
    )
    asyncio.run(sender.tell("end", CLOSED))
    return problems


def test_a_webhook_is_told(peers: tuple[Peer, Peer]) -> None:
    assert tell(Notify(webhook=f"{peers[0].url}/hook?token=tr0ub4dor")) == []
    assert [(method, path) for method, path, _ in peers[0].asked] == [("POST", "/hook?token=tr0ub4dor")]


def test_an_address_that_is_a_secret_is_fetched_when_it_is_used(peers: tuple[Peer, Peer]) -> None:
    hook = Notify(webhook=SecretRef("env:HOOK"))
    assert tell(hook, HOOK=f"{peers[0].url}/hook?token=tr0ub4dor") == []
    assert [path for _, path, _ in peers[0].asked] == ["/hook?token=tr0ub4dor"]
    assert tell(hook) == [("env:HOOK", "no such secret: env:HOOK")]


def test_what_is_wrong_with_a_secret_address_does_not_tell_it() -> None:
    ((name, why),) = tell(Notify(webhook=SecretRef("env:HOOK")), HOOK="tr0ub4dor://nowhere")
    assert name == "env:HOOK"
    assert "tr0ub4dor" not in why


def test_a_redirect_elsewhere_is_reported_and_not_followed(peers: tuple[Peer, Peer]) -> None:
    ((name, why),) = tell(Notify(webhook=f"{peers[0].url.replace('//', '//user:tr0ub4dor@')}/moved"))
    assert why == "status 307"
    assert "tr0ub4dor" not in name
    assert peers[1].asked == []


@pytest.mark.parametrize("path", ["/drip", "/endless"])
def test_one_that_answers_without_end_is_left(
    peers: tuple[Peer, Peer],
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its status is all that is wanted: no answer is read."""
    monkeypatch.setattr(notify, "LIMIT_S", 2.0)
    assert tell(Notify(webhook=f"{peers[0].url}{path}")) == []


def test_a_command_that_does_not_end_is_ended_with_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "LIMIT_S", 0.3)
    ((_, why),) = tell(Notify(command="sleep 60 & wait"))
    assert why == "no answer within 0 s"
