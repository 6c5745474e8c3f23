"""What ties a mail to a conversation besides the mails it answers, and who never joins."""

from __future__ import annotations

from datetime import timedelta

import pytest

from intake.message import Message, parse
from intake.screening import Screening
from intake.ticket_reference import TicketReferences
from policies.facts import PastTicket
from policies.loader import load_shipped
from policies.policy import Policy
from tests.tickets.making import NOON, mail, recording
from tests.tickets.placing import REFERENCES, placed, taken
from tickets.store import Store

GUID = "0102030405060708090a0b0c0d0e0f10"
OURS = Screening("own_mail", "It was sent from our own address.")


def joins(store: Store, policy: Policy, message: Message, ticket: int | None) -> bool:
    """Whether ``message`` would be a reply on ``ticket``."""
    [placement] = placed(store, policy, message)
    return placement.ticket is not None and placement.ticket == ticket


def opened(store: Store, policy: Policy, **given: object) -> int:
    """The ticket that a mail of Anna's opens."""
    [done] = taken(store, policy, mail(**given))  # type: ignore[arg-type]
    assert done.disposition == "ticket" and done.ticket is not None
    return done.ticket


def tagged(ticket: int, *, references: TicketReferences = REFERENCES, **given: object) -> Message:
    return mail(subject=f"Re: Help {references.subject_tag(ticket)}", **given)  # type: ignore[arg-type]


# -- a signed number ------------------------------------------------------------------------------------------------


