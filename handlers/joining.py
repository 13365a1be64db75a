"""Which incidents a thread's verdict belongs to, and what other threads have to say about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.asides import Asker
from bot.incidents import (
    PUBLIC,
    Evidence,
    Home,
    Link,
    State,
    Thread,
    files_of,
    seconds,
    subject_of,
)
from bot.model import Finding, Report
from bot.reading.sources import BytesSource, FileSource, Source
from bot.services import Services
from handlers.evidence import sources_of

ELSEWHERE = "another thread"  # what a quote names as its source
MOST = 50  # messages of other threads that are read together

Places = set[tuple[str, str]]
NOBODY = Asker(user="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What a thread's reply is made of, and which other threads' replies change with it."""

    report: Report | None
    links: tuple[Link, ...] = ()
    here: tuple[Home, ...] = ()  # the incidents that this thread answers
    others: frozenset[tuple[str, str]] = frozenset()


async def join(
    thread: Thread, own: Report, sources: Sequence[Source], services: Services
) -> Joined:
    """Let a thread's verdict join its incidents; where it is their first thread, hear the others.

    Evidence of a private channel or a DM stays there: it joins incidents of that place alone,
    and hears what is public besides.
    """
    is_public = await services.threads.is_public(thread.channel)
    scope = PUBLIC if is_public else thread.channel
    homes = await _claimed(thread, own, scope, services)
    others = await _left(thread, homes, services)
    here = [home for home in homes if home.place == (thread.channel, thread.ts)]
    away = [home for home in homes if home not in here]
    twins = [] if is_public else await _twins(here, thread, services)
    heard = await _heard([*here, *twins], thread, services)
    report = await _judged_with(own, sources, heard, services)
    mine = {source.name for source in sources}
    findings = [one for one in report.findings if _belongs(one, here, away, mine)]
    findings, echoes = await _without_echoes(thread, findings, twins, here, services)
    _name_in_log(homes)
    return Joined(
        report=replace(report, findings=tuple(findings)) if findings else None,
        links=tuple(map(_link, [*away, *echoes])),
        here=tuple(here),
        others=frozenset(others | {home.place for home in away}),
    )


async def _claimed(thread: Thread, own: Report, scope: str, services: Services) -> list[Home]:
    at = thread.latest or seconds(thread.ts)
    subjects = dict.fromkeys(map(subject_of, own.findings))
    found = [await services.incidents.claim(thread, one, scope, at) for one in subjects]
    return list({home.id: home for home in found}.values())


async def _left(thread: Thread, homes: Sequence[Home], services: Services) -> Places:
    """Leave what the thread is no more about; return whose reply changes by that."""
    known = {home.id for home in homes}
    changed: Places = set()
    for home in await services.incidents.of_thread(thread.channel, thread.ts):
        if home.id in known:
            continue
        heir = await services.incidents.leave(home.id, thread)
        changed.add(heir or home.place)
    return changed - {(thread.channel, thread.ts)}


async def _twins(here: Iterable[Home], thread: Thread, services: Services) -> list[Home]:
    at = thread.latest or seconds(thread.ts)
    shared = [home.subject for home in here if home.subject.is_shared]
    found = [await services.incidents.twin(subject, at) for subject in shared]
    return [home for home in found if home is not None]


async def _heard(homes: Sequence[Home], thread: Thread, services: Services) -> list[Evidence]:
    """Return what other threads gave to these incidents, each thing once, the latest last."""
    if not homes:
        return []
    places = await services.incidents.threads_of([home.id for home in homes])
    places = [place for place in places if place != (thread.channel, thread.ts)]
    if not places:
        return []
    by_thread = await services.threads.evidence(places[:1] + places[1:][-MOST:])
    said = [one for messages in by_thread.values() for _, one in sorted(messages.items()) if one]
    own = {one.text for one in thread.evidence.values()}
    fresh = {(one.text, repr(one.files)): one for one in said if one.files or one.text not in own}
    kept = list(fresh.values())
    return kept[:1] + kept[1:][-MOST:]


