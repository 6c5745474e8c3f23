from __future__ import annotations

import pytest

from tests.webui.conftest import Agent
from webui.headers import MAIL_POLICY, PAGE_POLICY


@pytest.mark.parametrize(
    "path", ["/", "/tickets/1", "/search", "/set-aside", "/quarantine", "/models", "/nowhere", "/static/keys.js"]
)
def test_every_response_carries_the_security_headers(agent: Agent, path: str) -> None:
    headers = agent.get(path).headers
    assert headers["Content-Security-Policy"] == PAGE_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_kept_by_no_cache(agent: Agent) -> None:
    assert agent.get("/tickets/1").headers["Cache-Control"] == "no-store"
    assert agent.get("/static/style.css").headers["Cache-Control"] == "no-cache"


def test_the_pages_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "default-src 'none'" in PAGE_POLICY
    assert "unsafe" not in PAGE_POLICY
    assert "frame-ancestors 'none'" in PAGE_POLICY


def test_the_mails_policy_is_a_sandbox() -> None:
    assert MAIL_POLICY.startswith("sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'")
