"""Which conversation a mail belongs to, whose it is, and what is known with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from policies.facts import PastTicket
from policies.policy import Policy
from tests.tickets.making import NOON, mail, recording, verdict
from tests.tickets.placing import placed, taken
from tickets.desk import place
from tickets.store import Store


def test_a_mail_that_answers_nothing_begins_a_conversation(store: Store, penelope: Policy) -> None:
    first, second = placed(store, penelope, mail(), mail())
    assert first.conversation != second.conversation
    assert (first.ticket, first.customer, first.duplicate_of, first.same_as) == (None, None, None, None)
    assert (first.facts.received_at, first.facts.history, first.facts.language) == (NOON, None, "en")
    assert dict(first.facts.customer) == {}


def test_an_answer_by_the_same_person_joins(store: Store, penelope: Policy) -> None:
    opening = mail()
    [done] = taken(store, penelope, opening)
    for answer in (mail(in_reply_to=[opening.message_id or ""]), mail(references=["gone@x", opening.message_id or ""])):
        [place_of_it] = placed(store, penelope, answer)
        assert place_of_it.ticket == done.ticket


def test_an_answer_to_our_unknown_mail_joins_by_the_older_reference(store: Store, penelope: Policy) -> None:
    opening = mail()
    [done] = taken(store, penelope, opening)
    answer = mail(references=[opening.message_id or "", "ours@vendor"], in_reply_to=["ours@vendor"])
    assert placed(store, penelope, answer)[0].ticket == done.ticket


def test_a_recipient_takes_part_and_may_answer(store: Store, penelope: Policy) -> None:
    opening = mail(to=["support@vendor.example", "Carl@Elsewhere.example"])
    [done] = taken(store, penelope, opening)
    answer = mail(sender="carl@elsewhere.example", in_reply_to=[opening.message_id or ""])
    assert placed(store, penelope, answer)[0].ticket == done.ticket


def test_a_stranger_who_names_a_message_id_does_not_join(store: Store, penelope: Policy) -> None:
    opening = mail()
    taken(store, penelope, opening)
    answer = mail(sender="eve@evil.example", in_reply_to=[opening.message_id or ""])
    assert placed(store, penelope, answer)[0].ticket is None


def test_a_mail_without_sender_joins_nothing(store: Store, penelope: Policy) -> None:
    opening = mail(sender=None)
    taken(store, penelope, opening)
    assert placed(store, penelope, mail(sender=None, in_reply_to=[opening.message_id or ""]))[0].ticket is None


def test_a_colleague_at_the_same_customer_joins(store: Store, penelope: Policy) -> None:
    store.upsert_customer("penelope", "River", ["river.example", "river.test"], {}, "anna")
    opening = mail(sender="anna@river.example")
    [done] = taken(store, penelope, opening)
    answer = mail(sender="ben@river.test", in_reply_to=[opening.message_id or ""])
    assert placed(store, penelope, answer)[0].ticket == done.ticket


def test_two_people_of_one_domain_without_customer_are_strangers(store: Store, penelope: Policy) -> None:
    opening = mail(sender="anna@gmail.com")
    taken(store, penelope, opening)
    answer = mail(sender="eve@gmail.com", in_reply_to=[opening.message_id or ""])
    assert placed(store, penelope, answer)[0].ticket is None


def test_a_conversation_under_another_policy_is_not_joined(store: Store, penelope: Policy) -> None:
    opening = mail()
    store.record([recording(opening, policy="perfana")])
    assert placed(store, penelope, mail(in_reply_to=[opening.message_id or ""]))[0].ticket is None


def test_later_mails_of_a_batch_join_earlier_ones(store: Store, penelope: Policy) -> None:
    opening = mail()
    answer = mail(in_reply_to=[opening.message_id or ""])
    third = mail(sender="carl@x.example", to=[], references=[opening.message_id or "", answer.message_id or ""])
    fourth = mail(references=[answer.message_id or ""])
    done = taken(store, penelope, opening, answer, third, fourth)
    assert [d.disposition for d in done] == ["ticket", "reply", "ticket", "reply"]
    assert done[0].ticket == done[1].ticket == done[3].ticket


def test_the_nearest_answered_conversation_is_joined(store: Store, penelope: Policy) -> None:
    old, new = mail(), mail()
    first, second = taken(store, penelope, old, new)
    answer = mail(references=[old.message_id or "", new.message_id or ""])
    assert placed(store, penelope, answer)[0].ticket == second.ticket
    back = mail(references=[new.message_id or "", old.message_id or ""])
    assert placed(store, penelope, back)[0].ticket == first.ticket


def test_a_reused_message_id_is_neither_duplicate_nor_reply(store: Store, penelope: Policy) -> None:
    opening = mail("one", message_id="same@x")
    taken(store, penelope, opening)
    again = mail("two", message_id="same@x", references=["same@x"])
    [place_of_it] = placed(store, penelope, again)
    assert (place_of_it.duplicate_of, place_of_it.ticket) == (None, None)


def test_an_answer_to_a_reused_message_id_goes_where_its_sender_takes_part(store: Store, penelope: Policy) -> None:
    done = taken(
        store,
        penelope,
        mail("one", message_id="same@x", sender="anna@a.example"),
        mail("two", message_id="same@x", sender="ben@b.example"),
    )
    for sender, recorded in zip(("anna@a.example", "ben@b.example"), done, strict=True):
        assert placed(store, penelope, mail(sender=sender, in_reply_to=["same@x"]))[0].ticket == recorded.ticket


def test_the_same_mail_again_is_a_duplicate(store: Store, penelope: Policy) -> None:
    message = mail()
    [done] = taken(store, penelope, message)
    copy = mail(message_id=message.message_id, raw=b"Delivered-To: other\n")
    [place_of_it] = placed(store, penelope, copy)
    assert (place_of_it.duplicate_of, place_of_it.same_as, place_of_it.repeats) == (done.message, None, True)


def test_the_same_mail_twice_in_a_batch_is_a_duplicate_of_the_first(store: Store, penelope: Policy) -> None:
    message = mail()
    copy = mail(message_id=message.message_id, raw=b"Delivered-To: other\n")
    first, second = placed(store, penelope, message, copy)
    assert (first.repeats, second.repeats, second.same_as) == (False, True, message.identity)
    assert [d.disposition for d in taken(store, penelope, message, copy)] == ["ticket", "duplicate"]


def test_equal_mails_without_message_id_and_date_are_no_duplicates(store: Store, penelope: Policy) -> None:
    taken(store, penelope, mail(message_id=None, date=None))
    first, second = placed(store, penelope, *(mail(message_id=None, date=None) for _ in range(2)))
    assert not first.repeats
    assert not second.repeats


def test_a_contacts_facts_come_before_the_customers(store: Store, penelope: Policy) -> None:
    customer = store.upsert_customer(
        "penelope", "River", ["river.example"], {"hosting": "saas", "contact_role": "end_user"}, "anna"
    )
    store.upsert_contact(customer.id, "anna@river.example", "Anna", {"contact_role": "system_admin"}, "anna")
    of_anna, of_ben = placed(store, penelope, mail(sender="Anna@River.example"), mail(sender="ben@river.example"))
    assert of_anna.customer == of_ben.customer == customer
    assert dict(of_anna.facts.customer) == {"hosting": "saas", "contact_role": "system_admin"}
    assert dict(of_ben.facts.customer) == {"hosting": "saas", "contact_role": "end_user"}


def test_history_counts_whole_days_back_from_the_mail(store: Store, penelope: Policy) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    assert placed(store, penelope, mail())[0].facts.history == ()
    taken(store, penelope, mail(), at=NOON - timedelta(days=9), topic="server_down")
    taken(store, penelope, mail(), at=NOON - timedelta(days=2, hours=1), topic="odbc_account")
    taken(store, penelope, mail(), at=NOON + timedelta(days=1), topic="other")
    [place_of_it] = placed(store, penelope, mail())
    assert place_of_it.facts.history == (PastTicket("odbc_account", 2), PastTicket("server_down", 9))


def test_a_reply_does_not_count_its_own_ticket_as_history(store: Store, penelope: Policy) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    opening = mail()
    taken(store, penelope, opening, at=NOON - timedelta(days=3), topic="admin_password_reset")
    [reply] = placed(store, penelope, mail(in_reply_to=[opening.message_id or ""]))
    [other] = placed(store, penelope, mail())
    assert reply.facts.history == ()
    assert other.facts.history == (PastTicket("admin_password_reset", 3),)


def test_of_one_topic_history_tells_the_newest_fifty(store: Store, penelope: Policy) -> None:
    customer = store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    often = [
        recording(customer=customer, received_at=NOON - timedelta(days=n), said=verdict(topic="other"))
        for n in range(1, 61)
    ]
    once = recording(customer=customer, received_at=NOON - timedelta(days=99), said=verdict(topic="server_down"))
    store.record([*often, once])
    history = placed(store, penelope, mail())[0].facts.history
    assert history is not None
    assert [past.days_ago for past in history] == [*range(1, 51), 99]


@pytest.mark.parametrize(
    ("header", "proven"),
    [("mx.vendor.example; dmarc=pass header.from=river.example", True), ("mx.evil.example; dmarc=pass", None)],
)
def test_the_sender_is_proven_by_a_trusted_server_alone(
    store: Store, penelope: Policy, header: str, proven: bool | None
) -> None:
    message = mail(headers=[("authentication-results", header)])
    [trusting] = place(store, penelope, [message], [NOON], trusted_authserv=["mx.vendor.example"])
    [blind] = place(store, penelope, [message], [NOON])
    assert trusting.facts.sender_proven is proven
    assert blind.facts.sender_proven is None


def test_a_mail_with_thousands_of_references_and_recipients_is_placed(store: Store, penelope: Policy) -> None:
    crowd = [f"p{n}@x.example" for n in range(3000)]
    message = mail(to=crowd, references=[f"{n}@x" * 50 for n in range(3000)], message_id="m" * 9000)
    [done] = taken(store, penelope, message)
    answer = mail(sender="p2999@x.example", in_reply_to=["m" * 9000])
    assert placed(store, penelope, answer)[0].ticket == done.ticket


def test_no_mails_have_no_place(store: Store, penelope: Policy) -> None:
    assert place(store, penelope, [], []) == []
