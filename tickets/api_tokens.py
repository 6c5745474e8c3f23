"""Bearer tokens of the REST API: shown once, kept as their SHA-256."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import StoreError
from tickets.rows import User
from tickets.schema import api_token, user_account
from tickets.stored import user_of
from tickets.users import by_name

PREFIX = "mailtriage_"
"""By it a token is recognised where it should not be, in a log or a repository."""

TOKEN_BYTES = 32
LONGEST_TOKEN = 200
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token without its secret: whose it is, what for, and until when it was good."""

    id: int
    user: str
    name: str
    created_at: datetime
    revoked_at: datetime | None


def create(connection: Connection, user: str, name: str, *, actor: str) -> tuple[ApiToken, str]:
    """A new token of a user, and its text, which is kept nowhere; raises :class:`StoreError` for an unknown user."""
    found, name = by_name(connection, user), name.strip()
    if found is None:
        raise StoreError(f"There is no user {user!r}: add one with `mailtriage users add`.")
    if not name or len(name) > LONGEST_NAME:
        raise StoreError(f"A token needs a name of at most {LONGEST_NAME} characters that says what it is for.")
    text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = {"user_id": found.id, "name": name, "digest": digest(text), "created_at": datetime.now(UTC)}
    token_id = connection.scalars(insert(api_token).values(row).returning(api_token.c.id)).one()
    add(connection, [happening("token_added", {"token": token_id, "user": found.name, "name": name}, actor=actor)])
    return _one(connection, token_id), text


def revoke(connection: Connection, token_id: int, *, actor: str) -> ApiToken:
    """Makes a token good for nothing; raises :class:`StoreError` when there is none or it is so already."""
    changed = connection.execute(
        update(api_token)
        .where(api_token.c.id == countable(token_id), api_token.c.revoked_at.is_(None))
        .values(revoked_at=datetime.now(UTC))
    )
    if changed.rowcount == 0:
        raise StoreError(f"There is no token {token_id} in use; see `mailtriage tokens list`.")
    token = _one(connection, token_id)
    add(connection, [happening("token_revoked", {"token": token_id, "user": token.user}, actor=actor)])
    return token


def owner(connection: Connection, text: str) -> User | None:
    """The user whose token this is; None when it is nobody's, or revoked."""
    if not text.startswith(PREFIX) or len(text) > LONGEST_TOKEN:
        return None
    query = (
        select(user_account)
        .join(api_token, api_token.c.user_id == user_account.c.id)
        .where(api_token.c.digest == digest(text), api_token.c.revoked_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else user_of(row)


def every(connection: Connection) -> list[ApiToken]:
    """All tokens, the oldest first, those revoked included."""
    return [_token_of(row) for row in connection.execute(_tokens().order_by(api_token.c.id))]


def digest(text: str) -> str:
    """What is kept of a token: it has 256 random bits, so that a plain hash cannot be guessed back."""
    return sha256(text.encode()).hexdigest()


def _tokens() -> Any:
    return select(api_token, user_account.c.name.label("user")).join(
        user_account, api_token.c.user_id == user_account.c.id
    )


def _one(connection: Connection, token_id: int) -> ApiToken:
    return _token_of(connection.execute(_tokens().where(api_token.c.id == token_id)).one())


def _token_of(row: Row[Any]) -> ApiToken:
    return ApiToken(row.id, row.user, row.name, row.created_at, row.revoked_at)
