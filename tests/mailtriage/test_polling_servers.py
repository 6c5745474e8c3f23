"""The whole trip from four servers alike, over TLS: each mail recorded once, marked, and known again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from pydantic import SecretStr

from mailtriage.demo import sample_mails
from mailtriage.office import Office
from mailtriage.polling import poll
from mailtriage.settings import MailboxTable
from tests.servers.each import EACH, RUNNING
from tests.servers.imap_server import PASSWORD, ImapServer

_USERS = count(1)


@pytest.fixture(scope="module", params=EACH)
def server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    with RUNNING[request.param]() as running:
        yield running


@pytest.fixture
def user(server: ImapServer) -> str:
    name = f"trip{next(_USERS)}"
    server.add_user(name)
    return name


def table(server: ImapServer, user: str, **more: object) -> MailboxTable:
    fields = {
        "name": user, "policy": "penelope", "host": server.host, "port": server.port_of("implicit"), "tls": "implicit",
        "ca_file": server.certificate, "username": user, "password": SecretStr(PASSWORD), "batch_size": 4, **more,
    }  # fmt: skip
    return MailboxTable.model_validate(fields)


@pytest.mark.parametrize("how", ["seen", "move"])
def test_each_mail_is_recorded_once_and_acknowledged(office: Office, server: ImapServer, user: str, how: str) -> None:
    mails = [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in sample_mails("penelope")]
    server.deliver(user, mails)
    report = poll(table(server, user, acknowledge=how), office)
    assert report.recorded == {"ticket": 8, "reply": 1, "set_aside": 1}
    again = poll(table(server, user, acknowledge=how), office)
    assert (again.total, again.known) == (0, 0)
    if how == "move":
        assert server.flags(user) == {}
        assert len(server.flags(user, server.folder("Processed"))) == len(mails)
    else:
        assert list(server.flags(user).values()) == [{"\\Seen"}] * len(mails)


def test_a_folder_made_anew_with_the_same_mails_brings_nothing_twice(
    office: Office, server: ImapServer, user: str
) -> None:
    folder = server.folder("Support")
    with server.session(user) as client:
        client.create_folder(folder)
    server.deliver(user, sample_mails("penelope")[:3], folder=folder)
    first = poll(table(server, user, folder=folder), office)
    server.remake(user, folder)
    server.deliver(user, sample_mails("penelope")[:4], folder=folder)
    again = poll(table(server, user, folder=folder), office)
    assert (first.total, first.known) == (3, 0)
    assert (again.total, again.known) == (1, 3)
    assert list(server.flags(user, folder).values()) == [{"\\Seen"}] * 4
