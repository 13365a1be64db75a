"""Write an agent's configuration so that an admin can read it: each key under what it means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.agent.config import AgentConfig, RelayConfig
from bot.agent.private import keep_private

HEAD = """\
# The Despool agent of this server. It looks and tells; it changes nothing on this machine.
# What is not allowed here, the bot cannot ask for. After a change: `despool agent config check`,
# then restart the agent.
"""
# written out although it is the default: the keys an admin is most likely to look for
_SHOWN = frozenset({"aliases", "roots", "maps", "logs", "events", "state", "key_file"})


def rendered(config: AgentConfig) -> str:
    """Return the TOML of a configuration, with a comment on every key."""
    tables = "".join([*_maps(config), *_relays(config)])
    return f"{HEAD}\n{''.join(_keys(config))}{tables}"


def _keys(config: AgentConfig) -> Iterator[str]:
    for key, field in AgentConfig.model_fields.items():
        if key in ("maps", "relays"):
            continue
        value = getattr(config, key)
        default = field.get_default(call_default_factory=True) if not field.is_required() else None
        off = "# " if value is None or (value == default and key not in _SHOWN) else ""
        shown = _value("" if value is None else value)
        yield f"# {field.description}\n{off}{key} = {shown}\n\n"


def _maps(config: AgentConfig) -> Iterator[str]:
    field = AgentConfig.model_fields["maps"]
    yield f"# {field.description}\n# 'E:\\SMS_PKGE' = \"/srv/sms_pkge\"\n[maps]\n"
    for path, place in config.maps.items():
        yield f"{_value(path)} = {_value(place)}\n"


def _relays(config: AgentConfig) -> Iterator[str]:
    yield f"\n# {AgentConfig.model_fields['relays'].description}\n"
    yield "# [relays.NT4DP]\n"
    for key, field in RelayConfig.model_fields.items():
        yield f"# {key}: {field.description}\n"
    for name, relay in config.relays.items():
        yield f"[relays.{_value(name)}]\n"
        for key in RelayConfig.model_fields:
            value = getattr(relay, key)
            if value is not None:
                yield f"{key} = {_value(value)}\n"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return _text(str(value))


def _text(value: str) -> str:
    """Quote a text as TOML; Windows paths stay readable in a literal one."""
    if "'" not in value and value.isprintable():
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_character(one) for one in escaped) + '"'


def _character(one: str) -> str:
    return one if one.isprintable() else f"\\U{ord(one):08x}"


def replace(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file that is whole at every moment, and where told so nobody else's to read."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644)
    with os.fdopen(number, "wb") as out:
        if private:
            keep_private(new)  # before there is anything in it
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)
