"""The store's part on the tokens of the REST API."""

from __future__ import annotations

from tickets import api_tokens
from tickets.api_tokens import ApiToken
from tickets.connected import Connected
from tickets.connections import reading
from tickets.rows import User


class TokenBook(Connected):
    """Tokens: made, revoked, listed; and whose one is."""

    def add_token(self, user: str, name: str, *, actor: str) -> tuple[ApiToken, str]:
        """A new token, and its text, which is shown once and kept nowhere."""
        return self._write(lambda c: api_tokens.create(c, user, name, actor=actor))

    def revoke_token(self, token_id: int, *, actor: str) -> ApiToken:
        """Makes a token good for nothing."""
        return self._write(lambda c: api_tokens.revoke(c, token_id, actor=actor))

    def tokens(self) -> list[ApiToken]:
        """All tokens, the oldest first, those revoked included."""
        with reading(self._engine) as connection:
            return api_tokens.every(connection)

    def token_owner(self, text: str) -> User | None:
        """The user whose token this is; None when it is nobody's, or revoked."""
        with reading(self._engine) as connection:
            return api_tokens.owner(connection, text)
