"""People who sign in."""

from __future__ import annotations

import pytest

from tickets.store import Store, StoreError


def test_a_user_is_found_by_name_and_id(store: Store) -> None:
    anna = store.add_user("anna", "$argon2id$x", "agent", actor="setup")
    assert store.user("anna") == store.user_by_id(anna.id) == anna
    assert (anna.role, anna.password_hash) == ("agent", "$argon2id$x")
    assert store.user("ben") is None
    ben = store.add_user("ben", "$argon2id$y", "admin", actor="anna")
    assert store.users() == [anna, ben]


def test_a_taken_name_is_refused(store: Store) -> None:
    store.add_user("anna", "$argon2id$x", "agent", actor="setup")
    with pytest.raises(StoreError, match="already a user 'anna'"):
        store.add_user("anna", "$argon2id$y", "admin", actor="setup")
    assert len(store.users()) == 1


def test_a_user_needs_a_name(store: Store) -> None:
    for name in ("", "  ", "x" * 300):
        with pytest.raises(StoreError, match="needs a name"):
            store.add_user(name, "$argon2id$y", "admin", actor="setup")


def test_the_password_hash_is_in_no_event_and_no_repr(store: Store) -> None:
    anna = store.add_user("anna", "$argon2id$x", "agent", actor="setup")
    assert "argon2" not in repr(anna)
    [event] = store.events()
    assert event.kind == "user_added"
    assert "argon2" not in str(event)


def test_any_name_may_be_asked_for(store: Store) -> None:
    for name in ("\x00", "\udcff", "' OR 1=1 --", "x" * 10_000):
        assert store.user(name) is None


def test_a_password_can_be_replaced(store: Store) -> None:
    store.add_user("ann", "first", "agent", actor="root")
    store.set_password("ann", "second", actor="root")
    found = store.user("ann")
    assert found is not None
    assert found.password_hash == "second"
    with pytest.raises(StoreError, match="no user 'bob'"):
        store.set_password("bob", "third", actor="root")
