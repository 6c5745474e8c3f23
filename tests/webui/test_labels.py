"""The page of labels, the order that teaches, and both in the API."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pytest
from flask import Flask

from classifier.needed import Need
from classifier.registry import Registry
from classifier.suspicion import Suspicion
from classifier.teaching import Worth
from errors import MailtriageError
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.test_api import body, program
from tickets.store import Store
from webui.app import create_app
from webui.labelling import NextLabel

LINKS = re.compile(r'class="row-link"[^>]*href="/tickets/(\d+)')


class Backwards:
    """The queue from its end, one doubtful label, and one need."""

    def __init__(self, store: Store, doubtful: int) -> None:
        self._store = store
        self._doubtful = doubtful

    def next(self, policy: str | None) -> Sequence[NextLabel]:
        items = self._store.review_queue(policy=policy)[::-1]
        return [NextLabel(item, Worth(1.0 / (at + 1), 0.5, 0.25, 0.1)) for at, item in enumerate(items)]

    def needed(self, policy: str) -> Sequence[Need]:
        if policy == "atollon":
            raise MailtriageError("There is no model for atollon yet.")
        return [Need("topic", "other", 9, 4, None, 0.1, 0.02, 50, "topic other: 9 mails")]

    def suspicious(self, policy: str) -> Sequence[Suspicion]:
        mails = (f"ticket-{self._doubtful}", "<b>pen-1</b>")
        return [Suspicion("near_duplicate", "topic", mails, "other", "x", None, 0.9, "Two & the same.")]


@pytest.fixture
def doubtful(store: Store) -> int:
    """A ticket that was decided."""
    number = store.review_queue()[0].number
    store.set_state(number, "decided", actor="anna")
    return number


@pytest.fixture
def app(store: Store, policies: Mapping[str, Policy], registry: Registry, doubtful: int) -> Flask:
    labelling = Backwards(store, doubtful)
    return create_app(store, policies, registry, secret_key=b"tests", labelling=labelling, clock=lambda: seed.NOW)


def test_the_order_that_teaches_is_a_choice_and_says_what_each_is_worth(agent: Agent, store: Store) -> None:
    urgent = [item.number for item in store.review_queue()]
    page = agent.page("/?order=teaching")
    assert [int(number) for number in LINKS.findall(page)] == urgent[::-1]
    assert "Worth 1.43: uncertainty 1.00, novelty 0.25, typicality 0.12, urgency 0.05" in page
    assert [int(number) for number in LINKS.findall(agent.page("/"))] == urgent
    assert agent.get("/?order=random").status_code == 404


def test_who_goes_through_the_queue_by_what_teaches_stays_in_that_order(agent: Agent, store: Store) -> None:
    agent.page("/?order=teaching")
    first, second, *_ = [item.number for item in store.review_queue()[::-1]]
    done = agent.post(f"/tickets/{first}/confirm?at=0", seen_on=f"/tickets/{first}?at=0")
    assert (done.status_code, f"/tickets/{second}?" in done.location) == (302, True)


def test_a_program_that_cannot_order_does_not_offer_it(
    store: Store, policies: Mapping[str, Policy], registry: Registry
) -> None:
    client = create_app(store, policies, registry, secret_key=b"k").test_client()
    sign_in(client)
    assert "order=teaching" not in client.get("/").text
    assert client.get("/?order=teaching").status_code == 404


def test_the_page_lists_doubtful_labels_and_needs_and_escapes_what_mails_are_called(
    agent: Agent, doubtful: int
) -> None:
    page = agent.page("/labels?policy=perfana")
    assert "Two &amp; the same." in page and "&lt;b&gt;pen-1&lt;/b&gt;" in page
    assert f'href="/tickets/{doubtful}"' in page
    assert "+2.0%" in page
    assert agent.get("/labels?policy=nobodys").status_code == 404


def test_a_policy_without_a_model_says_so(agent: Agent) -> None:
    assert "There is no model for atollon yet." in agent.page("/labels?policy=atollon")


def test_a_doubtful_label_is_sent_to_review_by_a_button(agent: Agent, store: Store, doubtful: int) -> None:
    done = agent.post(f"/labels/review/{doubtful}", seen_on="/labels")
    assert done.status_code == 302
    ticket = store.ticket(doubtful)
    assert ticket is not None and ticket.state == "review"
    assert agent.post("/labels/review/99999", seen_on="/labels").status_code == 404


def test_the_api_tells_the_same(app: Flask, store: Store, doubtful: int) -> None:
    asking = program(app, store, "agent")
    told = body(asking.get("/api/v1/labels/next?limit=2"))["next"]
    assert len(told) == 2
    assert told[0]["parts"]["uncertainty"] == 1.0
    assert body(asking.get("/api/v1/labels/needed?policy=perfana"))["perfana"][0]["value"] == "other"
    assert body(asking.get("/api/v1/labels/suspicious?policy=perfana"))["perfana"][0]["kind"] == "near_duplicate"
    assert body(asking.send("POST", f"/api/v1/tickets/{doubtful}/review"))["state"] == "review"
    assert asking.send("POST", "/api/v1/tickets/99999/review").status_code == 404
    assert asking.get("/api/v1/labels/next?policy=nobodys").status_code == 422
