from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from classifier.registry import Registry
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tickets.store import Store
from webui.app import create_app
from webui.paging import SIZE
from webui.position import position

SUBJECTS = re.compile(r'class="row-link"[^>]*><bdi>([^<]*)</bdi>')


def test_the_most_urgent_comes_first(agent: Agent) -> None:
    assert SUBJECTS.findall(agent.page("/")) == [
        "No results in any dashboard since the 08:40 deploy",
        "Reports take four minutes for the whole intake team",
        "admin password - again, sorry",
        "it does not do what it should",
        "Vraag over het vergelijken van testruns",
        "New project type with approval step",
    ]


def test_the_queue_says_how_long_is_left_and_why_a_person_is_asked(agent: Agent) -> None:
    page = agent.page("/")
    assert "due in 25 min" in page
    assert "SEV1 is always looked at by a person" in page


def test_the_queue_of_one_policy_is_an_address_of_its_own(agent: Agent) -> None:
    assert SUBJECTS.findall(agent.page("/?policy=atollon")) == [
        "it does not do what it should",
        "New project type with approval step",
    ]
    assert agent.get("/?policy=nobodys").status_code == 404


def test_the_counts_are_those_of_the_store(agent: Agent, store: Store) -> None:
    page = agent.page("/")
    for state, count in (("review", 6), ("quarantined", 1), ("set_aside", 2)):
        assert store.counts()[state] == count
    assert "6 tickets wait for a person" in page


def test_a_long_queue_is_turned_page_by_page(agent: Agent, store: Store, policies: Mapping[str, Policy]) -> None:
    for _ in range(SIZE):
        seed.add(store, policies, seed.SAMPLES[3])
    first, second = agent.page("/?policy=perfana"), agent.page("/?policy=perfana&page=2")
    assert len(SUBJECTS.findall(first)) == SIZE
    assert len(SUBJECTS.findall(second)) == 2
    assert 'href="/?policy=perfana&amp;page=2"' in first
    assert f"at={SIZE}" in second


@pytest.mark.parametrize("page", ["0", "-3", "x", "99999999999999999999"])
def test_a_page_that_is_not_there_is_shown_as_another(agent: Agent, page: str) -> None:
    assert agent.get(f"/?page={page}").status_code == 200


def test_an_empty_store_says_how_mail_comes_in(tmp_path: Path, policies: Mapping[str, Policy]) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'empty.db'}")
    store.add_user("anna", seed.PasswordHasher.from_parameters(seed.CHEAPEST).hash(seed.PASSWORD), "agent", actor="t")
    client = create_app(store, policies, Registry(tmp_path), secret_key=b"k").test_client()
    sign_in(client)
    page = client.get("/").text
    assert "No mail yet" in page
    assert "mailtriage poll --once" in page
    store.close()


def test_a_queue_worked_through_says_what_to_look_at_next(agent: Agent, store: Store) -> None:
    for item in store.review_queue():
        store.set_state(item.number, "decided", actor="anna")
    page = agent.page("/")
    assert "All reviewed" in page
    assert "/search?state=decided" in page


def test_the_neighbours_of_a_ticket_are_those_of_the_queue(store: Store, numbers: dict[str, int]) -> None:
    queue = [item.number for item in store.review_queue()]
    here = position(store, queue[2], at=2)
    assert (here.at, here.previous and here.previous.number, here.next and here.next.number) == (2, queue[1], queue[3])
    assert position(store, queue[0]).previous is None
    assert position(store, queue[-1]).next is None


def test_a_ticket_found_elsewhere_than_it_was_still_has_its_neighbours(store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    assert position(store, queue[4], at=1).at == 4


def test_a_ticket_that_has_left_the_queue_gives_its_place_to_the_next(store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    store.set_state(queue[2], "decided", actor="anna")
    left = position(store, queue[2], at=2)
    assert left.at is None
    assert left.previous is not None
    assert left.next is not None
    assert (left.previous.number, left.next.number, left.next.at) == (queue[1], queue[3], 2)


def test_the_only_policys_queue_is_kept_to(store: Store) -> None:
    mine = [item.number for item in store.review_queue(policy="atollon")]
    here = position(store, mine[0], policy="atollon")
    assert here.next is not None
    assert here.next.number == mine[1]


def test_times_carry_a_machine_readable_form(agent: Agent) -> None:
    due = seed.NOW + timedelta(minutes=25)
    assert f'datetime="{due.isoformat()}"' in agent.page("/")
