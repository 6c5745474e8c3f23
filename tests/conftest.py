"""What all tests share: server and browser tests are never skipped where required, and are tried twice."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

# Where the large encoder is built it would be the default: tests mean the one that every installation has.
os.environ.setdefault("MAILTRIAGE_PROFILE", "standard")

SERVER_MARKERS = {"dovecot", "cyrus", "courier", "postgres", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that waits for another program is tried once more on a busy machine; the summary names it as RERUN."""
    for item in items:
        if SERVER_MARKERS & {marker.name for marker in item.iter_markers()}:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    required = os.environ.get("MAILTRIAGE_TEST_SERVERS") == "required"
    if required and report.skipped and SERVER_MARKERS & {marker.name for marker in item.iter_markers()}:
        report.outcome = "failed"
        report.longrepr = f"skipped, though the servers are required here: {report.longrepr}"
    return report
