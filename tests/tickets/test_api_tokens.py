"""Tokens of the REST API: shown once, kept as a digest."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from tickets.connections import reading
from tickets.schema import api_token
from tickets.store import Store, StoreError


def test_a_token_is_its_owners_until_it_is_revoked(store: Store) -> None:
    store.add_user("maria", "hash", "lead", actor="anna")
    token, text = store.add_token("maria", " CRM ", actor="anna")
    assert (token.user, token.name, token.revoked_at) == ("maria", "CRM", None)
    owner = store.token_owner(text)
    assert owner is not None and (owner.name, owner.role) == ("maria", "lead")
    store.revoke_token(token.id, actor="anna")
    assert store.token_owner(text) is None
    assert store.tokens()[0].revoked_at is not None
    with pytest.raises(StoreError, match="no token"):
        store.revoke_token(token.id, actor="anna")


def test_the_text_of_a_token_is_kept_nowhere(store: Store) -> None:
    store.add_user("maria", "hash", "lead", actor="anna")
    token, text = store.add_token("maria", "CRM", actor="anna")
    with reading(store._engine) as connection:
        [digest] = connection.scalars(select(api_token.c.digest))
    assert digest == hashlib.sha256(text.encode()).hexdigest()
    assert text not in repr(token)
    assert text not in repr(store.events())
    assert store.add_token("maria", "CRM", actor="anna")[1] != text


@pytest.mark.parametrize("text", ["", "x", "mailtriage_", "mailtriage_" + "a" * 43, "mailtriage_" + "a" * 5000, "\x00"])
def test_any_other_text_is_nobodys(store: Store, text: str) -> None:
    store.add_user("maria", "hash", "lead", actor="anna")
    store.add_token("maria", "CRM", actor="anna")
    assert store.token_owner(text) is None


def test_a_token_needs_a_user_and_a_name(store: Store) -> None:
    with pytest.raises(StoreError, match="no user"):
        store.add_token("nobody", "CRM", actor="anna")
    store.add_user("maria", "hash", "lead", actor="anna")
    with pytest.raises(StoreError, match="needs a name"):
        store.add_token("maria", " ", actor="anna")
