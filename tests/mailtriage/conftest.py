"""An office for the tests: a real store in the test's folder, and the starter models that ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from tests.servers import dovecot as dovecot_server


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
