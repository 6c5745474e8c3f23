"""The store's part on the people who sign in."""

from __future__ import annotations

from tickets import users
from tickets.connected import Connected
from tickets.connections import reading
from tickets.rows import User


class UserBook(Connected):
    """Users: added, found, listed."""

    def add_user(self, name: str, password_hash: str, role: str, *, actor: str) -> User:
        """Raises :class:`StoreError` when the name is taken."""
        return self._write(lambda c: users.create(c, name, password_hash, role, actor=actor))

    def set_password(self, name: str, password_hash: str, *, actor: str) -> None:
        """Gives a user another password; raises :class:`StoreError` when there is no such user."""
        self._write(lambda c: users.set_password(c, name, password_hash, actor=actor))

    def user(self, name: str) -> User | None:
        """The user of that name; None when there is none."""
        with reading(self._engine) as connection:
            return users.by_name(connection, name)

    def user_by_id(self, user_id: int) -> User | None:
        """The user of that id; None when there is none."""
        with reading(self._engine) as connection:
            return users.by_id(connection, user_id)

    def users(self) -> list[User]:
        """All users, by name."""
        with reading(self._engine) as connection:
            return users.every(connection)
