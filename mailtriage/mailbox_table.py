"""``[[mailboxes]]``: where mail is read, as whom, and what is done with it there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from intake.mailbox_settings import Authentication, MailboxSettings
from mailtriage.oauth.table import OAuthTable
from mailtriage.secret_file import SettingsError, read_secret

INBOX = "INBOX"
MEBIBYTE = 1024 * 1024


class MailboxTable(BaseModel):
    """``[[mailboxes]]``: one folder of one IMAP account, and the policy that decides its mail."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    sent_folder: Annotated[str, Field(min_length=1)] | None = None
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
        names = [folder_key(name) for name in self.folders or (self.folder,)]
        if len(set(names)) != len(names):
            raise ValueError("folders: each folder once")
        if self.sent_folder is not None and folder_key(self.sent_folder) in names:
            raise ValueError("sent_folder holds our own mail; it is none of the folders that requests come to")
        read = {folder_key(one.folder) for one in self.each_folder()}
        if self.acknowledge == "move" and folder_key(self.move_to) in read:
            raise ValueError("move_to is a folder that is read; mails would be moved for ever")
        return self

    def each_folder(self) -> tuple[MailboxTable, ...]:
        """This mailbox once for each of its folders, with ``folder`` set to it; last that of sent mail, only read."""
        if self.is_sent(self.folder):
            return (self,)
        folders = self.folders or (self.folder,)
        read = [self if not self.folders else self._of(folder) for folder in folders]
        return (*read, self._of(self.sent_folder)) if self.sent_folder is not None else tuple(read)

    def _of(self, folder: str) -> MailboxTable:
        changes = {"folder": folder, "folders": ()} | ({"acknowledge": "none"} if self.is_sent(folder) else {})
        return self.model_copy(update=changes)

    def is_sent(self, folder: str) -> bool:
        """Whether that is the folder of our own sent mail."""
        return self.sent_folder is not None and folder_key(folder) == folder_key(self.sent_folder)

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


def folder_key(name: str) -> str:
    """A folder's name for comparing: INBOX is the same in any case (RFC 9051, 5.1)."""
    return INBOX if name.upper() == INBOX else name
