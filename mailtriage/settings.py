"""The settings: a TOML file, overridden by the environment; secrets come from files or from the environment."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from classifier.encoder import default_folder
from classifier.encoder.building import built_file
from classifier.encoder.kind import Profile
from intake.machine_mail.flood import Flood
from mailtriage.deadlines_table import DeadlinesTable
from mailtriage.keys import kept_key
from mailtriage.mailbox_table import MailboxTable as MailboxTable
from mailtriage.mailbox_table import folder_key
from mailtriage.notifying.tables import SmtpTable, WebhookTable
from mailtriage.secret_file import SettingsError as SettingsError
from mailtriage.secret_file import read_secret
from tickets.audits import Sampling
from tickets.notifying.subscriptions import Subscriptions

DEFAULT_FILE = "mailtriage.toml"
WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebTable(_Table):
    """``[web]``: where the page listens. Set ``secure_cookies`` where it is reached over HTTPS."""

    host: str = "127.0.0.1"
    port: int = Field(default=8025, ge=0, le=65535)
    address: str | None = Field(default=None, max_length=500)
    """Where people reach the page, for links in notifications: no program knows that of itself."""
    secure_cookies: bool = False
    threads: int = Field(default=8, ge=1, le=64)

    @field_validator("address")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not WEB_ADDRESS.fullmatch(value):
            raise ValueError(f"{value!r} is not an address such as 'https://support.example.org/triage'")
        return value.rstrip("/")


class FloodTable(_Table):
    """``[flood]``: how many mails of one sender in how many minutes are taken; ``messages = 0`` takes any number."""

    messages: int = Field(default=30, ge=0)
    minutes: int = Field(default=10, ge=1, le=1440)
    exempt: tuple[str, ...] = ()

    def limit(self) -> Flood | None:
        """What the pipeline counts by; None where nothing is counted."""
        exempt = frozenset(address.strip().lower() for address in self.exempt)
        return Flood(self.messages, self.minutes, exempt) if self.messages else None


class RetrainingTable(_Table):
    """``[retraining]``: when background work trains by itself (a cron line, UTC), its bounds, and what is kept."""

    enabled: bool = True
    schedule: str = Field(default="0 3 * * *", pattern=r"^\S+ \S+ \S+ \S+ \S+$")
    minimum_new_labels: int = Field(default=20, ge=1)
    at_new_labels: int = Field(default=200, ge=0)
    """So many labels since the last run start one without waiting for the schedule; 0: never."""
    longest_minutes: float = Field(default=120, gt=0)
    memory_mb: int = Field(default=4096, ge=0)
    """What the process that trains may use; 0: whatever there is."""
    keep_versions: int = Field(default=10, ge=2)
    keep_days: int = Field(default=30, ge=0)


Share = Annotated[float, Field(ge=0, le=1)]


class AuditTable(_Table):
    """``[audit]``: which share of what is decided without a person is judged blind by one; of all policies, or of one.

    0 draws none.
    """

    share: Share = 0.02
    shares: dict[str, Share] = Field(default_factory=dict)

    def sampling(self, key: bytes) -> Sampling:
        """What the pipeline draws by."""
        return Sampling(self.share, self.shares, key)


class EncoderTable(_Table):
    """``[encoder]``: where the encoder of the full profile is kept, and how many MB of sentence vectors are."""

    folder: Path | None = None
    cache_mb: int = Field(default=500, ge=0)


def _best_profile(settings: dict[str, Any]) -> Profile:
    """The most accurate profile whose encoder is ready to be used."""
    encoder: EncoderTable = settings["encoder"]
    return "full" if built_file(encoder.folder or default_folder()).is_file() else "standard"


class Settings(BaseSettings):
    """Everything an administrator sets; ``MAILTRIAGE_KEY`` and ``MAILTRIAGE_TABLE__KEY`` override each key."""

    model_config = SettingsConfigDict(
        env_prefix="MAILTRIAGE_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Path("mailtriage-data")
    database_url: str | None = None
    database_password_file: Path | None = None
    encoder: EncoderTable = EncoderTable()
    profile: Profile = Field(default_factory=_best_profile)
    policies_dir: Path | None = None
    poll_seconds: float = Field(default=60.0, gt=0)
    mailboxes: tuple[MailboxTable, ...] = ()
    web: WebTable = WebTable()
    flood: FloodTable = FloodTable()
    retraining: RetrainingTable = RetrainingTable()
    audit: AuditTable = AuditTable()
    deadlines: DeadlinesTable = DeadlinesTable()
    smtp: SmtpTable | None = None
    webhooks: tuple[WebhookTable, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [mailbox.name for mailbox in self.mailboxes]
        if len(set(names)) != len(names):
            raise ValueError("two mailboxes have the same name")
        return self

    @model_validator(mode="after")
    def _webhooks_are_told_apart(self) -> Settings:
        names = [webhook.name for webhook in self.webhooks]
        if len(set(names)) != len(names):
            raise ValueError("two webhooks have the same name")
        return self

    @model_validator(mode="after")
    def _no_folder_is_read_twice(self) -> Settings:
        read: dict[tuple[str, str, str], str] = {}
        for one in self.each_folder():
            place = (one.host.lower(), one.username, folder_key(one.folder))
            other = read.setdefault(place, one.name)
            if other != one.name:
                raise ValueError(f"mailboxes {other} and {one.name} read the same folder {one.folder} of one account")
        return self

    def mailbox(self, name: str) -> MailboxTable:
        """The mailbox of that name; raises :class:`SettingsError`, which names those that there are."""
        for table in self.mailboxes:
            if table.name == name:
                return table
        names = ", ".join(table.name for table in self.mailboxes) or "none"
        raise SettingsError(f"There is no mailbox {name!r} in the settings; there are: {names}.")

    def subscriptions(self) -> Subscriptions:
        """Who is told of which events."""
        mail = self.smtp.subscriptions() if self.smtp else ()
        return Subscriptions.of((*mail, *(webhook.subscription() for webhook in self.webhooks)))

    def each_folder(self) -> tuple[MailboxTable, ...]:
        """Every folder of every mailbox, each as a mailbox of its own."""
        return tuple(one for mailbox in self.mailboxes for one in mailbox.each_folder())

    def own_addresses(self, policy: str) -> tuple[str, ...]:
        """Every address that the mailboxes of a policy name as their own."""
        own = (address for mailbox in self.mailboxes if mailbox.policy == policy for address in mailbox.own_addresses)
        return tuple(dict.fromkeys(own))

    def addresses_of(self, policy: str) -> list[str]:
        """The addresses that the mailboxes of a policy name as their own, the first of each mailbox."""
        own = [mailbox.own_addresses[:1] for mailbox in self.mailboxes if mailbox.policy == policy]
        return list(dict.fromkeys(address for first in own for address in first))

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def tokens_dir(self) -> Path:
        return self.data_dir / "tokens"

    def database_file(self) -> Path:
        """Where the store is while ``database_url`` names no other."""
        return self.data_dir / "mailtriage.db"

    def store_url(self) -> str:
        """The SQLAlchemy URL of the store, with the password from its file where one is set."""
        if self.database_url is None:
            return f"sqlite:///{self.database_file().absolute()}"
        if self.database_password_file is None:
            return self.database_url
        scheme, separator, rest = self.database_url.partition("://")
        user, at, host = rest.rpartition("@")
        if not (separator and at) or ":" in user:
            raise SettingsError(
                "database_url: with database_password_file, write scheme://user@host/name, no password."
            )
        password = read_secret(self.database_password_file, "database_password_file")
        return f"{scheme}://{user}:{quote(password, safe='')}@{host}"

    def web_secret(self) -> bytes:
        """The key that signs sessions: made once, kept in the data folder, readable by its owner alone."""
        return kept_key(self.data_dir / "session.key")

    def reference_key(self) -> bytes:
        """The key that signs ticket numbers in mails, made likewise; who shares a store needs the same one."""
        return kept_key(self.data_dir / "reference.key")


def load(path: Path | None = None, **overrides: Any) -> Settings:
    """The settings of ``path`` (default: ``mailtriage.toml`` here, when there is one) and the environment.

    ``overrides`` (a command line's options) come before both. Raises :class:`SettingsError`.
    """
    file = path or Path(DEFAULT_FILE)
    if path is not None and not path.is_file():
        raise SettingsError(f"{path}: no such settings file; docs/settings.md has one to start from.")

    class _Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    try:
        return _Loaded(**{key: value for key, value in overrides.items() if value is not None})
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not valid TOML: {error}.") from error
    except ValidationError as error:
        raise SettingsError(f"{file if file.is_file() else 'settings'}: {_explain(error)}") from error
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}).") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"]) or "the file"
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "no such setting; docs/settings.md lists them"
        lines.append(f"{key}: {message}")
    return "; ".join(lines) + "."
