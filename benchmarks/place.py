"""The servers a benchmark runs against, and the settings of a mailtriage that uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import dovecot as dovecot_server
from tests.servers import postgres


@dataclass(frozen=True, slots=True)
class Place:
    """A running Dovecot, and PostgreSQL databases when they are asked for."""

    dovecot: dovecot_server.Dovecot
    _stack: ExitStack = field(repr=False)

    def postgres_url(self) -> str:
        """The URL of a new, migrated database that lasts as long as the place."""
        return self._stack.enter_context(postgres.server().fresh_database())


@contextmanager
def serving() -> Iterator[Place]:
    """A place to run in, while the context lasts."""
    with ExitStack() as stack:
        yield Place(stack.enter_context(dovecot_server.running()), stack)


def settings_file(
    folder: Path,
    server: dovecot_server.Dovecot,
    database_url: str | None,
    policy: str,
    profile: str,
    *,
    user: str = "team",
    batch_size: int = 100,
) -> Path:
    """Writes a settings file in ``folder`` for one mailbox of ``server``; its path."""
    database = f'database_url = "{database_url}"\n' if database_url else ""
    file = folder / "mailtriage.toml"
    file.write_text(
        f'data_dir = "{folder / "data"}"\nprofile = "{profile}"\n{database}\n'
        "[flood]\nmessages = 0\n\n"  # a mailbox full of old mail that came in at once
        f'[[mailboxes]]\nname = "{user}"\npolicy = "{policy}"\nhost = "{server.host}"\nport = {server.port}\n'
        f'tls = "none"\nusername = "{user}"\npassword = "{dovecot_server.PASSWORD}"\nbatch_size = {batch_size}\n',
        encoding="utf-8",
    )
    return file