async def _judged_with(
    own: Report, sources: Sequence[Source], heard: Sequence[Evidence], services: Services
) -> Report:
    if not heard:
        return own
    files = files_of(heard)
    quiet = {str(file.get("id")) for file in files}  # whoever shared them has heard from us
    texts = [one.text for one in heard if one.text]
    others = await sources_of(texts, files, NOBODY, services, quiet)
    # what another thread could not have read is that thread's to say
    joint = await services.analyse([*sources, *map(_renamed, others)])
    return replace(joint, inputs=own.inputs, findings=_named_as(own, joint))


def _named_as(own: Report, joint: Report) -> tuple[Finding, ...]:
    """Give findings the server that this thread knows from elsewhere, as from an agent."""
    servers = {one.package: one.server for one in own.findings if one.server}
    return tuple(
        one if one.server else replace(one, server=servers.get(one.package))
        for one in joint.findings
    )


def _renamed(source: Source) -> Source:
    assert isinstance(source, BytesSource | FileSource)  # noqa: S101 - `sources_of` makes no other
    name = source.name.removeprefix("message").strip()
    return replace(source, name=f"{ELSEWHERE} {name}".strip())


def _belongs(finding: Finding, here: Sequence[Home], away: Sequence[Home], mine: set[str]) -> bool:
    if _fits(finding, away):
        return False
    if _fits(finding, here):
        return True
    sources = {quote.source for quote in finding.evidence}
    return any(one in mine or one.partition("/")[0] in mine for one in sources)


def _fits(finding: Finding, homes: Iterable[Home]) -> bool:
    return any(
        home.subject.is_shared and home.subject.fits(finding.server, finding.share, finding.package)
        for home in homes
    )


async def _without_echoes(
    thread: Thread,
    findings: Sequence[Finding],
    twins: Sequence[Home],
    here: Sequence[Home],
    services: Services,
) -> tuple[list[Finding], list[Home]]:
    """Take out what a public thread answers already, word for word; a link to it is enough."""
    echoes = [
        twin
        for twin in twins
        if twin.finding is not None
        and all(_same(one, twin.finding) for one in findings if _fits(one, [twin]))
    ]
    for home in here:
        if any(twin.subject.fits(*_names(home)) for twin in echoes):
            await services.incidents.leave(home.id, thread)
    return [one for one in findings if not _fits(one, echoes)], echoes


def _names(home: Home) -> tuple[str | None, str | None, str | None]:
    return home.subject.server, home.subject.share, home.subject.package


def _same(one: Finding, other: Finding) -> bool:
    return _says(one) == _says(other)


def _says(finding: Finding) -> tuple[object, ...]:
    return (
        finding.kind,
        finding.certainty,
        set(finding.files),
        set(finding.failed),
        finding.resolved,
        finding.available_mb,
        finding.required_mb,
    )


async def record(thread: Thread, joined: Joined, services: Services) -> None:
    """Write down where the incidents stand that a thread answers."""
    findings = joined.report.findings if joined.report else ()
    for home in joined.here:
        fitting = [one for one in findings if _fits(one, [home]) or subject_of(one) == home.subject]
        if fitting:
            await services.incidents.record(home.id, fitting[0], state_of(thread, fitting))


def state_of(thread: Thread, findings: Sequence[Finding]) -> State:
    """Return where an incident stands that a thread answers."""
    if thread.judged_wrong:
        return "dismissed"
    if thread.resolved_by or all(one.resolved for one in findings):
        return "resolved"
    if thread.held is None:
        return "open"
    return "held" if thread.held else "free"


def _link(home: Home) -> Link:
    about = " on ".join(filter(None, (home.subject.package, home.subject.server)))
    return Link(incident=home.id, channel=home.channel, thread_ts=home.thread_ts, about=about)


def _name_in_log(homes: Sequence[Home]) -> None:
    if homes:
        structlog.contextvars.bind_contextvars(incident=",".join(home.id for home in homes))
