"""The error codes of a token server (RFC 6749, 5.2; RFC 8628, 3.5; OpenID Connect Core, 3.1.2.6) and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

CODE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,60}")
"""The characters of an error code (RFC 6749, A.7), in the length that codes have."""
LONGEST_DESCRIPTION = 300

TEMPORARY = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Codes that say no more than HTTP 503 does."""
AUTHORISE_ANEW = frozenset({"invalid_grant", "interaction_required", "login_required", "consent_required"})
CHECK_CLIENT = frozenset({"invalid_client", "unauthorized_client"})
NOT_AUTHORISED = "not_authorised"
"""Our own code: there is no refresh token yet, or only one for other settings."""
BAD_SETTINGS = "settings"
"""Our own code: a secret that the settings name cannot be read."""


def code_of(error: object, secrets: Iterable[str | None] = ()) -> str:
    """The error code, or ``unknown_error`` for what is none, or is one of ``secrets``."""
    known = isinstance(error, str) and CODE.fullmatch(error) and error not in secrets
    return str(error) if known else "unknown_error"


def description_of(text: object, secrets: Iterable[str | None]) -> str:
    """A server's description of an error on one short line, without any of ``secrets`` it may repeat."""
    said = text if isinstance(text, str) else ""
    for secret in secrets:
        if secret:
            said = said.replace(secret, "***")
    shown = " ".join("".join(c if c.isprintable() else " " for c in said[: 4 * LONGEST_DESCRIPTION]).split())
    return shown if len(shown) <= LONGEST_DESCRIPTION else f"{shown[:LONGEST_DESCRIPTION]}..."


def remedy(code: str, mailbox: str) -> str:
    """What an administrator does about an error code."""
    if code in AUTHORISE_ANEW or code == NOT_AUTHORISED:
        return authorise(mailbox)
    if code in CHECK_CLIENT:
        return f"Check client_id and the client secret in [mailboxes.oauth] of {mailbox}; secrets expire."
    if code == "invalid_scope":
        return f"Check scopes in [mailboxes.oauth] of {mailbox}."
    return f"Check [mailboxes.oauth] of {mailbox} (docs/settings.md)."


def authorise(mailbox: str) -> str:
    """The command that gets a new refresh token."""
    return f"Run: mailtriage mailboxes authorise {mailbox}"
