"""A customer erased: nothing that it wrote is left, its tickets are counted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from sqlalchemy import text

from classifier.registry import Registry
from classifier.snapshot import snapshot
from classifier.snapshot_folder import FOLDER, Snapshots
from intake.message import Attachment
from policies.policy import Policy
from tests.tickets.making import mail
from tests.tickets.placing import taken
from tickets.attachment_folder import AttachmentFolder
from tickets.connections import reading
from tickets.customer.erasure import erase_customer
from tickets.desk import CorrectionError, correct
from tickets.faults import NoSuchCustomer
from tickets.labelled import examples
from tickets.schema import metadata
from tickets.store import Store

SECRET = "narwhal"
"""In every part of what the customer's people wrote."""
OTHER = "walrus"


def held(store: Store, word: str) -> list[str]:
    """The tables any row of which has the word, in any column."""
    found = []
    with reading(store._engine) as connection:
        for name, table in metadata.tables.items():
            rows = connection.execute(table.select()).all()
            if any(word in str(value).lower() for row in rows for value in row):
                found.append(name)
        if any(word in str(row) for row in connection.execute(text("SELECT * FROM message_words"))):
            found.append("message_words")
    return found


def make_attachment(content: bytes) -> Attachment:
    return Attachment(
        "narwhal.txt", "text/plain", len(content), hashlib.sha256(content).hexdigest(), False, content=content
    )


@pytest.fixture
def river(store: Store, penelope: Policy) -> int:
    """A customer with a labelled ticket and a reply to it, beside another customer with one."""
    customers = {}
    for name, domain, person in (("Narwhal Ltd", "narwhal.example", "ann"), ("Walrus", "walrus.example", "bob")):
        made = store.upsert_customer("penelope", name, [domain], {}, "tests")
        store.upsert_contact(made.id, f"{person}@{domain}", f"{person} {domain}", {}, "tests")
        customers[name] = made.id
    first = mail("The narwhal is down.", subject="Narwhal", sender="ann@narwhal.example", name="Ann Narwhal")
    reply = mail("Still, says the narwhal.", sender="joe@narwhal.example", references=(first.message_id or "",))
    other = mail("The walrus is down.", subject="Walrus", sender="bob@walrus.example", name="Bob")
    for message in (first, reply, other):
        taken(store, penelope, message)
    for number in (1, 2):
        correct(
            store, penelope, number, {"severity": "SEV1"}, agent="anna", why="see the narwhal" if number == 1 else ""
        )
    return customers["Narwhal Ltd"]


def test_nothing_that_the_customer_wrote_is_left(store: Store, penelope: Policy, river: int, tmp_path: Path) -> None:
    assert set(held(store, SECRET)) >= {"ticket", "message", "customer", "contact", "event", "correction"}
    done = erase_customer(store, Registry(tmp_path), river, actor="lea")
    assert (done.tickets, done.mails) == ((1,), 2)
    assert held(store, SECRET) == []
    assert store.raw(1) is None and store.raw(2) is None
    assert store.search(SECRET) == []


def test_the_others_are_as_they_were(store: Store, penelope: Policy, river: int, tmp_path: Path) -> None:
    before, mails = store.ticket(2), store.messages_of(2)
    erase_customer(store, Registry(tmp_path), river, actor="lea")
    assert (store.ticket(2), store.messages_of(2)) == (before, mails)
    assert [item.number for item in store.search(OTHER)] == [2]
    assert store.raw(3) is not None


def test_its_tickets_are_shells_that_are_counted(store: Store, penelope: Policy, river: int, tmp_path: Path) -> None:
    correct(store, penelope, 1, {"severity": "SEV2"}, agent="ben")
    before = store.ticket(1)
    erase_customer(store, Registry(tmp_path), river, actor="lea")
    after = store.ticket(1)
    assert before is not None and after is not None
    assert (after.severity, after.topic, after.created_at) == (before.severity, before.topic, before.created_at)
    assert (after.state, after.customer_name) == ("closed", f"erased customer {river}")
    assert after.erased_at is not None
    counts = store.counts()
    assert (counts["ticket"], counts["reply"], counts["closed"]) == (2, 1, 1)
    assert store.disputes() == []
    with pytest.raises(CorrectionError, match="was erased"):
        correct(store, penelope, 1, {"severity": "SEV2"}, agent="anna")


def test_its_mails_are_in_no_further_snapshot(store: Store, penelope: Policy, river: int, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    kept = Snapshots(registry.folder("penelope") / FOLDER)
    before = snapshot(examples(store, "penelope"))
    kept.keep(before)
    erase_customer(store, registry, river, actor="lea")
    assert [example.id for example in examples(store, "penelope")] == ["ticket-2"]
    assert [mail.erased for mail in kept.mails(before.digest)].count(True) == 1
    assert kept.erased() == {"ticket-1"}


def test_a_mail_of_it_that_comes_again_is_recognised(
    store: Store, penelope: Policy, river: int, tmp_path: Path
) -> None:
    again = mail("The narwhal is down again.", sender="ann@narwhal.example")
    taken(store, penelope, again)
    erase_customer(store, Registry(tmp_path), river, actor="lea")
    [done] = taken(store, penelope, again)
    assert (done.known, done.message, held(store, SECRET)) == (True, 4, [])


def test_a_domain_that_two_customers_share_erases_no_mail_of_the_other(
    store: Store, penelope: Policy, tmp_path: Path
) -> None:
    for name in ("One", "Two"):
        store.upsert_customer("penelope", name, ["shared.example"], {}, "tests")
    taken(store, penelope, mail("Whose is the walrus?", sender="eve@shared.example"))
    one = store.customers("penelope")[0]
    assert erase_customer(store, Registry(tmp_path), one.id, actor="lea").mails == 0
    assert OTHER in (store.messages_of(1)[0].text)


def test_files_that_no_other_mail_has_are_deleted(url: str, penelope: Policy, tmp_path: Path) -> None:
    store = Store.open(url, tmp_path / "attachments")
    made = store.upsert_customer("penelope", "Narwhal Ltd", ["narwhal.example"], {}, "tests")
    own, shared = make_attachment(b"own"), make_attachment(b"shared")
    taken(store, penelope, mail("Look.", sender="ann@narwhal.example", attachments=(own, shared)))
    taken(store, penelope, mail("Look.", sender="bob@walrus.example", attachments=(shared,)))
    erase_customer(store, Registry(tmp_path / "models"), made.id, actor="lea")
    folder = AttachmentFolder(tmp_path / "attachments")
    assert (folder.read(own.sha256), folder.read(shared.sha256)) == (None, b"shared")
    store.close()


def test_a_customer_that_is_not_there_is_not_erased(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NoSuchCustomer):
        erase_customer(store, Registry(tmp_path), 99, actor="lea")
