"""How values are written in the environment: what each may look like, and what it stands for."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

DATABASE_SCHEMES = ("sqlite", "postgresql")
LONGEST_SPAN = 3650 * 86_400.0
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?", re.IGNORECASE)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def shaped(pattern: str, what: str) -> AfterValidator:
    """Return a check that a secret has a form, which is described as `what`."""

    def check(secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch(pattern, secret.get_secret_value()):
            raise ValueError(f"is not {what}")
        return secret

    return AfterValidator(check)


def stripped(value: Any) -> Any:
    """Return a text without the blanks around it."""
    return value.strip() if isinstance(value, str) else value


def web_address(value: str | None) -> str | None:
    """Return a web address that ends in a slash."""
    if value is None:
        return None
    if not _is_web_address(value):
        raise ValueError("is not an http or https address")
    return value.rstrip("/") + "/"


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number, and would quote the value
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value


def database_address(secret: SecretStr | None) -> SecretStr | None:
    """Return the address of a database with the scheme that SQLAlchemy takes."""
    if secret is None:
        return None
    scheme, separator, rest = secret.get_secret_value().partition("://")
    # hosting platforms still write the scheme that libpq took first
    scheme = re.sub(r"^postgres(?=\+|$)", "postgresql", scheme)
    if not separator or not rest or scheme.partition("+")[0] not in DATABASE_SCHEMES:
        raise ValueError("is not the address of a SQLite or PostgreSQL database")
    return SecretStr(f"{scheme}://{rest}")


def folder(value: Path) -> Path:
    """Return a folder, which need not be there yet."""
    place = value.expanduser()
    if place.exists() and not place.is_dir():
        raise ValueError("is a file, not a folder")
    return place


def _span(value: Any) -> Any:
    """Return what a span such as 24h, 90m or 7d stands for; a bare number is hours."""
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value  # pydantic reads the words of ISO 8601
    seconds = float(match[1]) * _SECONDS[(match[2] or "h").lower()]
    if not 0 < seconds <= LONGEST_SPAN:
        raise ValueError("is not a time span between 1s and 3650d")
    return timedelta(seconds=seconds)


def _ids(value: Any) -> Any:
    """Return the ids in a list with commas or blanks; a mention counts as the id in it."""
    if not isinstance(value, str):
        return value
    bare = (word.strip("<@!>").partition("|")[0] for word in re.split(r"[,\s]+", value))
    found = [word.partition("^")[2] or word for word in bare if word]
    if any(not re.fullmatch(r"[UWS][A-Z0-9]{2,}", one) for one in found):
        raise ValueError("holds what is no id of a person or a user group")
    return tuple(dict.fromkeys(found))


# the environment is no JSON here, as pydantic-settings would take a list for
Ids = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_ids)]
Span = Annotated[timedelta, BeforeValidator(_span), Field(gt=timedelta(0))]
Secret = Annotated[SecretStr, BeforeValidator(stripped)]
