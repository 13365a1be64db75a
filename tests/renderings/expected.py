"""What the contract promises to find in a rendering, worked out from the incident alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .container import Container
from .damage import Damage
from .incident import Incident, failures
from .logs import Log

Json = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The facts one finding must carry; a fact left out of `facts` is not checked."""

    facts: Mapping[str, Any]
    certainties: frozenset[str]
    files: frozenset[str]
    moment: datetime | None = None
    moment_known: bool = True  # False: the specification leaves `at` open here
    zone_known: bool = True
    claims: tuple[str, ...] = field(default=())  # letters the evidence must hold
    smart_quotes: bool = False
    words_cut: bool = False


def expect(
    incident: Incident,
    container: Container | None,
    log: Log | None,
    damages: Sequence[Damage] = (),
) -> Expected:
    """Say what one rendering of an incident must be found to be."""
    broken = any(damage.breaks_syntax for damage in damages)
    loose = container is not None and container.fragile and broken
    facts = {
        "kind": _kind(incident, container, log),
        "article": "Q193766" if container else None,
        "failed": [],
        **_place(incident, container, log),
        **_told_by_log(incident, log),
    }
    if container is None:
        del facts["article"]
    moment, known = _moment(incident, container, log, loose=loose)
    return Expected(
        facts=facts,
        certainties=_certainties(container, log, loose=loose),
        files=frozenset(map(incident.target, incident.files)) if log else frozenset(),
        moment=moment,
        moment_known=known,
        zone_known=log is not None and log.clock,
        claims=tuple(_claims(incident, container, log)),
        smart_quotes=any(damage.loses_apostrophe for damage in damages),
        words_cut=any(damage.cuts_words for damage in damages),
    )


def _kind(incident: Incident, container: Container | None, log: Log | None) -> str:
    if container is None:
        return "lock-only"
    if container.figures_told and any(incident.figures):
        return "disk-space"
    return "false-disk-space" if log else "event-only"


def _place(incident: Incident, container: Container | None, log: Log | None) -> dict[str, Any]:
    named = container is not None and container.unc
    placed = container is not None and container.place
    reached = log is not None and incident.over_network
    return {
        "server": incident.server if placed or reached else None,
        "share": incident.share if placed or reached else None,
        "package": incident.package if named or log else None,
    }


def _told_by_log(incident: Incident, log: Log | None) -> dict[str, Any]:
    if log is None:
        return {"win32_error": None, "thread": None, "resolved": False}
    facts: dict[str, Any] = {
        "win32_error": incident.error,
        "thread": log.thread(incident.thread) if log.thread else None,
        "resolved": False,
    }
    if log.component:
        facts["component"] = "SMS_DESPOOLER"
    return facts


def _certainties(container: Container | None, log: Log | None, *, loose: bool) -> frozenset[str]:
    if container is None:
        return frozenset({"proved", "likely"})
    if log is None:
        return frozenset({"unknown" if container.cut else "likely"})
    whole = container.unc and container.figures_told and container.clock == "sure"
    if not (whole and log.clock):
        return frozenset({"likely"})
    open_question = loose or not log.clock_readable
    return frozenset({"proved", "likely"} if open_question else {"proved"})


def _moment(
    incident: Incident, container: Container | None, log: Log | None, *, loose: bool
) -> tuple[datetime | None, bool]:
    if log is not None and log.clock:
        if not log.clock_readable:
            return None, False
        return datetime.fromisoformat(log.moment(failures(incident)[-1])), True
    if container is None or container.clock == "none":
        return None, True
    return incident.seen, container.clock == "sure" and not loose


def _claims(incident: Incident, container: Container | None, log: Log | None) -> Iterable[str]:
    if container is not None and container.figures_told:
        yield "diskspace"
    if log is not None:
        yield str(incident.error)
        for file in incident.files:
            yield max(re.findall(r"[A-Za-z0-9]+", file.rpartition("\\")[2]), key=len)


def differences(report: Json, expected: Expected, texts: Mapping[str, str]) -> list[str]:
    """Say in which points a report is not what was expected; nothing when it is."""
    findings = report["findings"]
    if len(findings) != 1:
        kinds = [(finding["kind"], finding["package"]) for finding in findings]
        return [f"expected one finding, got {kinds}"]
    finding = findings[0]
    checks: tuple[Callable[[Json, Expected], Iterable[str]], ...] = (
        _facts,
        _certainty,
        _locked,
        _at,
    )
    found = [line for check in checks for line in check(finding, expected)]
    return found + evidence_faults(finding, texts, expected.claims)


def _facts(finding: Json, expected: Expected) -> Iterable[str]:
    for name, value in expected.facts.items():
        if _fold(finding[name]) != _fold(value):
            yield f"{name}: expected {value!r}, got {finding[name]!r}"


def _fold(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _certainty(finding: Json, expected: Expected) -> Iterable[str]:
    if finding["certainty"] not in expected.certainties:
        yield f"certainty: expected {sorted(expected.certainties)}, got {finding['certainty']}"


def _locked(finding: Json, expected: Expected) -> Iterable[str]:
    got = list(finding["files"])
    want = set(expected.files)
    if expected.smart_quotes:
        got, want = [file.replace("’", "'") for file in got], want
    if expected.words_cut:
        got, want = [_tight(file) for file in got], set(map(_tight, want))
    if sorted(got) != sorted(want):
        yield f"files: expected {sorted(want)}, got {got}"


def _tight(text: str) -> str:
    return "".join(text.split())


def _at(finding: Json, expected: Expected) -> Iterable[str]:
    if not expected.moment_known:
        return
    got = finding["at"] and datetime.fromisoformat(finding["at"])
    want = expected.moment
    if got and not expected.zone_known:
        got = got.replace(tzinfo=None)
    shift = got.utcoffset() if got else None
    wanted_shift: timedelta | None = want.utcoffset() if want else None
    if got != want or shift != wanted_shift:
        yield f"at: expected {want and want.isoformat()}, got {finding['at']}"


def evidence_faults(finding: Json, texts: Mapping[str, str], claims: Iterable[str]) -> list[str]:
    """Say which quotes are not in the input where they claim to be, and what none of them holds."""
    faults = []
    for quote in finding["evidence"]:
        if quote["source"] not in texts:
            faults.append(f"evidence: no input is named {quote['source']!r}")
        elif not _stands(quote, texts[quote["source"]]):
            faults.append(f"evidence: line {quote['line']} does not begin {quote['text'][:80]!r}")
    held = _letters(" ".join(quote["text"] for quote in finding["evidence"]))
    # a quote is the text as it came: quoted-printable spells its blanks out
    spelt = _letters(re.sub(r"=[0-9A-F]{2}", "", " ".join(q["text"] for q in finding["evidence"])))
    faults += [
        f"evidence: nothing holds {claim!r}"
        for claim in claims
        if _letters(claim) not in held and _letters(claim) not in spelt
    ]
    return faults


def _letters(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]+", text.casefold()))


def _stands(quote: Json, text: str) -> bool:
    lines = re.split(r"\r*\n", text.replace("\0", ""))
    if not 1 <= quote["line"] <= len(lines) or not 0 < len(quote["text"]) <= 500:
        return False
    words = _spaced(quote["text"].rstrip("…"))
    first = _spaced(lines[quote["line"] - 1])
    place = _spaced("\n".join(lines[quote["line"] - 1 : quote["line"] + 60])).find(words)
    return 0 <= place <= len(first)


def _spaced(text: str) -> str:
    return " ".join(text.replace("\0", "").replace("\ufeff", "").split())
