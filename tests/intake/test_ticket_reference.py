"""Ticket numbers, signed: in a subject, in a plus-address."""

from __future__ import annotations

import re

import pytest

from intake.message import Message, parse
from intake.ticket_reference import ALPHABET, MAX_TAGS, TicketReferences

REFERENCES = TicketReferences(b"the key of these tests")
OTHERS = TicketReferences(b"the key of another program")
TAG = REFERENCES.subject_tag(1234)
ADDRESS = REFERENCES.address(1234, "support@example.org")


def subject(text: str) -> Message:
    return parse(f"Subject: {text}\n\nHello".encode())


def header(name: str, value: str) -> Message:
    return parse(f"Subject: Hello\n{name}: {value}\n\nHello".encode())


def test_a_reference_is_short_and_without_letters_that_differ_by_case_or_look_like_digits() -> None:
    assert re.fullmatch(rf"\[#1234-[{ALPHABET}]{{8}}\]", TAG)
    assert re.fullmatch(rf"support\+t1234-[{ALPHABET.lower()}]{{8}}@example\.org", ADDRESS)
    assert not set("ILOU") & set(ALPHABET)


def test_each_ticket_and_each_key_has_a_signature_of_its_own() -> None:
    assert len({REFERENCES.subject_tag(n).partition("-")[2] for n in range(500)}) == 500
    assert OTHERS.subject_tag(1234) != TAG


@pytest.mark.parametrize(
    "text",
    [
        f"Re: Printing {TAG}",
        f"{TAG} Printing",
        f"AW: Re: {TAG}: Printing",
        f"re: printing {TAG.lower()}",
        f"Re: Printing [ {TAG[1:-1]} ]",
        f"Re: Printing {TAG[:9]}\n {TAG[9:]}",
        "Re: Printing " + TAG.replace("-", "\u2011"),
        f"Re: [list] [#7] {TAG} [x]",
        "=?utf-8?Q?Re:_Printing_" + "".join(f"={ord(c):02X}" for c in TAG) + "?=",
        "=?utf-8?B?UmU6IFByaW50aW5nIA==?=\n =?utf-8?Q?" + TAG[:8] + "?=\n =?utf-8?Q?" + TAG[8:] + "?=",
    ],
)
def test_a_subject_is_read_however_clients_spell_it(text: str) -> None:
    assert REFERENCES.tickets(subject(text)) == (1234,)


def test_a_letter_written_for_the_digit_that_it_looks_like_is_read_as_it() -> None:
    number = next(n for n in range(1000) if {"0", "1"} <= set(REFERENCES.subject_tag(n).partition("-")[2]))
    digits, _, signature = REFERENCES.subject_tag(number).partition("-")
    for one in "IiLl":
        spelled = f"{digits}-{signature.replace('0', 'o').replace('1', one)}"
        assert REFERENCES.tickets(subject(spelled)) == (number,)


@pytest.mark.parametrize("name", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"])
@pytest.mark.parametrize("value", [ADDRESS, f"Support <{ADDRESS.upper()}>", f"a@b.example, <{ADDRESS}>"])
def test_a_plus_address_is_read_wherever_the_mail_was_sent_to(name: str, value: str) -> None:
    assert REFERENCES.tickets(header(name, value)) == (1234,)


@pytest.mark.parametrize("name", ["From", "Reply-To", "References", "X-Other"])
def test_a_plus_address_elsewhere_says_nothing(name: str) -> None:
    assert REFERENCES.tickets(header(name, ADDRESS)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Re: [#1234] Printing",
        "Re: #1234 Printing",
        "Re: [#1234-AAAAAAAA]",
        f"Re: {OTHERS.subject_tag(1234)}",
        f"Re: {TAG.replace('1234', '1235')}",
        f"Re: {TAG.replace('1234', '12345678901')}",
        f"Re: {TAG[:-2]}]",
        f"Re: {TAG[1:-1]}",
        TAG.replace("1234", "\u0661\u0662\u0663\u0664"),
        f"Re: {TAG[:-2]}\u212a]",
        "[#" * 5000,
        "[#" + "1" * 5000 + "-" + "A" * 5000 + "]",
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_bears_no_true_signature_names_no_ticket(text: str) -> None:
    assert REFERENCES.tickets(subject(text)) == ()


def test_letters_that_are_not_ascii_are_no_signature() -> None:
    """Folding case makes an ASCII letter of the Kelvin sign and of the long s."""
    kelvin = header("To", "support+t1-" + "\u212a" * 8 + "@example.org")
    long_s = header("Delivered-To", "support+t1-" + "\u017f" * 8 + "@example.org")
    assert REFERENCES.tickets(kelvin) == REFERENCES.tickets(long_s) == ()


def test_of_several_tags_in_a_subject_the_last_comes_first() -> None:
    """Programs add theirs to the end, so it is of the mail that is answered; a copied one stands before it."""
    mail = parse(
        f"Subject: Re: {REFERENCES.subject_tag(7)} {TAG}\nTo: {REFERENCES.address(9, 's@x.example')}\n\n".encode()
    )
    assert REFERENCES.tickets(mail) == (1234, 7, 9)


def test_only_so_many_are_looked_at() -> None:
    forged = ", ".join(f"s+t{n}-aaaaaaaa@x.example" for n in range(MAX_TAGS))
    assert REFERENCES.tickets(header("To", f"{forged}, {ADDRESS}")) == ()
    assert REFERENCES.tickets(header("To", f"{ADDRESS}, {forged}")) == (1234,)


def test_a_key_is_long_and_never_shown() -> None:
    with pytest.raises(ValueError, match="too short"):
        TicketReferences(b"short")
    assert "key of these" not in repr(REFERENCES)


def test_a_subject_without_tags_names_no_ticket_whoever_signed_it() -> None:
    subject = f"hello {REFERENCES.subject_tag(1)} there {TAG} [#99-AAAAAAAA] [draft]"
    assert REFERENCES.untagged(subject) == "hello there [draft]"
