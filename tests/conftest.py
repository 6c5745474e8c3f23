"""What all tests share: a server or browser test that is skipped counts as failed where the servers are required."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

SERVER_MARKERS = {"dovecot", "cyrus", "courier", "postgres", "browser"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    required = os.environ.get("MAILTRIAGE_TEST_SERVERS") == "required"
    if required and report.skipped and SERVER_MARKERS & {marker.name for marker in item.iter_markers()}:
        report.outcome = "failed"
        report.longrepr = f"skipped, though the servers are required here: {report.longrepr}"
    return report
