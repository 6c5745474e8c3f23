from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from classifier.registry import Registry
from policies.policy import Policy
from tickets.store import Store, StoreError
from webui.app import create_app


def test_anybody_may_ask_whether_the_program_is_well(stranger: FlaskClient) -> None:
    response = stranger.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


@pytest.mark.parametrize(("status", "code"), [("ok", 200), ("failing", 503)])
def test_what_the_program_knows_of_itself_is_added(
    store: Store, policies: Mapping[str, Policy], registry: Registry, status: str, code: int
) -> None:
    report: dict[str, object] = {"status": status, "lag_seconds": 4}
    client = create_app(store, policies, registry, secret_key=b"k", health=lambda: report).test_client()
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (code, report)


def test_a_store_that_fails_is_told_without_the_reason(
    stranger: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("/var/lib/mailtriage/tickets.db is not writable")

    monkeypatch.setattr(store, "check", fail)
    response = stranger.get("/healthz")
    assert (response.status_code, response.json) == (503, {"status": "failing"})
