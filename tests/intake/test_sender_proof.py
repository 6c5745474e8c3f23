"""What the receiving server says of the sender."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from intake.message import parse
from intake.sender_proof import prove

Mail = Callable[..., bytes]
TRUSTED = ("mx.example.org",)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("dmarc=pass header.from=example.com", True),
        ("dmarc=fail header.from=example.com", False),
        ("dkim=pass header.d=example.com; spf=fail smtp.mailfrom=other.net", True),
        ("dkim=pass header.d=mail.example.com", True),
        ("dkim=pass header.d=evil.net", None),
        ("spf=pass smtp.mailfrom=bounce@example.com", True),
        ("spf=pass smtp.mailfrom=evil.net; dkim=fail header.d=example.com", False),
        ("dkim=none; spf=neutral smtp.mailfrom=example.com", None),
        ("dmarc=pass header.from=evil.net", None),
        ("none", None),
    ],
)
def test_the_results_of_a_trusted_server_count(mail: Mail, result: str, expected: bool | None) -> None:
    proven, reason = prove(parse(mail(authentication_results=f"mx.example.org; {result}")), TRUSTED)
    assert proven is expected
    assert reason.endswith(".")


def test_the_results_of_any_other_server_are_not_looked_at(mail: Mail) -> None:
    forged = mail(authentication_results="mx.evil.net; dmarc=pass header.from=example.com")
    assert prove(parse(forged), TRUSTED)[0] is None
    assert prove(parse(forged), ())[0] is None


def test_only_the_topmost_result_counts(mail: Mail) -> None:
    """A sender can write the header, too, but only below the receiving server's."""
    true = b"Authentication-Results: mx.example.org; dmarc=fail header.from=example.com\r\n"
    forged = mail(authentication_results="mx.example.org; dmarc=pass header.from=example.com")
    assert prove(parse(true + forged), TRUSTED)[0] is False


@pytest.mark.parametrize("value", ["mx.example.org; dmarc=", "mx.example.org; ((((", "mx.example.org", "", ";;;"])
def test_a_result_that_cannot_be_read_proves_nothing(mail: Mail, value: str) -> None:
    assert prove(parse(mail(authentication_results=value)), TRUSTED)[0] is None


def test_a_mail_without_sender_proves_nothing() -> None:
    assert prove(parse(b"Subject: x\n\nbody"), TRUSTED)[0] is None
