"""What refusals mean."""

from __future__ import annotations

import pytest

from intake.imap.server_words import Meaning, advice, meaning, suggested_wait, words_of


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials", Meaning.REFUSED),
        ("[UNAVAILABLE] Temporary authentication failure", Meaning.LATER),
        ("[inuse] mailbox locked", Meaning.LATER),
        ("[THROTTLED] Rate limit hit", Meaning.THROTTLED),
        ("[LIMIT] Too many UIDs", Meaning.THROTTLED),
        ("[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)", Meaning.THROTTLED),
        ("[ALERT] Too many simultaneous connections. (Failure)", Meaning.THROTTLED),
        ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", Meaning.THROTTLED),
        ("[UNAVAILABLE] Maximum number of connections from user+IP exceeded", Meaning.THROTTLED),
        ("Unknown mailbox: Connections", Meaning.REFUSED),
        ("", Meaning.REFUSED),
    ],
)
def test_a_refusal_is_told_from_a_fault_of_the_moment_and_from_throttling(words: str, kind: Meaning) -> None:
    assert meaning(words) is kind


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Request is throttled. Suggested Backoff Time: 92415 milliseconds", 92.415),
        ("suggested backoff time: 30 seconds", 30.0),
        ("Backoff Time: 5000", 5.0),
        ("slow down", 0.0),
    ],
)
def test_the_wait_that_a_server_suggests_is_read(words: str, seconds: float) -> None:
    assert suggested_wait(words) == pytest.approx(seconds)


def test_a_code_of_rfc_5530_says_what_to_do() -> None:
    assert "expired" in advice("[EXPIRED] change it")
    assert advice("no code at all") == ""


def test_words_are_one_short_line_without_secrets() -> None:
    words = words_of(ValueError("b'bad\r\nline with hush " + "x" * 500 + "'"), "hush")
    assert words.startswith("bad line with *** x")
    assert len(words) <= 200
