"""Mailboxes polled through a proxy that does wrong what networks and servers can do wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from intake.mailbox import Mailbox, MailboxSettings, MailboxUnavailable
from mailtriage.office import Office, open_office
from mailtriage.settings import Settings
from tests.servers import proxy
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.proxy import KINDS, STEPS, Fault
from tests.servers.scenarios import Outcome, by_chance, every_step_and_fault, run

pytestmark = pytest.mark.dovecot

SCENARIOS = [
    *every_step_and_fault(25, seed=3),
    *(replace(by_chance(f"kept{number}", f"kept/{number}"), keeps_session=True) for number in range(5)),
]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = open_office(Settings(data_dir=tmp_path_factory.mktemp("faults")))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def outcomes(dovecot: Dovecot, office: Office) -> dict[str, Outcome]:
    """What came of each scenario."""
    return {scenario.name: run(scenario, dovecot, office) for scenario in SCENARIOS}


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_each_mail_has_one_record_and_its_mark_and_the_cursor_is_right_whatever_went_wrong(
    outcomes: dict[str, Outcome], name: str
) -> None:
    assert outcomes[name].wrong == [], outcomes[name].met


def test_something_went_wrong_at_every_step_and_in_every_way(outcomes: dict[str, Outcome]) -> None:
    met = [fault for outcome in outcomes.values() for fault in outcome.met]
    assert {fault.step for fault in met} == set(STEPS)
    assert {fault.kind for fault in met} == set(KINDS)


def test_a_cut_literal_never_gives_one_mail_the_bytes_of_the_next(dovecot: Dovecot) -> None:
    """So cut that it swallows ``)\\r\\n* 2 FETCH (UID 2 ``, after which a second BODY[] follows in the same answer."""
    mails = [b"Subject: %d\r\n\r\n" % n + b"x" * 84 + b"\r\n" for n in (1, 2)]
    assert len(mails[0]) == 100
    dovecot.seed("cut", mails)
    with proxy.running((dovecot.host, dovecot.port), 5.0) as between:
        between.expect([Fault("bodies", "literal cut", choice=0.8)])
        settings = MailboxSettings("cut", dovecot.host, "cut", PASSWORD, port=between.port, tls="none")
        with Mailbox(settings) as mailbox, pytest.raises(MailboxUnavailable):
            list(mailbox.fetch_new(None))


def test_a_literal_that_is_said_to_be_longer_never_gives_one_mail_another_besides(dovecot: Dovecot) -> None:
    """So much longer that it holds the next mail's whole answer, and the answers end as they should."""
    mails = [b"Subject: %d\r\n\r\n" % n + b"x" * (17 - n) + b"\r\n" for n in (1, 2, 3)]
    dovecot.seed("longer", mails)
    by = len(b")\r\n* 2 FETCH (UID 2 BODY[] {33}\r\n") + len(mails[1])
    with proxy.running((dovecot.host, dovecot.port), 5.0) as between:
        between.expect([Fault("bodies", "literal too long", choice=0.0, by=by)])
        settings = MailboxSettings("longer", dovecot.host, "longer", PASSWORD, port=between.port, tls="none")
        with Mailbox(settings) as mailbox:
            fetched = [each.raw for batch, _ in mailbox.fetch_new(None) for each in batch]
    assert fetched == mails
