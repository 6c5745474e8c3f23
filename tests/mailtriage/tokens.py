"""A keeper over the token server of the tests, with a clock that the test turns."""

from __future__ import annotations

from pathlib import Path

from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.oauth.table import OAuthTable
from mailtriage.oauth.token_endpoint import TokenEndpoint
from tests.servers.token_server import CLIENT_ID, CLIENT_SECRET, TokenServer

NOON = 1_800_000_000.0


class Clock:
    """Tells the time that the test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def table(server: TokenServer, folder: Path, **more: object) -> OAuthTable:
    """Settings for ``server``; ``refresh_token`` is written to a file that they name."""
    (folder / "client-secret").write_text(f"{CLIENT_SECRET}\n")
    fields: dict[str, object] = {
        "token_url": server.token_url, "client_id": CLIENT_ID, "client_secret_file": folder / "client-secret",
    }  # fmt: skip
    if (refresh_token := more.pop("refresh_token", None)) is not None:
        (folder / "refresh-token").write_text(f"{refresh_token}\n")
        fields["refresh_token_file"] = folder / "refresh-token"
    return OAuthTable.model_validate(fields | more)


def keeper(
    server: TokenServer, folder: Path, clock: Clock | None = None, *, timeout_seconds: float = 20.0, **more: object
) -> TokenKeeper:
    """A keeper for a mailbox called ``support``, its tokens in ``folder/tokens``."""
    endpoint = TokenEndpoint("support", table(server, folder, **more), timeout_seconds=timeout_seconds)
    return TokenKeeper(endpoint, folder / "tokens", clock=clock or Clock())
