"""Every environment variable that Despool reads, what it means and how to repair it."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import SettingsError
from bot.repairs import SLACK_API_URL, sentence
from bot.spelling import Ids, Secret, Span, database_address, folder, shaped, stripped, web_address


class Settings(BaseModel):
    """What Despool was told by its environment; secrets never show in its text."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True
    )

    slack_bot_token: Annotated[Secret, shaped(r"xoxb-[!-~]+", "a bot token")] = Field(
        alias="SLACK_BOT_TOKEN", description="The bot token of the Slack app, xoxb-…; required."
    )
    slack_app_token: Annotated[Secret | None, shaped(r"xapp-[!-~]+", "an app-level token")] = Field(
        default=None,
        alias="SLACK_APP_TOKEN",
        description="The app-level token, xapp-…; when set, events arrive over Socket Mode.",
    )
    slack_signing_secret: Annotated[
        Secret | None, shaped(r"(?!xox|xapp)[!-~]+", "a signing secret")
    ] = Field(
        default=None,
        alias="SLACK_SIGNING_SECRET",
        description="Proves that an HTTP request comes from Slack; required in HTTP mode only.",
    )
    slack_api_url: Annotated[str, BeforeValidator(stripped), AfterValidator(web_address)] = Field(
        default=SLACK_API_URL,
        alias="DESPOOL_SLACK_API_URL",
        description="Where the Slack Web API is; change it only to use a stand-in workspace.",
    )
    host: Annotated[str, BeforeValidator(stripped)] = Field(
        default="127.0.0.1",
        min_length=1,
        alias="DESPOOL_HOST",
        description="The address to listen on, for health checks and for events over HTTP.",
    )
    port: int = Field(
        default=3000, ge=0, le=65535, alias="PORT", description="The port to listen on."
    )
    data_dir: Annotated[Path, AfterValidator(folder)] = Field(
        default_factory=lambda: platformdirs.user_data_path("despool", appauthor=False),
        alias="DESPOOL_DATA_DIR",
        description="The folder that holds the bot's state.",
    )
    database: Annotated[Secret | None, AfterValidator(database_address)] = Field(
        default=None,
        validation_alias=AliasChoices("DESPOOL_DATABASE_URL", "DATABASE_URL"),
        description="The database of incidents; SQLite in the data folder when left out. "
        "DATABASE_URL is read when this is not set.",
    )
    incident_window: Span = Field(
        default=timedelta(hours=24),
        alias="DESPOOL_INCIDENT_WINDOW",
        description="How long after its last evidence an incident takes more, such as 24h or 90m.",
    )
    retention: Span = Field(
        default=timedelta(days=90),
        alias="DESPOOL_RETENTION",
        description="How long incidents and their evidence are kept, such as 90d.",
    )
    alert_channel: Annotated[str | None, BeforeValidator(stripped)] = Field(
        default=None,
        pattern=r"^[CG][A-Z0-9]{2,}$",
        alias="DESPOOL_ALERT_CHANNEL",
        description="The id of the channel in which alerts of agents get their thread.",
    )
    admins: Ids = Field(
        default=(),
        alias="DESPOOL_ADMINS",
        description="Who may add and revoke agents from Slack: ids of people and user groups.",
    )
    allowed_users: Ids = Field(
        default=(),
        alias="DESPOOL_ALLOWED_USERS",
        description="Who may have servers looked at: ids of people and user groups; left out, "
        "all full members.",
    )
    public_url: Annotated[str | None, BeforeValidator(stripped), AfterValidator(web_address)] = (
        Field(
            default=None,
            alias="DESPOOL_PUBLIC_URL",
            description="The address under which Slack and agents reach this bot from outside.",
        )
    )
    tls_cert: Path | None = Field(
        default=None,
        alias="DESPOOL_TLS_CERT",
        description="The PEM file of the certificate; when set, the bot serves https.",
    )
    tls_key: Path | None = Field(
        default=None,
        alias="DESPOOL_TLS_KEY",
        description="The PEM file of the certificate's private key.",
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(lambda value: stripped(value).upper() if value else value),
    ] = Field(
        default="INFO",
        alias="DESPOOL_LOG_LEVEL",
        description="How much to log: DEBUG, INFO, WARNING or ERROR.",
    )
    log_format: Annotated[
        Literal["auto", "console", "json"],
        BeforeValidator(lambda value: stripped(value).lower() if value else value),
    ] = Field(
        default="auto",
        alias="DESPOOL_LOG_FORMAT",
        description="How to log: console, json, or auto, which is console on a terminal.",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.slack_app_token is None and self.slack_signing_secret is None:
            raise SettingsError(sentence("SLACK_SIGNING_SECRET", "is not set"))
        if (self.tls_cert is None) != (self.tls_key is None):
            absent = "DESPOOL_TLS_KEY" if self.tls_key is None else "DESPOOL_TLS_CERT"
            raise SettingsError(sentence(absent, "is not set, its counterpart is"))
        self.tls_context()
        return self

    @property
    def socket_mode(self) -> bool:
        """Tell whether events arrive over Socket Mode."""
        return self.slack_app_token is not None

    @property
    def database_url(self) -> SecretStr:
        """Return the database to use, as SQLAlchemy writes addresses."""
        return _database_url(self.database, self.data_dir)

    def tls_context(self) -> ssl.SSLContext | None:
        """Load the certificate to serve with; None where plain HTTP was asked for."""
        if self.tls_cert is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # an empty password keeps OpenSSL from asking for one on the terminal
            context.load_cert_chain(self.tls_cert, self.tls_key, password="")
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or "not a certificate with its key"
            fault = f"({self.tls_cert}) cannot be used: {reason}"
            raise SettingsError(sentence("DESPOOL_TLS_CERT", fault)) from None
        return context


class _Environment(Settings, BaseSettings):
    """The same settings, read from the environment and from .env in the working folder."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )


class _Some(BaseSettings):
    """The base of a few of the settings, for commands that need no Slack."""

    model_config = _Environment.model_config


def load_kept() -> tuple[Path, str]:
    """Read where the bot keeps its state: the data folder, and the address of the database."""
    names = ("data_dir", "database")
    fields = {name: (field.annotation, field) for name, field in _fields().items() if name in names}
    try:
        found: Any = create_model("Kept", __base__=_Some, **fields)()  # type: ignore[call-overload]
    except ValidationError as error:
        raise SettingsError("\n".join(_faults(error))) from None
    return found.data_dir, _database_url(found.database, found.data_dir).get_secret_value()


def _database_url(database: SecretStr | None, folder: Path) -> SecretStr:
    return database or SecretStr(f"sqlite:///{folder / 'despool.db'}")


def variables() -> dict[str, str]:
    """Return each variable's name with its description, in the order to read them in."""
    return {_variable(name): field.description or "" for name, field in _fields().items()}


def load() -> Settings:
    """Read the settings, or raise SettingsError naming the first variable that is wrong."""
    try:
        return _Environment()  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError("\n".join(_faults(error))) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not UTF-8 text. Save it as UTF-8.") from None


def _fields() -> dict[str, Any]:
    return dict(Settings.model_fields)


def _variable(name: str) -> str:
    field = Settings.model_fields[name]
    alias = field.validation_alias
    return str(alias.choices[0] if isinstance(alias, AliasChoices) else alias)


def _faults(error: ValidationError) -> list[str]:
    # the texts of pydantic may quote the value, and the value may be a token
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]) if fault["loc"] else ""
        name = _variable(name) if name in Settings.model_fields else name
        name = "DESPOOL_DATABASE_URL" if name == "DATABASE_URL" else name
        faults.append(sentence(name, _reason(fault)))
    return faults


def _reason(fault: Any) -> str:
    if fault["type"] == "missing":
        return "is not set"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return "has a value that cannot be used"
