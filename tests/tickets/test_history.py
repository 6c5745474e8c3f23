"""What counts as an earlier request of a customer: not what others sent in its name, nor what never was a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from policies.loader import read_policy
from policies.policy import Policy
from policies.rule import Observation
from tests.tickets.making import NOON, mail, recording, verdict
from tickets.customer.assigning import assign
from tickets.desk import place
from tickets.store import Placement, Store

SERVER = "mx.vendor.example"
PASSED = [("authentication-results", f"{SERVER}; dmarc=pass header.from=river.example")]
FAILED = [("authentication-results", f"{SERVER}; dmarc=fail header.from=river.example")]
Headers = list[tuple[str, str]]


def river(store: Store, policy: str = "penelope", **known: int) -> int:
    return store.upsert_customer(policy, "River", ["river.example"], {"hosting": "saas", **known}, "tests").id


def placed(store: Store, policy: Policy, headers: Headers, *, day: int, trusted: bool = True) -> Placement:
    message = mail(f"Please, {day}.", headers=headers)
    moment = NOON + timedelta(days=day)
    [placement] = place(store, policy, [message], [moment], trusted_authserv=[SERVER] if trusted else [])
    return placement


def asked(store: Store, policy: Policy, topic: str, headers: Headers, *, day: int, trusted: bool = True) -> int:
    """A ticket of that topic; its number."""
    message = mail(f"Please do it, {day}.", headers=headers)
    moment = NOON + timedelta(days=day)
    [placement] = place(store, policy, [message], [moment], trusted_authserv=[SERVER] if trusted else [])
    base = recording(message, said=verdict(topic=topic), customer=placement.customer, received_at=moment)
    [done] = store.record([replace(base, policy=policy.name, placement=placement)])
    assert done.ticket is not None
    return done.ticket


def scope(policy: Policy, topic: str, placement: Placement) -> str | None:
    return policy.decide(Observation(topic, None, None, None, {}, (), placement.facts)).values.get("scope")


def topics(placement: Placement) -> list[str]:
    return [past.topic for past in placement.facts.history or ()]


@pytest.mark.parametrize("headers", [[], FAILED], ids=["nothing known", "refuted"])
def test_a_mail_in_the_customers_name_does_not_use_up_its_first_reset(
    store: Store, penelope: Policy, headers: Headers
) -> None:
    river(store)
    asked(store, penelope, "admin_password_reset", headers, day=0)
    own = placed(store, penelope, PASSED, day=1)
    assert (topics(own), scope(penelope, "admin_password_reset", own)) == ([], "included")


def test_the_customers_own_first_reset_is_used_up(store: Store, penelope: Policy) -> None:
    river(store)
    asked(store, penelope, "admin_password_reset", PASSED, day=0)
    again = placed(store, penelope, PASSED, day=1)
    assert scope(penelope, "admin_password_reset", again) == "professional_services"


def test_mails_in_the_customers_name_do_not_fill_its_licences(store: Store, penelope: Policy) -> None:
    river(store, concurrent_licences=1)
    for day in range(2):
        asked(store, penelope, "odbc_account", [], day=day)
    own = placed(store, penelope, PASSED, day=3)
    free = scope(penelope, "odbc_account", own)
    asked(store, penelope, "odbc_account", PASSED, day=4)
    second = placed(store, penelope, PASSED, day=5)
    assert topics(second) == ["odbc_account"]
    assert scope(penelope, "odbc_account", second) != free


def test_without_trusted_servers_all_requests_are_history(store: Store, penelope: Policy) -> None:
    river(store)
    asked(store, penelope, "admin_password_reset", PASSED, day=0, trusted=False)
    asked(store, penelope, "odbc_account", [], day=1, trusted=False)
    assert topics(placed(store, penelope, [], day=2, trusted=False)) == ["odbc_account", "admin_password_reset"]


def test_a_mail_that_is_not_proven_counts_proven_and_other_requests(store: Store, penelope: Policy) -> None:
    river(store)
    asked(store, penelope, "admin_password_reset", PASSED, day=0)
    asked(store, penelope, "odbc_account", FAILED, day=1)
    assert topics(placed(store, penelope, FAILED, day=2)) == ["odbc_account", "admin_password_reset"]


def test_a_request_that_somebody_vouched_for_is_the_customers(store: Store, penelope: Policy) -> None:
    record = store.customer(river(store))
    assert record is not None
    number = asked(store, penelope, "admin_password_reset", [], day=0)
    assign(store, penelope, number, record, agent="ann", vouched_by="ann")
    assert topics(placed(store, penelope, PASSED, day=1)) == ["admin_password_reset"]


def test_a_ticket_vouched_for_counts_proven_requests_alone(store: Store, penelope: Policy) -> None:
    record = store.customer(river(store))
    assert record is not None
    asked(store, penelope, "admin_password_reset", [], day=0)
    number = asked(store, penelope, "admin_password_reset", [], day=1)
    assert assign(store, penelope, number, record, agent="ann").facts.history
    assert assign(store, penelope, number, record, agent="ann", vouched_by="ann").facts.history == ()


def test_where_addresses_are_trusted_unproven_requests_are_history(store: Store, penelope: Policy) -> None:
    content = penelope.source.decode().replace('sender_proof = "required"', 'sender_proof = "trusted"')
    trusting = read_policy(content.encode(), "penelope.toml")
    assert trusting.file.sender_proof == "trusted"
    river(store)
    asked(store, trusting, "admin_password_reset", [], day=0)
    assert topics(placed(store, trusting, PASSED, day=1)) == ["admin_password_reset"]


def test_what_was_closed_as_no_request_is_none_until_it_is_opened_again(store: Store, penelope: Policy) -> None:
    river(store)
    number = asked(store, penelope, "admin_password_reset", PASSED, day=0)

    def history() -> list[str]:
        return topics(placed(store, penelope, PASSED, day=1))

    store.close_as_no_request(number, agent="ann", why="forged")
    assert history() == []
    store.set_state(number, "decided", actor="ann")
    assert history() == ["admin_password_reset"]
    store.set_state(number, "closed", actor="ann")
    assert history() == ["admin_password_reset"], "closed as done"
    store.close_as_no_request(number, agent="ann")
    assert history() == []
    store.correct(number, {"topic": "odbc_account"}, agent="ann")
    assert history() == ["odbc_account"], "a correction opens it"
    store.undo(number, agent="ann")
    assert history() == [], "and taking that back closes it as it was"


def test_what_was_closed_as_no_request_is_none_without_proof_either(store: Store, penelope: Policy) -> None:
    river(store)
    number = asked(store, penelope, "admin_password_reset", [], day=0, trusted=False)
    store.close_as_no_request(number, agent="ann", why="forged")
    assert topics(placed(store, penelope, [], day=1, trusted=False)) == []
