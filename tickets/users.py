"""People who sign in."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import StoreError
from tickets.rows import User
from tickets.schema import user_account
from tickets.stored import user_of


def create(connection: Connection, name: str, password_hash: str, role: str, *, actor: str) -> User:
    """A new user; raises :class:`StoreError` when the name is taken or empty."""
    name = name.strip()
    if not name or len(name) > 255:
        raise StoreError("A user needs a name of at most 255 characters.")
    if by_name(connection, name) is not None:
        raise StoreError(f"There is already a user {name!r}: choose another name.")
    connection.execute(insert(user_account).values(name=name, password_hash=password_hash, role=role))
    add(connection, [happening("user_added", {"name": name, "role": role}, actor=actor)])
    return next(user for user in every(connection) if user.name == name)


def set_password(connection: Connection, name: str, password_hash: str, *, actor: str) -> None:
    """Replaces a user's password hash; raises :class:`StoreError` when there is no such user."""
    changed = connection.execute(
        update(user_account).where(user_account.c.name == name).values(password_hash=password_hash)
    )
    if changed.rowcount == 0:
        raise StoreError(f"There is no user {name!r}.")
    add(connection, [happening("password_set", {"name": name}, actor=actor)])


def by_name(connection: Connection, name: str) -> User | None:
    row = connection.execute(select(user_account).where(user_account.c.name == name)).one_or_none()
    return None if row is None else user_of(row)


def by_id(connection: Connection, user_id: int) -> User | None:
    row = connection.execute(select(user_account).where(user_account.c.id == countable(user_id))).one_or_none()
    return None if row is None else user_of(row)


def every(connection: Connection) -> list[User]:
    """All users, by name."""
    return [user_of(row) for row in connection.execute(select(user_account).order_by(user_account.c.name))]
