"""The one place that talks to a token server: Authlib over requests, every answer bounded and every fault named."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from requests import HTTPError, RequestException
from requests.exceptions import InvalidJSONError

from mailtriage.oauth.answer import BadAnswer, Busy, bounded
from mailtriage.oauth.device_code import DeviceCode
from mailtriage.oauth.error_words import BAD_SETTINGS, TEMPORARY, code_of, description_of
from mailtriage.oauth.faults import TokenRefused, TokenServerUnavailable
from mailtriage.oauth.grant import Grant, NotAGrant
from mailtriage.oauth.provider import provider_of
from mailtriage.oauth.table import OAuthTable, is_loopback_url
from mailtriage.secret_file import SettingsError, read_secret

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628, 3.4
STILL_WAITING = frozenset({"authorization_pending", "slow_down"})  # RFC 8628, 3.5


class TokenEndpoint:
    """The token server of one mailbox; its verbs are one request each, with the client's secret read anew.

    They return a :class:`~mailtriage.oauth.grant.Grant` or raise
    :class:`~mailtriage.oauth.faults.TokenRefused` or :class:`~mailtriage.oauth.faults.TokenServerUnavailable`.
    """

    def __init__(self, mailbox: str, table: OAuthTable, *, timeout_seconds: float = ANSWER_SECONDS) -> None:
        self.mailbox = mailbox
        self.table = table
        self.provider = provider_of(table)
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), min(ANSWER_SECONDS, timeout_seconds))

    def refresh(self, refresh_token: str) -> Grant:
        """A new access token, and a new refresh token where the server rotates them (RFC 6749, 6)."""
        with self._asking(refresh_token) as session:
            return Grant.of(
                session.refresh_token(self.provider.token_url, refresh_token=refresh_token, **self._bounds())
            )

    def for_itself(self) -> Grant:
        """An access token for the client itself (client credentials: RFC 6749, 4.4)."""
        with self._asking() as session:
            return Grant.of(
                session.fetch_token(self.provider.token_url, grant_type="client_credentials", **self._bounds())
            )

    def device_code(self) -> DeviceCode:
        """A code for a person to type in on any device (RFC 8628, 3.2)."""
        with self._asking() as session:
            answer = session.post(
                self.provider.device_url,
                data={"scope": " ".join(self.provider.scopes)},
                auth=session.client_auth(session.token_endpoint_auth_method),
                withhold_token=True,
                **self._bounds(),
            ).json()
            if isinstance(answer, dict) and "error" in answer:
                raise OAuthError(answer["error"], answer.get("error_description"))
            return DeviceCode.of(answer)

    def of_device(self, code: DeviceCode) -> Grant | str:
        """The grant once the person has agreed; before that, ``authorization_pending`` or ``slow_down``."""
        with self._asking(code.device_code) as session:
            try:
                answer = session.fetch_token(
                    self.provider.token_url,
                    grant_type=DEVICE_CODE_GRANT,
                    device_code=code.device_code,
                    **self._bounds(),
                )
            except OAuthError as error:
                if error.error in STILL_WAITING:
                    return str(error.error)
                raise
            return Grant.of(answer)

    def authorisation_page(self, redirect_uri: str, state: str, verifier: str, username: str) -> str:
        """The address where a person agrees in a browser; the answer comes to ``redirect_uri`` (RFC 7636, 4.3)."""
        with self._asking() as session:
            address, _ = session.create_authorization_url(
                self.provider.authorisation_url,
                state=state,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
                login_hint=username,
                **self.provider.asking,
            )
            return str(address)

    def of_redirect(self, address: str, redirect_uri: str, state: str, verifier: str) -> Grant:
        """The grant for the code in the ``address`` that the browser was sent to (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
        with self._asking(verifier) as session:
            return Grant.of(
                session.fetch_token(
                    self.provider.token_url,
                    authorization_response=address,
                    redirect_uri=redirect_uri,
                    state=state,
                    code_verifier=verifier,
                    **self._bounds(),
                )
            )

    def _bounds(self) -> Mapping[str, Any]:
        return {"allow_redirects": False, "timeout": self._timeout}

    @contextmanager
    def _asking(self, *also_secret: str) -> Iterator[OAuth2Session]:
        """A session with the token server; what goes wrong in it is raised in the program's own words."""
        secret = self._client_secret()
        server = urlsplit(self.provider.token_url).hostname
        try:
            with OAuth2Session(
                self.table.client_id,
                secret,
                token_endpoint_auth_method=f"client_secret_{self.table.client_authentication}" if secret else "none",
                scope=" ".join(self.provider.scopes) or None,
                code_challenge_method="S256",
                hooks={"response": [bounded]},
                trust_env=not is_loopback_url(self.provider.token_url),
            ) as session:
                yield session
        except AuthlibBaseError as error:
            code = code_of(error.error, (secret, *also_secret))
            said = description_of(error.description, (secret, *also_secret))
            says = f"{server} gives no token ({code}{': ' if said else ''}{said})"
            if code in TEMPORARY:
                raise TokenServerUnavailable(self.mailbox, code, says) from None
            raise TokenRefused(self.mailbox, code, says) from None
        except BadAnswer as error:
            wait = error.retry_after if isinstance(error, Busy) else 0.0
            raise TokenServerUnavailable(self.mailbox, error.code, f"{server} gives no token ({error})", wait) from None
        except RequestException as error:
            code, what = _unreachable(error)
            raise TokenServerUnavailable(self.mailbox, code, f"the token server {server} {what}") from None
        except NotAGrant as error:
            raise TokenServerUnavailable(
                self.mailbox, "bad_answer", f"{server} answers what is no grant of a token ({error})"
            ) from None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            # What json, requests and Authlib do with an answer that is not one: its text may hold tokens.
            raise TokenServerUnavailable(
                self.mailbox, "bad_answer", f"{server} answers what is no JSON object ({type(error).__name__})"
            ) from None

    def _client_secret(self) -> str | None:
        table = self.table
        key = f"mailboxes.{self.mailbox}.oauth.client_secret"
        if table.client_secret_file is not None:
            return self._read(table.client_secret_file, f"{key}_file")
        if table.client_secret_env is not None:
            secret = os.environ.get(table.client_secret_env)
            if not secret:
                raise TokenRefused(
                    self.mailbox, BAD_SETTINGS, f"the environment has no {table.client_secret_env} ({key}_env)"
                )
            return secret
        return None

    def first_refresh_token(self) -> str | None:
        """The refresh token in ``refresh_token_file``; None where the settings name no such file."""
        file = self.table.refresh_token_file
        return self._read(file, f"mailboxes.{self.mailbox}.oauth.refresh_token_file") if file is not None else None

    def _read(self, file: Path, key: str) -> str:
        try:
            return read_secret(file, key)
        except SettingsError as error:
            raise TokenRefused(self.mailbox, BAD_SETTINGS, str(error).rstrip(".")) from error


def _unreachable(error: RequestException) -> tuple[str, str]:
    """A code and the words for a question that got no answer; requests' own text names the whole URL."""
    kind = type(error).__name__
    if isinstance(error, HTTPError) and error.response is not None:
        return f"http_{error.response.status_code}", f"answers HTTP {error.response.status_code} and no more"
    if isinstance(error, InvalidJSONError):
        return "bad_answer", "answers what is no JSON"
    if "Timeout" in kind:
        return "timeout", "does not answer in time"
    if "SSL" in kind:
        return "tls", "shows no certificate that is accepted"
    return "unreachable", f"cannot be reached ({kind})"
