"""``[mailboxes.oauth]``: where a mailbox's access tokens come from."""

from __future__ import annotations

import ipaddress
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

DEFAULT_TENANT = "common"
ENDPOINTS = ("token_url", "device_url", "authorisation_url")


class OAuthTable(BaseModel):
    """``[mailboxes.oauth]``: the token server by name or by URL, and how this program is known there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["google", "microsoft"] | None = None
    tenant: str = Field(default=DEFAULT_TENANT, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")
    token_url: str | None = None
    device_url: str | None = None
    authorisation_url: str | None = None
    client_id: str = Field(min_length=1, max_length=500)
    client_secret_file: Path | None = None
    client_secret_env: str | None = None
    client_authentication: Literal["post", "basic"] = "post"
    secret_expires: date | None = None
    scopes: tuple[str, ...] = ()
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    refresh_token_file: Path | None = None

    @field_validator(*ENDPOINTS)
    @classmethod
    def _is_safe(cls, url: str | None) -> str | None:
        if url is not None and not _is_safe_url(url):
            raise ValueError("must be an https:// address (http:// is for 127.0.0.1 and [::1] alone)")
        return url

    @model_validator(mode="after")
    def _is_complete(self) -> OAuthTable:
        if (self.provider is None) == (self.token_url is None):
            raise ValueError('give either provider ("google" or "microsoft") or token_url')
        if self.provider is not None and (self.device_url or self.authorisation_url):
            raise ValueError("device_url and authorisation_url go with token_url; a provider has its own")
        if self.client_secret_file is not None and self.client_secret_env is not None:
            raise ValueError("give one of client_secret_file and client_secret_env")
        if self.tenant != DEFAULT_TENANT and self.provider != "microsoft":
            raise ValueError('tenant goes with provider = "microsoft"')
        if self.grant == "client_credentials":
            self._can_act_for_itself()
        return self

    def _can_act_for_itself(self) -> None:
        if not self.has_secret:
            raise ValueError('grant = "client_credentials" needs client_secret_file or client_secret_env')
        if self.refresh_token_file is not None:
            raise ValueError('grant = "client_credentials" uses no refresh_token_file')
        if self.provider == "google":
            raise ValueError('grant = "client_credentials" is not offered by Google; use "refresh_token"')
        if self.provider == "microsoft" and self.tenant == DEFAULT_TENANT:
            raise ValueError('grant = "client_credentials" needs tenant, the directory that the mailbox belongs to')

    @property
    def has_secret(self) -> bool:
        """Whether the client has a secret; public clients (RFC 6749, 2.1) have none."""
        return self.client_secret_file is not None or self.client_secret_env is not None


def is_loopback_url(url: str) -> bool:
    """Whether ``url`` names this machine by a loopback address, where nobody can listen in between."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False


def _is_safe_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    if not named or parts.username is not None or parts.fragment or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback_url(url))
