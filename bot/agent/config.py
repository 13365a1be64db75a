"""The agent's configuration: what an admin of the server allows; the bot cannot widen it."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.agent.names import PathRefused, taken_apart
from bot.errors import DespoolError
from bot.wire.address import AddressRefused, canonical

Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\\/\s\x00-\x1f]+$")]


class AgentConfigError(DespoolError):
    """The agent's configuration is missing or wrong; the text names the key."""


def _address(value: str) -> str:
    try:
        return canonical(value)
    except AddressRefused as error:
        raise ValueError(str(error)) from None


def _whole(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError(f"{value} is not written from the root of the file system")
    return value


def _maps(value: dict[str, Path]) -> dict[str, Path]:
    for path in value:
        try:
            written = taken_apart(path)
        except PathRefused:
            raise ValueError(
                f"{path} is no path as a log writes it, such as E:\\SMS_PKGE"
            ) from None
        if written.style == "posix":
            raise ValueError(f"{path} is a path of this machine already, and needs no map")
    return value


Whole = Annotated[Path, AfterValidator(_whole)]


class RelayConfig(BaseModel):
    """One server that this agent asks over SMB, because it can have no agent of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Whole = Field(description="The file of mode 0600 with username, password, domain.")
    shares: tuple[Name, ...] = Field(description="The shares whose files may be asked about.")
    address: str | None = Field(default=None, description="Where it is, if not under its name.")
    port: int = Field(default=445, ge=1, le=65535, description="Its port of SMB.")
    smb1: bool = Field(default=False, description="Speak SMB 1, which NT 4 alone needs.")


class AgentConfig(BaseModel):
    """What an agent may do and where; every path in it is local."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="What the bot calls this server; given by the invitation.")
    agent: str = Field(
        pattern=r"^[A-Za-z0-9_-]{8,64}$", description="The number under which the bot knows it."
    )
    bot: Annotated[str, AfterValidator(_address)] = Field(
        description="Where the bot is reached; https, except on this machine itself."
    )
    ca_file: Path | None = Field(
        default=None, description="The certificate of a private authority, in PEM."
    )
    key_file: Path = Field(
        default=Path("agent.key"), description="The private key; it never leaves this server."
    )
    state: Path = Field(
        default=Path(), description="The folder for what changes while the agent runs."
    )
    audit_file: Path = Field(
        default=Path("audit.jsonl"), description="Who asked what, in the state folder."
    )
    aliases: tuple[Name, ...] = Field(
        default=(), description="Other names of this server, as people and logs write them."
    )
    roots: tuple[Whole, ...] = Field(
        default=(), description="The folders whose files may be asked about, and no others."
    )
    maps: Annotated[dict[str, Whole], AfterValidator(_maps)] = Field(
        default_factory=dict, description="Where a path of the log lies on this machine."
    )
    relays: dict[Name, RelayConfig] = Field(
        default_factory=dict,
        description="Servers without an agent, which are asked over SMB from here.",
    )
    logs: tuple[Whole, ...] = Field(
        default=(), description="The logs that are followed and may be read, such as Despool.log."
    )
    events: tuple[str, ...] = Field(
        default=(),
        description="Event logs: Application on Windows, or the path of an .evt or .evtx file.",
    )
    probes_per_second: float = Field(
        default=5, gt=0, le=50, description="How many looks the bot may ask for in a second."
    )
    deadline: float = Field(default=5, gt=0, le=60, description="Seconds that one look may take.")
    buffer_pushes: int = Field(
        default=2000,
        ge=1,
        le=1_000_000,
        description="How many reports are kept while the bot is away.",
    )
    buffer_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=65536,
        description="How many bytes of them; the oldest go first.",
    )

    @model_validator(mode="before")
    @classmethod
    def _beside(cls, value: Any, info: Any) -> Any:
        """Take relative paths from the folder of the configuration."""
        folder = (info.context or {}).get("folder")
        if folder is None or not isinstance(value, dict):
            return value
        value = {"state": "", "key_file": "agent.key", **value}
        for key in ("ca_file", "key_file", "state"):
            if isinstance(value.get(key), str):
                value[key] = folder / value[key]
        return value

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.bot.startswith("http:") and self.ca_file is not None:
            raise ValueError("ca_file is of no use where bot is not https")
        return self

    @property
    def audit(self) -> Path:
        """Return where the audit is written."""
        return self.state / self.audit_file

    def tls_context(self) -> ssl.SSLContext | None:
        """Return what the bot's certificate is checked with; None where nothing is encrypted."""
        return tls_context(self.bot, self.ca_file)


def tls_context(address: str, ca_file: Path | None) -> ssl.SSLContext | None:
    """Return what the certificate of an address is checked with, or None where it has none."""
    if not address.startswith("https:"):
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or "no certificate in PEM"
        raise AgentConfigError(f"ca_file ({ca_file}) cannot be used: {reason}.") from None


def load(path: Path) -> AgentConfig:
    """Read a configuration, or raise AgentConfigError naming the key that is wrong."""
    path = path.absolute()
    try:
        held = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise AgentConfigError(
            f"There is no configuration at {path}. `despool agent enroll` writes one; "
            "--config names another place."
        ) from None
    except OSError as error:
        raise AgentConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise AgentConfigError(f"{path} is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise AgentConfigError(f"{path} is not TOML: {error}.") from None
    try:
        return AgentConfig.model_validate(held, context={"folder": path.parent})
    except ValidationError as error:
        raise AgentConfigError("\n".join(f"{path}: {fault}" for fault in _faults(error))) from None


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_input=False, include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            yield f"{key} is no key of this configuration."
        elif fault["type"] == "missing":
            yield f"{key} is missing."
        else:
            reason = str(fault.get("ctx", {}).get("error") or fault["msg"])
            yield f"{key}: {reason.removesuffix('.')}." if key else f"{reason}."
