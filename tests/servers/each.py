"""The four IMAP servers that the same tests run against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

from tests.servers import courier, cyrus, dovecot, pymap
from tests.servers.imap_server import ImapServer

RUNNING: Mapping[str, Callable[[], AbstractContextManager[ImapServer]]] = {
    "dovecot": dovecot.running,
    "cyrus": cyrus.running,
    "courier": courier.running,
    "pymap": pymap.running,
}
EACH = [
    pytest.param("dovecot", marks=pytest.mark.dovecot),
    pytest.param("cyrus", marks=pytest.mark.cyrus),
    pytest.param("courier", marks=pytest.mark.courier),
    "pymap",
]
"""Parameters for a fixture that gives each of :data:`RUNNING` in turn; pymap comes with the Python packages."""
