"""What Slack says about a file, and whether one so described may hold a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 200  # characters of a name
_ID = re.compile(r"[A-Z0-9]{1,64}")
_UNSAID = "check_file_info"  # Slack Connect: the event names only the id
_GONE = frozenset({"tombstone", "hidden_by_limit", "file_not_found", "access_denied"})
# kept elsewhere, or pages that Slack made itself: nobody uploaded these
_NO_UPLOADS = frozenset({"external", "email", "post", "space", "docs", "canvas", "quip", "list"})
# what turns a log over adds to its name: .1, .old, -20240131, " (2)"
_LOG = re.compile(
    r"\.(?:log|lo_|txt|csv|xml|json|evtx?|zip|gz)(?:[-._ ()0-9]|old|bak)*\Z|\.(?:old|bak)\Z",
    re.IGNORECASE,
)
_NO_LOGS = frozenset({"text/rtf", "text/richtext", "text/calendar", "text/vcard"})
_PACKED = frozenset({"zip", "gzip", "x-gzip", "x-zip-compressed", "json", "xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as Slack describes it."""

    id: str
    name: str  # a label, and never a path
    size: int  # bytes; 0 where Slack does not say
    url: str  # "" where Slack does not say
    mimetype: str
    mode: str


def described(obj: object) -> File | None:
    """Read Slack's `file` object; None where it names no file.

    https://docs.slack.dev/reference/objects/file-object
    """
    if not isinstance(obj, Mapping) or not _ID.fullmatch(_text(obj, "id")):
        return None
    size = obj.get("size")
    return File(
        id=obj["id"],
        name=_label(_text(obj, "name") or _text(obj, "title")) or "Untitled",
        size=size if type(size) is int and size > 0 else 0,
        url=_text(obj, "url_private_download") or _text(obj, "url_private"),
        mimetype=_text(obj, "mimetype").partition(";")[0].strip().lower(),
        mode=_text(obj, "mode"),
    )


def is_readable(obj: object) -> bool:
    """Tell whether a file may hold a log; one that is not described yet may."""
    file = described(obj)
    if file is None or not isinstance(obj, Mapping) or is_gone(obj):
        return False
    if file.mode in _NO_UPLOADS or obj.get("is_external"):
        return False
    return _is_undescribed(obj) or file.mode == "snippet" or _is_log(file)


def is_gone(obj: Mapping[str, Any]) -> bool:
    """Tell whether Slack keeps only the trace of a file, or keeps it from the app."""
    return not _GONE.isdisjoint((_text(obj, "mode"), _text(obj, "file_access")))


def is_incomplete(obj: Mapping[str, Any]) -> bool:
    """Tell whether files.info must be asked before the file can be fetched."""
    return _text(obj, "file_access") == _UNSAID or not _text(obj, "url_private_download")


def _is_undescribed(obj: Mapping[str, Any]) -> bool:
    said = any(_text(obj, field) for field in ("name", "title", "mimetype", "mode"))
    return _text(obj, "file_access") == _UNSAID or not said


def _is_log(file: File) -> bool:
    if _LOG.search(file.name):
        return True
    kind, _, subtype = file.mimetype.partition("/")
    if kind == "text":
        return file.mimetype not in _NO_LOGS
    # an office document is a zip as well, and only its name tells
    return kind == "application" and subtype in _PACKED and "." not in file.name


def _text(obj: Mapping[str, Any], field: str) -> str:
    value = obj.get(field)
    return value if isinstance(value, str) else ""


def _label(name: str) -> str:
    # the ends of a long name are kept: one tells what it is, the other of which kind
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST // 2]}…{name[-_LONGEST // 2 :]}"
    return "".join(_seen(sign) for sign in short).strip()


def _seen(sign: str) -> str:
    if sign.isprintable():
        return sign
    # the marks that turn the direction of writing are unprintable as well
    return " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}"
