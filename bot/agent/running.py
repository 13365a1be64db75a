"""The agent as a whole: its parts made, handed to those who need them, and ended in order."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bot.agent.answering import Answering
from bot.agent.aside import aside
from bot.agent.capturing import Captures
from bot.agent.checking import key_fault, troubles
from bot.agent.client import Client, Standing
from bot.agent.config import AgentConfig, AgentConfigError, load
from bot.agent.events import EventLog, event_log
from bot.agent.greeting import Identity
from bot.agent.limits import Allowance
from bot.agent.looking import look as look_by_probes
from bot.agent.looks import Look, Looks
from bot.agent.outbox import Outbox, OutboxUnusable
from bot.agent.policy import Policy, own_shares
from bot.agent.probes import Target
from bot.agent.probes.order import PROBES
from bot.agent.relaying import Relays
from bot.agent.releasing import released
from bot.agent.reporting import LogThread, Reporter, follow_events
from bot.agent.sightings import Sightings
from bot.agent.state import alone
from bot.agent.telling import Telling
from bot.agent.watches import Watches
from bot.audit import Audit
from bot.errors import DespoolError
from bot.wire.frames import written
from bot.wire.talk import Push

log = logging.getLogger(__name__)

AT_MOST = 60.0  # seconds until a watched file is looked at again in any case
PLACING = 5.0  # seconds that finding the ends of the logs may take


async def main(config_path: Path, stop: asyncio.Event, look: Look | None = None) -> None:
    """Run the agent until `stop` is set; raise what keeps it from starting.

    `look` finds who holds a file; without it the probes of this machine do.
    """
    config = load(config_path)
    key = private_key(config)
    for trouble in troubles(config):
        log.warning("The configuration has a fault", extra={"fault": trouble})
    try:
        config.state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AgentConfigError(f"state: {config.state} cannot be made: {error.strerror}.") from None
    with alone(config.state):
        async with AsyncExitStack() as stack:
            await _run(await _agent(config, key, look or look_by_probes, stack), stop)


def private_key(config: AgentConfig) -> Ed25519PrivateKey:
    """Read the private key, or raise AgentConfigError where it is not this agent's alone."""
    fault = key_fault(config.key_file)
    if fault is not None:
        raise AgentConfigError(fault)
    try:
        key = load_pem_private_key(config.key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise AgentConfigError(
            f"key_file: {config.key_file} is no Ed25519 key. Enrol this server again."
        )
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    """The parts that run."""

    config: AgentConfig
    client: Client
    standing: Standing
    outbox: Outbox
    reporter: Reporter
    logs: tuple[LogThread, ...]
    events: tuple[tuple[str, EventLog], ...]


async def _agent(
    config: AgentConfig, key: Ed25519PrivateKey, look: Look, stack: AsyncExitStack
) -> _Agent:
    outbox = Outbox(
        config.state / "outbox.db", pushes=config.buffer_pushes, size=config.buffer_bytes
    )
    stack.callback(outbox.close)
    pushed = asyncio.Event()

    def send(push: Push) -> None:
        try:
            outbox.put(push.id, written(push))
        except OutboxUnusable as error:
            log.error("A push is lost", extra={"reason": str(error)})
        pushed.set()

    relays = Relays(config)
    stack.callback(relays.close)
    looks = Looks(
        host=config.name,
        policy=Policy(config, own_shares),
        look=look,
        relay=relays.look,
        deadline=config.deadline,
    )
    sightings = Sightings()
    captures, watches = (
        Captures(looks, sightings, send),
        Watches(looks, send, _Released(looks.policy).wait),
    )
    stack.push_async_callback(captures.close)
    stack.push_async_callback(watches.close)
    answering = Answering(
        config=config,
        looks=looks,
        allowance=Allowance(config.probes_per_second),
        sightings=sightings,
        watches=watches,
        outbox=outbox,
        audit=Audit(config.audit),
    )
    standing = Standing()
    identity = Identity(
        agent=config.agent,
        address=config.bot,
        key=key,
        host=socket.gethostname() or config.name,
        tls=config.tls_context(),
        blind=_blind,
    )
    reporter = Reporter(outbox, captures, pushed)
    logs = tuple(LogThread(path, outbox, reporter) for path in config.logs)
    for thread in logs:
        stack.push_async_callback(thread.close)
    return _Agent(
        config=config,
        client=Client(identity, answering.answer, outbox, pushed, standing),
        standing=standing,
        outbox=outbox,
        reporter=reporter,
        logs=logs,
        events=tuple(_followed(config)),
    )


async def _run(agent: _Agent, stop: asyncio.Event) -> None:
    """Follow and connect until told to stop, or until a part breaks."""
    telling = Telling(agent.config, agent.standing, agent.outbox)
    agent.standing.changed = telling.now
    telling.now()
    for thread in agent.logs:
        thread.start()
    with suppress(TimeoutError):  # a dead file system keeps nobody from asking about the others
        async with asyncio.timeout(PLACING):
            await asyncio.gather(*(thread.placed.wait() for thread in agent.logs))
    parts = {
        asyncio.create_task(agent.client.run()),
        asyncio.create_task(telling.run()),
        asyncio.create_task(stop.wait()),
    }
    if agent.events:
        follow = follow_events(agent.events, agent.outbox, agent.reporter)
        parts.add(asyncio.create_task(follow))
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        agent.standing.set(connected=False, trouble="The agent was stopped.")


class _Released:
    """Waits until a local file is free, by what the kernel tells of every close."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def wait(self, path: str) -> None:
        try:
            target = await aside(lambda: self._policy.locate(path), AT_MOST)
            if isinstance(target, Target):
                await released(target, seconds=AT_MOST)
                return
        except (DespoolError, OSError):
            log.debug("A watched file cannot be waited for")
        await asyncio.sleep(1)


def _followed(config: AgentConfig) -> list[tuple[str, EventLog]]:
    """Return the event logs that grow by themselves: exported files are only read when asked."""
    found = []
    for source in config.events:
        event = event_log(source)
        if event is None:
            log.warning("This system has no such event log", extra={"source": source})
        elif not source.lower().endswith((".evt", ".evtx")):
            found.append((source, event))
    return found


def _blind() -> tuple[str, ...]:
    """Return which probes of this system cannot look here, and why."""
    mine = (step.probe for step in PROBES if step.on == sys.platform)
    seen = ((probe.name, probe.available()) for probe in mine)
    return tuple(f"{name}: {there.reason}" for name, there in seen if not there.ok)
