from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from webui.passwords import LONGEST, NOBODYS_HASH, UnusablePassword, hash_password, verify_password


def test_a_password_verifies_against_its_own_hash_only() -> None:
    encoded = hash_password("correct horse battery")
    assert encoded.startswith("$argon2id$")
    assert verify_password(encoded, "correct horse battery")
    assert not verify_password(encoded, "correct horse batterz")


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("same password") != hash_password("same password")


def test_an_unknown_user_costs_a_full_verification_and_never_passes() -> None:
    assert not verify_password(None, "anything at all")
    assert not PasswordHasher().check_needs_rehash(NOBODYS_HASH)


@pytest.mark.parametrize("password", ["", "seven c", "x" * (LONGEST + 1)])
def test_too_short_or_too_long_a_password_is_refused(password: str) -> None:
    with pytest.raises(UnusablePassword, match="8 to 1024"):
        hash_password(password)


def test_a_damaged_hash_lets_nobody_in() -> None:
    assert not verify_password("$argon2id$broken", "correct horse battery")
    assert not verify_password("", "correct horse battery")
