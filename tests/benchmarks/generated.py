"""A generated Despool.log and its event export, with the truth about them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

_HEALTHY = (
    "Waiting for ready instruction files",
    "Found ready instruction file {number:05d}ts01.ins",
    "Executing instruction {number:05d}ts01.ins",
    "Memory usage is {number} KB",
    "Decompressing package S{number:07d}.PCK to E:\\_S M{number:04X}.TMP",
    "Copying E:\\_S M{number:04X}.TMP\\file{number:04d}.DLL to E:\\SMS_PKGE\\{package}"
    "\\file{number:04d}.DLL, OK",
    "Copying E:\\_S M{number:04X}.TMP\\SETUP.EXE to E:\\SMS_PKGE\\{package}\\SETUP.EXE, OK",
    "Instruction {number:05d}ts01.ins successfully executed",
)
_WEIGHTS = (4, 2, 2, 3, 1, 9, 3, 2)
_FAILED = (
    "Copying E:\\_S M{number:04X}.TMP\\{file} to E:\\SMS_PKGE\\{package}\\{file}, "
    "Failed, Win32 Error = {code}"
)
_EVENT = (
    "Event[{number}]:\r\n  Log Name: Application\r\n  Source: SMS\r\n"
    "  Date: {at:%Y-%m-%dT%H:%M:%S}.000\r\n  Event ID: 109\r\n"
    "  Task: N/A\r\n  Level: Error\r\n  Opcode: N/A\r\n  Keyword: N/A\r\n"
    "  User: N/A\r\n  User Name: N/A\r\n  Computer: NTSITE1\r\n  Description: \r\n"
    "Failed to install package. There isn't sufficient disk space on package server "
    "\\\\NTSITE1\\SMS_PKGE\\{package}. Disk space available on that server is {given} megabytes, "
    "space required is {required} megabytes.\r\n\r\n"
)


@dataclass
class Truth:
    """What an analysis must find: the kind and the locked files of each package."""

    kinds: dict[str, str] = field(default_factory=dict)
    files: dict[str, set[str]] = field(default_factory=dict)


def generate(folder: Path, size: int, incidents: int, seed: int = 109) -> Truth:
    """Write `Despool.log` of at least `size` bytes and `events.txt` into the folder."""
    dice = random.Random(seed)  # noqa: S311
    truth = Truth()
    at = datetime(1998, 9, 1, 6, 0, 0)
    number = 0
    step = size // incidents
    with (folder / "Despool.log").open("wb") as log, (folder / "events.txt").open("wb") as events:
        for incident in range(incidents):
            while log.tell() < step * (incident + 1):
                at += timedelta(seconds=dice.randrange(1, 4))
                log.write(b"".join(_healthy(dice, at) for _ in range(200)))
            package = f"DOG{incident:05X}"
            kind = _incident(dice, truth, package)
            for line in _failures(dice, truth, package, at, kind):
                log.write(line)
            if kind in ("false-disk-space", "disk-space", "event-only"):
                number += 1
                events.write(_event(dice, number, package, at, kind))
    return truth


def _incident(dice: random.Random, truth: Truth, package: str) -> str:
    kinds = ("false-disk-space", "lock-only", "other-error", "disk-space", "event-only")
    (kind,) = dice.choices(kinds, (10, 4, 2, 1, 1))
    truth.kinds[package] = kind
    return kind


def _healthy(dice: random.Random, at: datetime) -> bytes:
    (text,) = dice.choices(_HEALTHY, _WEIGHTS)
    package = f"A01{dice.randrange(200):05X}"
    return _line(text.format(number=dice.randrange(65536), package=package), at)


def _failures(
    dice: random.Random, truth: Truth, package: str, at: datetime, kind: str
) -> Iterator[bytes]:
    if kind in ("disk-space", "event-only"):
        return
    code = 5 if kind == "other-error" else 32
    names = [f"part{n:02d}.EXE" for n in range(dice.choice((1, 1, 1, 3, 12)))]
    for _ in range(dice.choice((1, 1, 2))):  # the despooler tries again
        for name in names:
            yield _line(
                _FAILED.format(number=dice.randrange(65536), file=name, package=package, code=code),
                at,
            )
            yield _healthy(dice, at)
    if code == 32:
        truth.files[package] = {f"E:\\SMS_PKGE\\{package}\\{name}" for name in names}


def _event(dice: random.Random, number: int, package: str, at: datetime, kind: str) -> bytes:
    given = str(dice.randrange(5, 50)) if kind == "disk-space" else ""
    required = str(dice.randrange(60, 900)) if given else ""
    text = _EVENT.format(number=number, at=at, package=package, given=given, required=required)
    return text.encode()


def _line(text: str, at: datetime) -> bytes:
    stamp = f"{at:%a %b %d %H:%M:%S %Y}"
    return f"~{text}  $$<SMS_DESPOOLER><{stamp}~><thread=1D0>\r\n".encode()
