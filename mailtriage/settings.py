"""The settings: a TOML file, overridden by the environment; secrets come from files or from the environment."""

from __future__ import annotations

import os
import secrets
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from errors import MailtriageError
from intake.mailbox import MailboxSettings

DEFAULT_FILE = "mailtriage.toml"
MEBIBYTE = 1024 * 1024


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
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: Path | None = None
    allow_plaintext: bool = False
    folder: str = "INBOX"
    acknowledge: Literal["seen", "move", "keyword", "none"] = "seen"
    move_to: str = "Processed"
    keyword: str = "$MailtriageRecorded"
    batch_size: int = Field(default=100, ge=1, le=5000)
    max_message_mb: int = Field(default=50, ge=1, le=1024)
    timeout_seconds: float = Field(default=60.0, gt=0)
    own_addresses: tuple[str, ...] = ()
    trusted_authserv: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_password(self) -> MailboxTable:
        if sum(given is not None for given in (self.password, self.password_file, self.password_env)) != 1:
            raise ValueError("give exactly one of password_file, password_env and password")
        return self

    def session(self) -> MailboxSettings:
        """What :class:`intake.mailbox.Mailbox` is opened with; reads the password now."""
        return MailboxSettings(
            name=self.name,
            host=self.host,
            username=self.username,
            password=self._password(),
            port=self.port,
            tls=self.tls,
            ca_file=str(self.ca_file) if self.ca_file else None,
            allow_plaintext=self.allow_plaintext,
            folder=self.folder,
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
    retraining: RetrainingTable = RetrainingTable()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [mailbox.name for mailbox in self.mailboxes]
        if len(set(names)) != len(names):
            raise ValueError("two mailboxes have the same name")
        return self

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

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
        path = self.data_dir / "session.key"
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        except OSError as error:
            raise SettingsError(f"data_dir {self.data_dir}: cannot be written ({error.strerror}).") from error
        with os.fdopen(descriptor, "wb") as file:
            key = secrets.token_bytes(32)
            file.write(key)
        return key


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
