from __future__ import annotations

import re

import pytest

from tests.webui.conftest import Agent
from tickets.store import Store

SUBJECTS = re.compile(r'class="row-link"[^>]*><bdi>([^<]*)</bdi>')


def test_words_are_found_in_the_mails(agent: Agent) -> None:
    page = agent.page("/search?q=sysadmin+locked")
    assert SUBJECTS.findall(page) == ["admin password - again, sorry"]
    assert "<mark>locked</mark>" in page


def test_filters_are_in_the_address_and_shown_as_chosen(agent: Agent) -> None:
    page = agent.page("/search?policy=atollon&severity=SEV4")
    assert SUBJECTS.findall(page) == ["New project type with approval step"]
    assert '<option value="SEV4" selected>' in page
    assert '<option value="new_object_type">' in page
    assert "odbc_account" not in page


def test_without_words_and_filters_all_tickets_are_listed_newest_first(agent: Agent, store: Store) -> None:
    assert SUBJECTS.findall(agent.page("/search")) == [item.subject for item in store.search()]


@pytest.mark.parametrize("query", ['"', "NEAR(", "a OR", "*", "col:x", "'; DROP TABLE ticket;--", "\x00", "x" * 3000])
def test_any_text_is_a_legal_search(agent: Agent, query: str) -> None:
    assert agent.client.get("/search", query_string={"q": query}).status_code == 200


def test_a_value_that_is_none_filters_nothing(agent: Agent) -> None:
    assert len(SUBJECTS.findall(agent.page("/search?severity=SEV9&state=lost&topic=x"))) == 6


def test_nothing_found_says_what_to_try(agent: Agent) -> None:
    assert "No ticket matches" in agent.page("/search?q=zebra")
    assert 'href="/search?q=team"' in agent.page("/search?q=team&severity=SEV3")
