"""The endpoints of a token server: those of Google and Microsoft by name, any other by URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailtriage.oauth.table import OAuthTable

MICROSOFT = "https://login.microsoftonline.com"
MICROSOFT_MAIL = "https://outlook.office365.com/IMAP.AccessAsUser.All"
MICROSOFT_MAIL_FOR_APPLICATIONS = "https://outlook.office365.com/.default"
GOOGLE_MAIL = "https://mail.google.com/"
OFFLINE_ACCESS = "offline_access"
"""The scope that asks for a refresh token (OpenID Connect Core, 11)."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Where tokens come from. ``device_url`` is RFC 8628's endpoint, ``authorisation_url`` that of RFC 6749, 3.1.

    ``redirect_host`` is the loopback name that the provider lets native programs register (RFC 8252, 7.3).
    ``asking`` are parameters that its authorisation page needs to hand out a refresh token.
    """

    name: str
    token_url: str
    scopes: tuple[str, ...]
    device_url: str | None = None
    authorisation_url: str | None = None
    redirect_host: str = "127.0.0.1"
    asking: Mapping[str, str] = field(default_factory=dict)


def provider_of(table: OAuthTable) -> Provider:
    """The token server that the settings name, with the scopes they ask for or, without any, those for IMAP."""
    if table.provider == "google":
        # Google's device endpoint does not hand out its mail scope, so only the browser is left.
        return Provider(
            name="Google",
            token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
            scopes=table.scopes or (GOOGLE_MAIL,),
            authorisation_url="https://accounts.google.com/o/oauth2/v2/auth",
            asking={"access_type": "offline", "prompt": "consent"},
        )
    if table.provider == "microsoft":
        base = f"{MICROSOFT}/{table.tenant}/oauth2/v2.0"
        for_itself = table.grant == "client_credentials"
        usual = (MICROSOFT_MAIL_FOR_APPLICATIONS,) if for_itself else (MICROSOFT_MAIL, OFFLINE_ACCESS)
        return Provider(
            name="Microsoft",
            token_url=f"{base}/token",
            scopes=table.scopes or usual,
            device_url=f"{base}/devicecode",
            authorisation_url=f"{base}/authorize",
            redirect_host="localhost",
        )
    return Provider(
        name="the token server",
        token_url=table.token_url or "",
        scopes=table.scopes,
        device_url=table.device_url,
        authorisation_url=table.authorisation_url,
    )
