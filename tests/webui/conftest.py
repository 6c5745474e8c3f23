"""A real store on SQLite, seeded once and copied for each test, and the pages over it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache, FileSystemBytecodeCache
from werkzeug.test import TestResponse

from classifier.registry import Registry
from policies.loader import load_shipped, shipped
from policies.policy import Policy
from policies.versions import as_policies
from tests.webui import seed
from tickets.store import Store
from webui.app import create_app

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SEEN = re.compile(r'name="seen" value="([^"]+)"')
LAST = re.compile(r'name="last" value="([^"]+)"')


@dataclass(frozen=True)
class Agent:
    """A client that sends forms as a browser would: with the token and marks of the page it looked at."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def page(self, path: str) -> str:
        response = self.client.get(path)
        assert response.status_code == 200, response.status
        return response.text

    def post(self, path: str, *, seen_on: str, **fields: str) -> TestResponse:
        """Posts ``fields`` with the hidden fields of the page ``seen_on``."""
        page = self.page(seen_on)
        hidden = {"csrf_token": TOKEN, "seen": SEEN, "last": LAST}
        found = {name: match[1] for name, pattern in hidden.items() if (match := pattern.search(page))}
        return self.client.post(path, data={**found, **fields})


@pytest.fixture(scope="session")
def policies() -> Mapping[str, Policy]:
    return {name: load_shipped(name) for name in shipped()}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, policies: Mapping[str, Policy]) -> tuple[Path, dict[str, int]]:
    """The file of a seeded database, and its ticket numbers by subject."""
    path = tmp_path_factory.mktemp("seed") / "seed.db"
    store = Store.open(f"sqlite:///{path}")
    numbers = seed.seed(store, policies)
    store.close()
    return path, numbers


@pytest.fixture
def store(seeded: tuple[Path, dict[str, int]], tmp_path: Path, policies: Mapping[str, Policy]) -> Iterator[Store]:
    copy = tmp_path / "tickets.db"
    shutil.copy(seeded[0], copy)
    store = Store.open(f"sqlite:///{copy}").counting_by(as_policies(policies))
    yield store
    store.close()


@pytest.fixture
def numbers(seeded: tuple[Path, dict[str, int]]) -> dict[str, int]:
    """Ticket numbers by the samples' subjects."""
    return seeded[1]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> BytecodeCache:
    """Templates compiled once for all the tests' applications."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(store: Store, policies: Mapping[str, Policy], registry: Registry, compiled: BytecodeCache) -> Flask:
    again = seed.second_look(store, policies)
    app = create_app(store, policies, registry, secret_key=b"tests", second_look=again, clock=lambda: seed.NOW)
    app.jinja_env.bytecode_cache = compiled
    return app


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Somebody without a session."""
    return app.test_client()


def sign_in(client: FlaskClient, name: str = "anna", password: str = seed.PASSWORD, **fields: str) -> TestResponse:
    """Sends the sign-in form, with its token."""
    match = TOKEN.search(client.get("/sign-in").text)
    assert match
    return client.post("/sign-in", data={"csrf_token": match[1], "name": name, "password": password, **fields})


@pytest.fixture
def agent(app: Flask) -> Agent:
    """Anna, signed in."""
    client = app.test_client()
    assert sign_in(client).status_code == 302
    return Agent(client)
