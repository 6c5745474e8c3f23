"""What the tests of the intake share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.servers.dovecot import Dovecot, running

_USERS = count(1)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One Dovecot for the whole run; tests keep apart by using users of their own."""
    with running() as server:
        yield server


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    """A user name that no other test uses."""
    return f"user{next(_USERS)}"


@pytest.fixture(scope="session")
def shared_mail() -> Path:
    """The folder of other projects' test mail beside the checkout; skips where it is missing."""
    folder = Path(__file__).parents[2].parent / "shared" / "mail"
    if not folder.is_dir():
        pytest.skip("the shared test mail (../shared/mail) is not on this machine")
    return folder


@pytest.fixture
def mail() -> Callable[..., bytes]:
    """Makes a plain mail: header fields by keyword (``_`` for ``-``), the body first."""

    def make(body: str = "Hello", **fields: str) -> bytes:
        header = {"from": "Ann <ann@example.com>", "date": "Mon, 02 Feb 2026 10:00:00 +0100", **fields}
        lines = [f"{name.replace('_', '-').title()}: {value}" for name, value in header.items()]
        return ("\r\n".join([*lines, "", body]) + "\r\n").encode()

    return make