def test_a_signed_number_in_the_subject_joins_without_any_msg_id(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    assert joins(store, penelope, tagged(number), number)
    assert joins(store, penelope, mail(to=[REFERENCES.address(number, "support@vendor.example")]), number)
    delivered_to = [("delivered-to", REFERENCES.address(number, "support@vendor.example"))]
    assert joins(store, penelope, mail(headers=delivered_to), number)


def test_a_ticket_number_joins_nobody_else(store: Store, penelope: Policy) -> None:
    """zammad#5064: a ticket number in the subject merged another customer's mail."""
    number = opened(store, penelope)
    assert not joins(store, penelope, tagged(number, sender="eve@evil.example"), number)
    assert not joins(store, penelope, tagged(number, sender="eve@evil.example", to=["anna@river.example"]), number)


def test_a_number_without_a_true_signature_says_nothing(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    for subject in (f"Re: [#{number}]", f"Re: [#{number}-AAAAAAAA]"):
        assert not joins(store, penelope, mail(subject=subject), number)
    assert not joins(store, penelope, tagged(number, references=TicketReferences(b"another program's")), number)
    assert not joins(store, penelope, tagged(number + 1), number)


def test_a_number_of_another_policys_ticket_says_nothing(store: Store, penelope: Policy) -> None:
    [other] = store.record([recording(mail(), policy="perfana")])
    [placement] = placed(store, penelope, tagged(other.ticket or 0))
    assert placement.ticket is None


def test_a_colleague_at_the_same_customer_may_use_the_number(store: Store, penelope: Policy) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    number = opened(store, penelope)
    assert joins(store, penelope, tagged(number, sender="ben@river.example"), number)


def test_the_mails_answered_come_before_the_number(store: Store, penelope: Policy) -> None:
    first, second = mail(), mail()
    done = taken(store, penelope, first, second)
    number = done[0].ticket or 0
    assert joins(store, penelope, tagged(number, in_reply_to=[second.message_id]), done[1].ticket)
    assert joins(store, penelope, tagged(number, in_reply_to=["unknown@x"]), number)


def test_where_the_sender_has_no_part_in_what_he_answers_the_number_counts(store: Store, penelope: Policy) -> None:
    strange = mail(sender="carl@x.example")
    taken(store, penelope, strange)
    number = opened(store, penelope)
    assert joins(store, penelope, tagged(number, in_reply_to=[strange.message_id]), number)


def test_the_number_of_a_closed_ticket_leads_to_its_conversation(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope)
    store.set_state(number, "closed", actor="anna")
    [new] = taken(store, penelope, tagged(number))
    follow_up = store.ticket(new.ticket or 0)
    assert follow_up is not None and follow_up.previous == number
    assert joins(store, penelope, tagged(number), new.ticket)


# -- Thread-Index ---------------------------------------------------------------------------------------------------


def test_thread_index_joins_what_names_nothing_known(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope, thread_index=GUID)
    assert joins(store, penelope, mail(thread_index=GUID), number)
    assert joins(store, penelope, mail(thread_index=GUID, references=["unknown@x"]), number)
    assert not joins(store, penelope, mail(thread_index=GUID[::-1]), number)
    assert not joins(store, penelope, mail(thread_index=GUID, sender="eve@evil.example"), number)


def test_thread_index_says_nothing_beside_references_that_are_known(store: Store, penelope: Policy) -> None:
    number = opened(store, penelope, thread_index=GUID)
    elsewhere = mail(sender="carl@x.example")
    taken(store, penelope, elsewhere)
    assert not joins(store, penelope, mail(thread_index=GUID, references=[elsewhere.message_id or ""]), number)


def test_thread_index_joins_within_a_batch_and_within_a_policy(store: Store, penelope: Policy) -> None:
    first, second = placed(store, penelope, mail(thread_index=GUID), mail(thread_index=GUID))
    assert first.conversation == second.conversation
    store.record([recording(mail(thread_index=GUID), policy="perfana")])
    assert placed(store, penelope, mail(thread_index=GUID))[0].ticket is None


# -- answers that come before the mail they answer ------------------------------------------------------------------


def test_a_mail_joins_the_answer_that_came_before_it(store: Store, penelope: Policy) -> None:
    late = mail(to=["support@vendor.example", "carl@x.example"])
    answer = mail(sender="carl@x.example", to=["anna@river.example"], references=[late.message_id or ""])
    [first] = taken(store, penelope, answer)
    [second] = taken(store, penelope, late)
    assert (second.disposition, second.ticket) == ("reply", first.ticket)


def test_a_mail_joins_the_answer_that_came_before_it_in_the_same_batch(store: Store, penelope: Policy) -> None:
    late = mail()
    first, second = taken(store, penelope, mail(in_reply_to=[late.message_id or ""]), late)
    assert [first.disposition, second.disposition] == ["ticket", "reply"]
    assert first.ticket == second.ticket


def test_the_order_in_which_a_thread_arrives_does_not_matter(store: Store, penelope: Policy) -> None:
    a = mail()
    b = mail(references=[a.message_id or ""])
    c = mail(references=[a.message_id or "", b.message_id or ""])
    d = mail(references=[b.message_id or "", c.message_id or ""])
    for late in (d, b, a, c):
        taken(store, penelope, late)
    assert (store.counts()["ticket"], store.counts()["reply"]) == (1, 3)


def test_an_answer_by_a_stranger_does_not_draw_the_mail_to_him(store: Store, penelope: Policy) -> None:
    """Who names a msg-id in a mail to Anna must not get her request into his ticket."""
    late = mail()
    answer = mail(sender="eve@evil.example", to=["anna@river.example"], references=[late.message_id or ""])
    [strange] = taken(store, penelope, answer)
    assert not joins(store, penelope, late, strange.ticket)


def test_a_mail_does_not_join_an_answer_in_which_its_sender_has_no_part(store: Store, penelope: Policy) -> None:
    late = mail(to=["support@vendor.example", "carl@x.example"])
    [first] = taken(store, penelope, mail(sender="carl@x.example", references=[late.message_id or ""]))
    assert not joins(store, penelope, late, first.ticket)


def test_a_reused_message_id_is_not_what_was_waited_for(store: Store, penelope: Policy) -> None:
    late = mail("one", message_id="same@x")
    [first] = taken(store, penelope, mail(in_reply_to=["same@x"]))
    assert taken(store, penelope, late)[0].ticket == first.ticket
    assert not joins(store, penelope, mail("two", message_id="same@x"), first.ticket)


def test_answers_to_a_mail_that_nobody_has_belong_together(store: Store, penelope: Policy) -> None:
    """As when an agent writes from a program of his own and the customer answers twice."""
    number = opened(store, penelope, in_reply_to=["agents-mail@vendor.example"])
    assert joins(store, penelope, mail(references=["older@x", "agents-mail@vendor.example"]), number)
    assert not joins(store, penelope, mail(in_reply_to=["agents-mail@vendor.example"], sender="carl@x.example"), number)


def test_answers_under_another_policy_do_not_wait_for_a_mail(store: Store, penelope: Policy) -> None:
    late = mail()
    answer = mail(in_reply_to=[late.message_id or ""])
    [of_perfana] = taken(store, load_shipped("perfana"), answer)
    assert of_perfana.ticket is not None
    assert placed(store, penelope, late)[0].ticket is None


def test_only_so_many_msg_ids_are_waited_for(store: Store, penelope: Policy) -> None:
    ids = [f"{n}@x" for n in range(90)]
    number = opened(store, penelope, references=ids)
    assert joins(store, penelope, mail(message_id="89@x"), number)
    assert joins(store, penelope, mail(message_id="0@x"), number)
    assert not joins(store, penelope, mail(message_id="40@x"), number)


# -- ourselves ------------------------------------------------------------------------------------------------------


def test_our_answer_seen_in_cc_belongs_to_the_conversation(store: Store, penelope: Policy) -> None:
    opening = mail(to=["office@vendor.example"])
    [first] = taken(store, penelope, opening)
    ours = mail(sender="support@vendor.example", to=["dora@x.example"], in_reply_to=[opening.message_id or ""])
    [aside] = taken(store, penelope, ours, screening=OURS)
    assert (aside.disposition, aside.ticket) == ("set_aside", first.ticket)
    assert joins(store, penelope, mail(in_reply_to=[ours.message_id or ""]), first.ticket)
    assert joins(store, penelope, mail(sender="dora@x.example", in_reply_to=[ours.message_id or ""]), first.ticket)


def test_the_answer_to_a_mail_that_we_began_with_opens_a_ticket(store: Store, penelope: Policy) -> None:
    ours = mail(sender="support@vendor.example", to=["anna@river.example"])
    taken(store, penelope, ours, screening=OURS)
    answer, again = (mail(in_reply_to=[ours.message_id or ""]) for _ in range(2))
    done = taken(store, penelope, answer, again)
    assert [each.disposition for each in done] == ["ticket", "reply"]


# -- forwards, loops, reused and missing msg-ids --------------------------------------------------------------------


def test_a_forward_joins_when_its_sender_takes_part_or_is_a_colleague_and_never_else(
    store: Store, penelope: Policy
) -> None:
    """zammad#5716 and #4965: a forward carries the References of the mail it forwards."""
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    opening = mail(subject="Printing")
    [first] = taken(store, penelope, opening)

    def forward(sender: str) -> Message:
        return mail(subject="Fwd: Printing", sender=sender, references=[opening.message_id or ""])

    assert joins(store, penelope, forward("anna@river.example"), first.ticket)
    assert joins(store, penelope, forward("ben@river.example"), first.ticket)
    assert not joins(store, penelope, forward("eve@evil.example"), first.ticket)


def test_two_addresses_at_a_free_mail_domain_are_strangers_whatever_a_customers_record_says(
    store: Store, penelope: Policy
) -> None:
    customer = store.upsert_customer("penelope", "Smith", ["gmail.com"], {}, "anna")
    store.upsert_contact(customer.id, "anna@gmail.com", "Anna", {}, "anna")
    opening = mail(sender="anna@gmail.com")
    [first] = taken(store, penelope, opening)
    assert not joins(store, penelope, mail(sender="eve@gmail.com", references=[opening.message_id or ""]), first.ticket)
    store.upsert_contact(customer.id, "ben@gmail.com", "Ben", {}, "anna")
    assert joins(store, penelope, mail(sender="ben@gmail.com", references=[opening.message_id or ""]), first.ticket)


def test_mails_that_refer_to_each_other_are_one_conversation(store: Store, penelope: Policy) -> None:
    a = mail(message_id="a@x", references=["b@x"])
    b = mail(message_id="b@x", references=["a@x"])
    itself = mail(message_id="c@x", references=["c@x"])
    done = taken(store, penelope, a, b, itself)
    assert [each.disposition for each in done] == ["ticket", "reply", "ticket"]


@pytest.mark.parametrize("header", ["", "Message-ID:\n", "Message-ID: <>\n", "Message-ID: \t \n"])
def test_mails_without_message_id_are_told_apart_by_their_content(store: Store, penelope: Policy, header: str) -> None:
    """freescout#691: imported again and again; freescout#4740: an empty one ended the loop."""

    def raw(text: str, trace: str = "") -> Message:
        date = "Date: Mon, 2 Mar 2026 12:00:00 +0000\n"
        return parse(f"{trace}From: anna@river.example\n{date}Subject: Help\n{header}\n{text}\n".encode())

    first, other = raw("It does not start."), raw("It does not print.")
    done = taken(store, penelope, first, other)
    assert [each.disposition for each in done] == ["ticket", "ticket"]
    [again] = taken(store, penelope, raw("It does not start.", "Received: from another.example\n"))
    assert again.disposition == "duplicate"


def test_a_reused_message_id_loses_no_mail(store: Store, penelope: Policy) -> None:
    """freescout#5591: a mail with the Message-ID of another was dropped."""
    done = [taken(store, penelope, mail(f"Report {n}", message_id="<report@machine>"))[0] for n in range(3)]
    assert [each.disposition for each in done] == ["ticket"] * 3


def test_the_newest_of_very_many_mails_with_one_message_id_is_answered(store: Store, penelope: Policy) -> None:
    done = taken(store, penelope, *(mail(f"Report {n}", message_id="same@machine") for n in range(120)))
    assert joins(store, penelope, mail(in_reply_to=["same@machine"]), done[-1].ticket)


def test_one_mail_to_two_mailboxes_is_one_ticket_and_its_answer_joins(store: Store, penelope: Policy) -> None:
    """freescout#4748."""
    opening = mail()
    copy = mail(message_id=opening.message_id, raw=b"Delivered-To: sales@vendor.example\n")
    first, second = taken(store, penelope, opening)[0], taken(store, penelope, copy)[0]
    assert (first.disposition, second.disposition) == ("ticket", "duplicate")
    assert joins(store, penelope, mail(in_reply_to=[opening.message_id or ""]), first.ticket)


# -- history --------------------------------------------------------------------------------------------------------


def test_a_follow_up_counts_the_closed_ticket_as_an_earlier_request(store: Store, penelope: Policy) -> None:
    store.upsert_customer("penelope", "River", ["river.example"], {}, "anna")
    opening = mail()
    [first] = taken(store, penelope, opening, at=NOON - timedelta(days=3), topic="admin_password_reset")
    answer = mail(in_reply_to=[opening.message_id or ""])
    assert placed(store, penelope, answer)[0].facts.history == ()
    store.set_state(first.ticket or 0, "closed", actor="anna")
    [placement] = placed(store, penelope, answer)
    assert (placement.ticket, placement.facts.history) == (None, (PastTicket("admin_password_reset", 3),))
