"""The words for who holds a file: the state first, each holder, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.terminal.visible import visible
from bot.wire import Holder, WhoHolds

Style = Literal["held", "free", "unknown", "name", "detail", "plain"]

_PATH = "path"  # under this name stands why a path led to nothing that could be looked at
_KERNEL = "the system itself; no process has it open. It may be a loop device, a swap file, NFS"
_UNSEEN = "somebody who could not be seen"
_AS_ROOT = "Run it as root to see what is missing: only root may look at all users' processes."
_STYLES: dict[str, Style] = {"held": "held", "free": "free", "gone": "free"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the answer, harmless to a terminal."""

    text: str
    style: Style = "plain"


def lines(answer: WhoHolds, is_root: bool) -> Iterator[Line]:
    """Return the answer; `is_root` tells whether more rights could show more."""
    yield Line(text=_headline(answer), style=_STYLES.get(answer.state, "unknown"))
    if answer.resolved not in ("", answer.path):
        yield Line(text=f"It leads to {visible(answer.resolved)}", style="detail")
    for holder in answer.holders:
        yield Line(text=f"  {_name(holder)}", style="name")
        for detail in _details(holder):
            yield Line(text=f"      {detail}", style="detail")
    yield from _sight(answer, is_root)


def _headline(answer: WhoHolds) -> str:
    path = visible(answer.path)
    if why := _nowhere(answer):
        return f"{answer.state.capitalize()}: {path}: {visible(why)}"
    if answer.state == "held":
        return f"Held: {path}"
    if answer.state == "free":
        return f"Free: nobody holds {path}"
    if answer.state == "gone":
        return f"Gone: there is no file {path}"
    return f"Unknown: nobody was seen holding {path}, but not everything could be looked at"


def _nowhere(answer: WhoHolds) -> str | None:
    """Return why there was nothing to look at, None where there was."""
    return next((probe.error for probe in answer.probes if probe.name == _PATH), None)


def _name(holder: Holder) -> str:
    if holder.kind == "kernel":
        return f"the system itself: {visible(holder.name)}" if holder.name else _KERNEL
    if holder.kind == "smb":
        what = f"{visible(holder.smb_user or 'an unknown user')} from {_client(holder)}"
    elif holder.pid is None:
        return _UNSEEN
    else:
        what = f"{visible(holder.name or 'a process')}, process {holder.pid}"
        what += f" of {visible(holder.user)}" if holder.user else ""
    how = ", ".join(visible(word) for word in (holder.access, holder.mode) if word)
    return f"{what}: {how}" if how else what


def _client(holder: Holder) -> str:
    names = dict.fromkeys(filter(None, (holder.client_host, holder.client_ip, *holder.candidates)))
    return visible(" or ".join(names) if holder.candidates else ", ".join(names)) or "anywhere"


def _details(holder: Holder) -> Iterator[str]:
    if holder.kind == "self":
        yield "this is Despool itself"
    if holder.opened_at:
        yield f"open since {_moment(holder.opened_at)}"
    if holder.kind == "smb":
        yield from _served(holder)
    elif holder.started:
        program = f"{visible(holder.exe)}, " if holder.exe else ""
        yield f"{program}running since {_moment(holder.started)}"
    if place := holder.service or holder.unit:
        yield f"service {visible(place)}" if holder.service else f"unit {visible(place)}"
    if holder.confidence == "inferred":
        yield "told by its name alone, which is no proof"


def _served(holder: Holder) -> Iterator[str]:
    parts = [visible(holder.dialect)] if holder.dialect else []
    parts += [f"file id {holder.file_id}"] if holder.file_id is not None else []
    if holder.pid is not None:
        parts.append(f"served by {visible(holder.name or 'process')} {holder.pid}")
    if parts:
        yield ", ".join(parts)


def _sight(answer: WhoHolds, is_root: bool) -> Iterator[Line]:
    """Say which probes looked, which could not, and what would help."""
    looked = [probe.name for probe in answer.probes if probe.error is None]
    missed = [
        f"{visible(probe.name)}: {visible(words)}"
        for probe in answer.probes
        if probe.name != _PATH
        for words in (*probe.blind, *((probe.error,) if probe.error else ()))
    ]
    if looked:
        yield Line(text=f"Looked with {visible(', '.join(looked))}.", style="detail")
    for words in missed:
        yield Line(
            text=f"Not seen by {words}", style="unknown" if not answer.complete else "detail"
        )
    if missed and not answer.complete and not is_root:
        yield Line(text=_AS_ROOT)


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}"
