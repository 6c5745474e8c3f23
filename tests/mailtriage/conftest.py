"""An office for the tests: a real store in the test's folder, and the starter models that ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from tests.mailtriage.tokens import Clock, keeper
from tests.servers import dovecot as dovecot_server
from tests.servers import token_server
from tests.servers.token_server import TokenServer


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """Makes an office with its data folder in the test's own; keywords are settings."""
    with ExitStack() as stack:

        def made(**settings: object) -> Office:
            chosen = Settings(**{"data_dir": tmp_path / "data", **settings})
            office = open_office(chosen)
            stack.callback(office.close)
            return office

        yield made


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    return make_office()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[dovecot_server.Dovecot]:
    with dovecot_server.running() as server:
        yield server


@pytest.fixture
def server() -> Iterator[TokenServer]:
    with token_server.running() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def support(server: TokenServer, tmp_path: Path, clock: Clock) -> TokenKeeper:
    """The keeper of a mailbox whose first refresh token is in a file."""
    return keeper(server, tmp_path, clock, refresh_token=server.authorised("support"))
