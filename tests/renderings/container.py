"""What a container is: a form an event reaches a reader in, and what of the event it keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .incident import Incident
from .messages import Message

Clock = Literal["sure", "partial", "none"]


@dataclass(frozen=True, kw_only=True)
class Container:
    """One form an event reaches a reader in, and what of the event it keeps."""

    name: str
    render: Callable[[Incident], str]
    unc: bool = True  # names the package
    place: bool = True  # names server and share
    figures_told: bool = True
    cut: bool = False
    clock: Clock = "sure"
    fragile: bool = False  # a syntax that wrapping or smart quotes break


Frame = Callable[[Incident, str], str]


def held(
    name: str, frame: Frame, message: Message, *, clock: Clock = "sure", fragile: bool = False
) -> Container:
    """Put one wording into one frame."""
    return Container(
        name=f"{name}, {message.name}",
        render=lambda incident: frame(incident, message.text(incident)),
        unc=message.unc,
        place=message.place,
        figures_told=message.figures == "told",
        cut=message.cut,
        clock=clock,
        fragile=fragile,
    )


def date_of(incident: Incident) -> str:
    """The event's date, in the order of the incident's locale."""
    day = incident.seen
    if incident.day_first:
        return f"{day:%d/%m/%Y}"
    return f"{day.month}/{day.day}/{day.year}"


def time_of(incident: Incident) -> str:
    """The event's time of day in the incident's locale."""
    return f"{incident.seen:%H:%M:%S}" if incident.day_first else clock_12(incident.seen)


def clock_12(at: datetime) -> str:
    """A time of day with AM or PM."""
    return f"{at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"
