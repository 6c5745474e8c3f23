"""What the receiving server says of the sender."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from intake.alignment import aligned
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


def headed(mail: Mail, *lines: str) -> bytes:
    """The mail with header lines above its own."""
    return "".join(f"{line}\r\n" for line in lines).encode() + mail()


PASS = "Authentication-Results: mx.example.org; dmarc=pass header.from=example.com"
SPF = "Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=other.net"
HOP = "Received: from out.example.com (192.0.2.1) by mx.example.org with ESMTPS; Mon, 2 Mar 2026 12:00:00 +0000"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((SPF, PASS), True),
        ((SPF, "DKIM-Filter: OpenDKIM Filter v2.11.0", PASS), True),
        ((SPF, "Authentication-Results: mx.other.net; dmarc=fail header.from=example.com", PASS), True),
        ((SPF, HOP, PASS), False),
        ((SPF, "Subject: x", PASS), False),
        ((HOP, PASS), True),
        ((HOP, SPF, PASS), False),
        (("Authentication-Results: mx.evil.net; dmarc=fail header.from=example.com", PASS), True),
        ((SPF, PASS.replace("mx.example.org", "MX.Example.Org")), False),
        (("Authentication-Results: mx.example.org; none", PASS.replace("mx.example", "Mx.example")), None),
    ],
)
def test_what_the_receiving_server_wrote_one_header_a_method_counts_together(
    mail: Mail, lines: tuple[str, ...], expected: bool | None
) -> None:
    """Only what goes on directly at the top, by the same server in the same spelling: below a hop it may be forged."""
    assert prove(parse(headed(mail, *lines)), TRUSTED)[0] is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("MX.example.ORG; dmarc=pass header.from=example.com", True),
        ("mx.example.org 1; dmarc=pass header.from=example.com", True),
        ("mx.example.org/1; dmarc=pass header.from=example.com", True),
        ("mx.example.org 2; dmarc=pass header.from=example.com", None),
        ("(it is us) mx.example.org (really) ; dmarc=pass (p=reject) header.from=example.com", True),
        ("mx.example.org.; dmarc=pass header.from=example.com", None),
        ("mx.example.org.evil.net; dmarc=pass header.from=example.com", None),
        ("(mx.example.org) mx.evil.net; dmarc=pass header.from=example.com", None),
        ("=?utf-8?q?mx.example.org=3B_dmarc=3Dpass_header.from=3Dexample.com?=", None),
        ("evil.net;\r\n mx.example.org; dmarc=pass header.from=example.com", None),
    ],
)
def test_the_name_of_the_server_is_read_as_it_is_written(mail: Mail, written: str, expected: bool | None) -> None:
    assert prove(parse(mail(authentication_results=written)), TRUSTED)[0] is expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("dmarc=pass", None),
        ("dmarc=bestguesspass header.from=example.com", None),
        ("dmarc=fail header.from=example.com; arc=pass", None),
        ("arc=pass smtp.remote-ip=192.0.2.1", None),
        ("dmarc=fail (p=none) header.from=example.com; dkim=pass header.d=other.net", False),
        ("dmarc=none header.from=example.com; dkim=pass header.d=example.com", True),
        ("dkim=pass header.i=@example.com", True),
        ("dkim=pass header.d=evil.net header.i=@example.com", None),
        ("spf=pass smtp.helo=example.com", None),
        ("dkim=fail header.d=example.com; dkim=pass header.d=example.com", True),
        ("x-tls=pass smtp.from=example.com", None),
        ("dmarc=pass policy.from=example.com", None),
    ],
)
def test_each_method_speaks_of_its_own_domain(mail: Mail, result: str, expected: bool | None) -> None:
    assert prove(parse(mail(authentication_results=f"mx.example.org; {result}")), TRUSTED)[0] is expected


@pytest.mark.parametrize(
    ("proven", "domain", "speaks"),
    [
        ("customer.co.uk", "customer.co.uk", True),
        ("mail.customer.co.uk", "customer.co.uk", True),
        ("customer.co.uk", "mail.customer.co.uk", True),
        ("evil.co.uk", "customer.co.uk", False),
        ("co.uk", "customer.co.uk", False),
        ("evil.co.uk", "co.uk", False),
        ("uk", "customer.uk", False),
        ("evil.github.io", "github.io", False),
        ("mail.customer.nl", "customer.nl", True),
        ("evilcustomer.nl", "customer.nl", False),
        ("a.customer.nl", "b.customer.nl", False),
        ("", "", False),
    ],
)
def test_a_domain_speaks_for_itself_and_along_its_own_line(proven: str, domain: str, speaks: bool) -> None:
    assert aligned(proven, domain) is speaks


def test_two_froms_prove_nothing(mail: Mail) -> None:
    proven, reason = prove(parse(headed(mail, PASS, "From: Boss <boss@example.com>")), TRUSTED)
    assert proven is None
    assert "more than one From" in reason


def test_the_reason_names_the_server_and_what_it_found(mail: Mail) -> None:
    found = prove(parse(headed(mail, PASS)), TRUSTED)[1]
    assert found == "mx.example.org found DMARC passed for example.com (RFC 7489)."
    by = "Authentication-Results: mx.example.org; dkim=pass header.d=mail.example.com"
    assert prove(parse(headed(mail, by)), TRUSTED)[1] == (
        "mx.example.org found DKIM passed for example.com, by mail.example.com."
    )
    assert "trusted_authserv" in prove(parse(mail()), ())[1]


@pytest.mark.parametrize("value", ["mx.example.org; dmarc=", "mx.example.org; ((((", "mx.example.org", "", ";;;"])
def test_a_result_that_cannot_be_read_proves_nothing(mail: Mail, value: str) -> None:
    assert prove(parse(mail(authentication_results=value)), TRUSTED)[0] is None


def test_a_mail_without_sender_proves_nothing() -> None:
    assert prove(parse(b"Subject: x\n\nbody"), TRUSTED)[0] is None
