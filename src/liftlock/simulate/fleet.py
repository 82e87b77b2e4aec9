"""Hosts that do not exist: the port `Hosts`, with marks, tombstones and seeded faults, in virtual time.

What happens to a host is written to `trace`, from which the promises are checked.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct, field

from liftlock.decide.roles import role_in
from liftlock.model.actions import (
    Delivered,
    Exited,
    Greeting,
    HttpCall,
    Replied,
    Said,
    Script,
    SocketCall,
    TimedOut,
    Transfer,
    Vanished,
)
from liftlock.model.errors import WorldError, WorldKind
from liftlock.model.ports import Absent, ScriptOutcome
from liftlock.model.schedule import CONTROLLER, Schedule, name_of
from liftlock.model.secret import SecretRef
from liftlock.simulate.clock import VirtualClock
from liftlock.simulate.faults import Faults
from liftlock.simulate.technology import BUSY, PERMANENT, UNWELL

LATE_AFTER_S = 25.0
DOWN_S = 40.0
REQUESTS_PER_S = 2.0
SERVED_MAX = 2_000  # of the requests between two readings, so many are played one by one


class Happening(NamedTuple):
    """Something that took effect on a host. `kind` is the action's; `what` the step's mark or a remark."""

    at_s: float
    now: datetime
    host: str
    component: str
    kind: str
    what: str
    back: bool


class Service(Struct):
    """A component on a host."""

    version: str
    running: bool = True
    in_service: bool = True  # the load balancer sends it traffic
    backups: set[str] = field(default_factory=set)  # versions to which a hop goes that has its backup
    proofs: set[str] = field(default_factory=set)
    written_at_s: float = 0.0
    bad: tuple[str, ...] = ()  # new versions that are bad here
    data: str = ""  # the version that a migration left its data at; empty as long as there was none
    served: int = 0  # requests since its process began, as its own counter shows them
    failed: int = 0
    counted_at_s: float = 0.0
    served_ever: int = 0


class Job(Struct):
    """What became of a mark. `ends_at_s` is past for an ended one; `outcome` None is a tombstone."""

    ends_at_s: float
    boot: str
    outcome: Exited | None
    lost: bool = False  # the process was killed, and left no exit status
    stopped: bool = False  # ended by its deadline before it took effect


class SimulatedHost(Struct):
    boot: str
    services: dict[str, Service]
    dead_until_s: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)


class Fleet:
    """The hosts of a schedule, all on the old version at the start."""

    def __init__(self, schedule: Schedule, clock: VirtualClock, rng: random.Random, faults: Faults) -> None:
        self.schedule, self.clock, self.rng, self.faults = schedule, clock, rng, faults
        self.trace: list[Happening] = []
        self.keeps_trace = True
        self.occurred: Counter[str] = Counter()  # what went wrong, and how often
        self.boots = 0
        self.hosts = {name: SimulatedHost(self.new_boot(), {}) for name in schedule.hosts}
        self.roles = roles_of(schedule)
        self.hosts[CONTROLLER] = SimulatedHost(CONTROLLER, {})  # where calls are made from: always there
        for stage in schedule.stages:
            for name in stage.hosts:
                self.add(name, name_of(stage.component))
        self.estimates_s = {
            (name_of(stage.component), template.action.kind.value): template.estimate_s
            for stage in schedule.stages
            for template in schedule.recipes[stage.recipe].templates
        }

    def add(self, name: str, component: str) -> None:
        """The component at its first hop's old version; where it is bad, from one of its hops on."""
        host, policies = self.hosts[name], self.schedule.policies
        if component in host.services:
            return
        new = tuple(policy.version_to for hop, policy in policies.items() if name_of(hop) == component)
        is_bad = bool(self.faults.bad) and self.rng.random() < self.faults.bad_hosts
        since = self.rng.randrange(len(new)) if is_bad and len(new) > 1 else 0
        host.services[component] = Service(policies[component].version_from, bad=new[since:] if is_bad else ())

    def new_boot(self) -> str:
        self.boots += 1
        return f"boot-{self.boots}"

    # --- the port ------------------------------------------------------------------------------------------

    async def greet(self, host: str) -> Greeting:
        await self.clock.sleep(self.rng.uniform(0.01, 0.1))
        return Greeting((await self.reach(host)).boot)

    async def perform(
        self, host: str, mark: str, script: Script, *, timeout_s: float, boot: str, env: Mapping[str, str]
    ) -> ScriptOutcome:
        found = await self.reach(host)
        if boot and boot != found.boot:
            raise WorldError(WorldKind.REBOOTED, f"{host} has rebooted", boot=found.boot)
        if mark not in found.jobs:
            self.begin(host, found, mark, script)
        elif found.jobs[mark].outcome is None:
            raise WorldError(WorldKind.REFUSED, f"{host}: a tombstone is there")
        if self.happens("lost_connection"):
            await self.clock.sleep(self.rng.uniform(0.1, 5.0))
            raise WorldError(WorldKind.UNREACHABLE, f"{host}: the connection was lost")
        return await self.wait(host, mark, timeout_s)

    async def attach(self, host: str, mark: str, *, timeout_s: float) -> ScriptOutcome | Absent:
        found = await self.reach(host)
        if mark not in found.jobs:
            found.jobs[mark] = Job(self.clock.monotonic(), found.boot, None)
            return Absent()
        return Absent() if found.jobs[mark].outcome is None else await self.wait(host, mark, timeout_s)

    async def cancel(self, host: str, mark: str) -> None:
        job = (await self.reach(host)).jobs[mark]
        job.lost = job.stopped = True

    def rights(self, host: str, script: Script) -> dict[str, SecretRef]:
        return {}

    async def look(self, host: str, script: Script, *, timeout_s: float, env: Mapping[str, str]) -> Exited | TimedOut:
        await self.reach(host)
        await self.clock.sleep(self.rng.uniform(0.05, 1.0))
        self.misbehave(host)
        await self.reach(host)
        answer = self.answer(script)
        if script.variables["kind"] == "verify" and "probe" not in script.variables:
            self.note_verified(script, answer)
        return answer

    async def http(self, at: str, call: HttpCall, env: Mapping[str, str]) -> Replied:
        return Replied(200)

    async def socket(self, at: str, call: SocketCall) -> Said:
        """The load balancer: `drain|readmit component host [back]`."""
        await self.clock.sleep(self.rng.uniform(0.01, 0.3))
        if self.happens("transient"):
            return Said("busy")
        kind, component, host, *back = call.text.split()
        self.hosts[host].services[component].in_service = kind == "readmit"
        self.note(host, component, kind, "", bool(back))
        if self.happens("lost_answer"):
            raise WorldError(WorldKind.TIMEOUT, "the load balancer's answer was lost")
        return Said("wait" if self.happens("slow") else "done")

    async def transfer(self, host: str, transfer: Transfer) -> Delivered:
        await self.reach(host)
        await self.clock.sleep(self.rng.uniform(0.5, 3.0))
        return Delivered("simulated", 1)

    async def sweep(self, host: str, run: str) -> None:
        self.hosts[host].jobs.clear()

    async def close(self) -> None:
        """Nothing is open."""

    # --- scripts -------------------------------------------------------------------------------------------

    def begin(self, host: str, found: SimulatedHost, mark: str, script: Script) -> None:
        """The mark is made and the script runs: its effect is there at its end, or half there if it is killed."""
        asked = script.variables
        estimate_s = self.estimates_s.get((asked["of"], asked["kind"]), 3.0)
        for_s = estimate_s * self.rng.uniform(0.3, 1.5) * (20.0 if self.happens("slow") else 1.0)
        self.note(asked["host"], asked["of"], f"start-{asked['kind']}", mark, "back" in asked)
        outcome = Exited(0)
        if self.happens("permanent"):
            outcome = Exited(PERMANENT)
        elif self.happens("transient"):
            outcome = Exited(BUSY)
        job = Job(self.clock.monotonic() + for_s, found.boot, outcome, lost=self.happens("killed"))
        found.jobs[mark] = job
        if outcome.code == 0 and not (job.lost and self.rng.random() < 0.5):
            asyncio.get_running_loop().call_later(for_s, self.take_effect, host, mark, script)
        self.misbehave(host)

    def take_effect(self, host: str, mark: str, script: Script) -> None:
        found = self.hosts[host]
        job = found.jobs.get(mark)
        if job is None or job.boot != found.boot or job.stopped or self.is_dead(found):
            return
        asked = script.variables
        service, kind, back = self.service(script), asked["kind"], "back" in asked
        match kind:
            case "backup":
                service.backups.add(asked["to"])
            case "prove":
                service.proofs |= service.backups & {asked["to"]}
            case "migrate":
                service.data = asked["version"]
            case "install" | "configure" | "command" | "restore":
                service.version = asked["version"]
                service.written_at_s = self.clock.monotonic()
            case "stop":
                service.running = False
            case "start" | "restart":
                self.serve(service)
                service.running, service.served, service.failed = True, 0, 0
        self.note(asked["host"], asked["of"], kind, mark, back)

    async def wait(self, host: str, mark: str, timeout_s: float) -> ScriptOutcome:
        job = self.hosts[host].jobs[mark]
        left_s = max(job.ends_at_s - self.clock.monotonic(), 0.0)
        await self.clock.sleep(min(left_s, timeout_s))
        found = await self.reach(host)
        if left_s > timeout_s and job.boot == found.boot:
            job.lost = job.stopped = True
            return TimedOut()
        if job.boot != found.boot or job.lost or job.outcome is None:
            return Vanished()
        if self.happens("lost_answer"):
            raise WorldError(WorldKind.TIMEOUT, f"{host}: the answer was lost")
        return job.outcome

    def service(self, script: Script) -> Service:
        """The component that the script is about, on the host that it is about, wherever it runs."""
        return self.hosts[script.variables["host"]].services[script.variables["of"]]

    def answer(self, script: Script) -> Exited:
        asked = script.variables
        service, kind = self.service(script), asked["kind"]
        if kind == "role":
            role = self.roles.get(asked["of"], {}).get(asked["host"], "")
            self.note(asked["host"], asked["of"], "role", role)
            return Exited(0, role)
        if kind == "requests":
            self.serve(service)
            return Exited(0, f"{service.failed} {service.served}")
        if kind == "gauge":
            return Exited(0, "0.2" if self.shows(service, under_traffic=True) else "0.0")
        if "probe" in asked:
            done = {
                "backup": asked["to"] in service.backups,
                "prove": asked["to"] in service.proofs,
                "stop": not service.running,
                "start": service.running,
                "restart": service.running,
                "migrate": service.data == asked["version"],
            }.get(kind, service.version == asked["version"])
            return Exited(0 if done else 1)
        if kind == "verify":
            healthy = service.running and not self.shows(service, under_traffic=False)
            return Exited(0 if healthy and service.version == asked["version"] else UNWELL)
        return Exited(0)

    def serve(self, service: Service) -> None:
        """Its counters move on to now: one request in a thousand fails, of a bad version one in five."""
        now_s = self.clock.monotonic()
        new = int((now_s - service.counted_at_s) * REQUESTS_PER_S) if service.running and service.in_service else 0
        share = 0.2 if self.shows(service, under_traffic=True) else 0.001
        service.served += new
        service.failed += sum(self.rng.random() < share for _ in range(min(new, SERVED_MAX)))
        service.served_ever += new
        service.counted_at_s = now_s

    def shows(self, service: Service, *, under_traffic: bool) -> bool:
        """Does the bad version show now?"""
        if service.version not in service.bad:
            return False
        late = self.clock.monotonic() - service.written_at_s > LATE_AFTER_S
        found = {"at-once": True, "late": late, "traffic": under_traffic}.get(self.faults.bad, False)
        self.occurred[f"bad_{self.faults.bad}"] += found
        return found

    def note_verified(self, script: Script, answer: Exited) -> None:
        asked = script.variables
        self.note(asked["host"], asked["of"], "verify" if answer.code == 0 else "verify-failed", asked["version"])

    # --- trouble -------------------------------------------------------------------------------------------

    async def reach(self, name: str) -> SimulatedHost:
        """The host, if it answers now; its own latency is part of what is asked of it."""
        host = self.hosts[name]
        if name == CONTROLLER:
            return host
        if self.is_dead(host) or self.happens("lost_connection"):
            await self.clock.sleep(self.rng.uniform(0.5, 3.0))
            raise WorldError(WorldKind.UNREACHABLE, f"{name} does not answer")
        if host.dead_until_s:
            self.occurred["came_back"] += 1
            host.dead_until_s = 0.0
        return host

    def misbehave(self, name: str) -> None:
        """Now and then a host dies or reboots while something runs on it, or the controller's wall clock jumps."""
        host = self.hosts[name]
        if name == CONTROLLER:
            return
        if self.happens("death"):
            host.dead_until_s = self.clock.monotonic() + DOWN_S if self.rng.random() < 0.5 else float("inf")
            host.boot = self.new_boot()
        elif self.happens("reboot"):
            host.boot = self.new_boot()
        if self.happens("failover"):
            self.fail_over()
        if self.happens("clock_jump"):
            self.clock.jump_s += self.rng.uniform(-600.0, 3600.0)

    def fail_over(self) -> None:
        """In each component, a replica takes its primary's place."""
        for roles in self.roles.values():
            replicas = sorted(host for host, role in roles.items() if role != "primary")
            primary = next((host for host, role in roles.items() if role == "primary"), None)
            if primary is not None and replicas:
                new = self.rng.choice(replicas)
                roles[primary], roles[new] = roles[new], "primary"

    def is_dead(self, host: SimulatedHost) -> bool:
        return host.dead_until_s > self.clock.monotonic()

    def happens(self, fault: str) -> bool:
        """Does this fault happen now? `fault`: a field of `Faults`; how often each did is counted."""
        probability: float = getattr(self.faults, fault)
        found = probability > 0.0 and self.rng.random() < probability
        if found:
            self.occurred[fault] += 1
        return found

    def note(self, host: str, component: str, kind: str, what: str, back: bool = False) -> None:
        if self.keeps_trace:
            now = self.clock.now()
            self.trace.append(Happening(self.clock.monotonic(), now, host, component, kind, what, back))


def roles_of(schedule: Schedule) -> dict[str, dict[str, str]]:
    """Every component's hosts with the roles that its schedule assumes: at the start they are true."""
    found: dict[str, dict[str, str]] = {}
    for component in map(name_of, schedule.policies):
        roles = {host: role_in(facts, component) for host, facts in schedule.assumes.items()}
        found[component] = {host: role for host, role in roles.items() if role}
    return found
