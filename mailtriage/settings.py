"""The settings: a TOML file, overridden by the environment; secrets come from files or from the environment."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from errors import MailtriageError
from intake.machine_mail.flood import Flood
from intake.mailbox import MailboxSettings
from intake.mailbox_settings import Authentication
from mailtriage.keys import kept_key
from mailtriage.oauth.table import OAuthTable

DEFAULT_FILE = "mailtriage.toml"
MEBIBYTE = 1024 * 1024
INBOX = "INBOX"


class SettingsError(MailtriageError):
    """The settings cannot be used: names the file, the key and what is allowed there."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MailboxTable(_Table):
    """``[[mailboxes]]``: one folder of one IMAP account, and the policy that decides its mail."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    policy: str
    host: str
    username: str
    password: SecretStr | None = None
    password_file: Path | None = None
    password_env: str | None = None
    authentication: Authentication = "login"
    oauth: OAuthTable | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: Path | None = None
    allow_plaintext: bool = False
    folder: str = INBOX
    folders: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    idle: bool = True
    acknowledge: Literal["seen", "move", "keyword", "none"] = "seen"
    move_to: str = "Processed"
    keyword: str = "$MailtriageRecorded"
    batch_size: int = Field(default=100, ge=1, le=5000)
    max_message_mb: int = Field(default=50, ge=1, le=1024)
    timeout_seconds: float = Field(default=60.0, gt=0)
    own_addresses: tuple[str, ...] = ()
    plus_addresses: bool = False
    trusted_authserv: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> MailboxTable:
        passwords = sum(given is not None for given in (self.password, self.password_file, self.password_env))
        if self.uses_tokens:
            if self.oauth is None:
                raise ValueError(f'authentication = "{self.authentication}" needs a [mailboxes.oauth] table')
            if passwords:
                raise ValueError(f'authentication = "{self.authentication}" uses no password; remove it')
        elif self.oauth is not None:
            raise ValueError('the oauth table needs authentication = "xoauth2" or "oauthbearer"')
        elif passwords != 1:
            raise ValueError("give exactly one of password_file, password_env and password")
        return self

    @model_validator(mode="after")
    def _folders_are_told_apart(self) -> MailboxTable:
        if self.folders and "folder" in self.model_fields_set:
            raise ValueError("give either folder or folders")
        names = [folder_key(name) for name in self.folders]
        if len(set(names)) != len(names):
            raise ValueError("folders: each folder once")
        read = {folder_key(one.folder) for one in self.each_folder()}
        if self.acknowledge == "move" and folder_key(self.move_to) in read:
            raise ValueError("move_to is a folder that is read; mails would be moved for ever")
        return self

    def each_folder(self) -> tuple[MailboxTable, ...]:
        """This mailbox once for each of its folders, with ``folder`` set to it."""
        if not self.folders:
            return (self,)
        return tuple(self.model_copy(update={"folder": folder, "folders": ()}) for folder in self.folders)

    @property
    def label(self) -> str:
        """How it is called in the log and in reports: by its name, and by its folder unless that is INBOX."""
        return self.name if folder_key(self.folder) == INBOX else f"{self.name}/{self.folder}"

    @property
    def uses_tokens(self) -> bool:
        """Whether it is signed in to with an access token, by XOAUTH2 or OAUTHBEARER (RFC 7628)."""
        return self.authentication in ("xoauth2", "oauthbearer")

    def session(self) -> MailboxSettings:
        """What :class:`intake.mailbox.Mailbox` is opened with; reads the password now.

        The access tokens of a mailbox that uses them are added by :meth:`mailtriage.office.Office.session`.
        """
        return MailboxSettings(
            name=self.name,
            host=self.host,
            username=self.username,
            password="" if self.uses_tokens else self._password(),
            authentication=self.authentication,
            port=self.port,
            tls=self.tls,
            ca_file=str(self.ca_file) if self.ca_file else None,
            allow_plaintext=self.allow_plaintext,
            folder=self.folder,
            idle=self.idle,
            acknowledge=self.acknowledge,
            move_to=self.move_to,
            keyword=self.keyword,
            batch_size=self.batch_size,
            max_message_bytes=self.max_message_mb * MEBIBYTE,
            timeout_seconds=self.timeout_seconds,
        )

    def _password(self) -> str:
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is not None:
            return read_secret(self.password_file, f"mailboxes.{self.name}.password_file")
        name = self.password_env or ""
        if name not in os.environ:
            raise SettingsError(
                f"mailbox {self.name}: set the environment variable {name} (password_env) to its password."
            )
        return os.environ[name]


class WebTable(_Table):
    """``[web]``: where the page listens. Set ``secure_cookies`` where it is reached over HTTPS."""

    host: str = "127.0.0.1"
    port: int = Field(default=8025, ge=0, le=65535)
    secure_cookies: bool = False
    threads: int = Field(default=8, ge=1, le=64)


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
    """``[retraining]``: when background work trains by itself (a cron line, UTC), from how many new labels on."""

    enabled: bool = True
    schedule: str = Field(default="0 3 * * *", pattern=r"^\S+ \S+ \S+ \S+ \S+$")
    minimum_new_labels: int = Field(default=20, ge=1)


class Settings(BaseSettings):
    """Everything an administrator sets; ``MAILTRIAGE_KEY`` and ``MAILTRIAGE_TABLE__KEY`` override each key."""

    model_config = SettingsConfigDict(
        env_prefix="MAILTRIAGE_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Path("mailtriage-data")
    database_url: str | None = None
    database_password_file: Path | None = None
    profile: Literal["standard", "lean"] = "standard"
    policies_dir: Path | None = None
    poll_seconds: float = Field(default=60.0, gt=0)
    mailboxes: tuple[MailboxTable, ...] = ()
    web: WebTable = WebTable()
    flood: FloodTable = FloodTable()
    retraining: RetrainingTable = RetrainingTable()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [mailbox.name for mailbox in self.mailboxes]
        if len(set(names)) != len(names):
            raise ValueError("two mailboxes have the same name")
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

    def each_folder(self) -> tuple[MailboxTable, ...]:
        """Every folder of every mailbox, each as a mailbox of its own."""
        return tuple(one for mailbox in self.mailboxes for one in mailbox.each_folder())

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

    def store_url(self) -> str:
        """The SQLAlchemy URL of the store, with the password from its file where one is set."""
        if self.database_url is None:
            return f"sqlite:///{(self.data_dir / 'mailtriage.db').absolute()}"
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


def folder_key(name: str) -> str:
    """A folder's name for comparing: INBOX is the same in any case (RFC 9051, 5.1)."""
    return INBOX if name.upper() == INBOX else name


def read_secret(path: Path, key: str) -> str:
    """The first line of a secret's file; :class:`SettingsError` names the key when it cannot be read or is empty."""
    try:
        secret = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SettingsError(f"{key}: cannot read {path} ({reason}).") from error
    if not secret:
        raise SettingsError(f"{key}: {path} is empty; put the password on its first line.")
    return secret


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
