"""A generated corpus of support mail: 60% plain text, 30% with HTML beside it, 10% with an attachment; mean 26 KB."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from mailtriage.starters import shipped_examples
from policies.loader import shipped

PLAIN, ALTERNATIVE = 0.6, 0.9
REPLIES = 0.25
MAILS_A_SENDER = 10
FIRST = datetime(2026, 3, 2, 8, tzinfo=UTC)
ROUTE = 5
"""Received fields of a mail."""
STYLE = "font-family:Calibri,sans-serif;font-size:11.0pt;margin:0cm;mso-style-priority:99"


def corpus(count: int, seed: int = 0) -> Iterator[bytes]:
    """``count`` raw mails, the same for the same seed, ten from each sender; a quarter answers an earlier one."""
    chance = random.Random(seed)
    sentences = [
        sentence.strip()
        for policy in shipped()
        for example in shipped_examples(policy)
        for sentence in example.body.replace("\n", " ").split(". ")
        if len(sentence) > 20
    ]
    senders = max(1, count // MAILS_A_SENDER)
    for number in range(count):
        yield _mail(number, senders, sentences, chance)


def _mail(number: int, senders: int, sentences: list[str], chance: random.Random) -> bytes:
    sender = number % senders
    earlier = number - senders * chance.randint(1, 3)
    answers = earlier >= 0 and chance.random() < REPLIES
    text = _text(sentences, chance, chance.randint(4, 40))
    if answers:
        quoted = "\r\n".join(f"> {line}" for line in _text(sentences, chance, chance.randint(4, 30)).split("\r\n"))
        text += f"\r\nOn Mon, 2 Mar 2026 at 09:12, Support <support@vendor.example> wrote:\r\n\r\n{quoted}\r\n"
    text += f"\r\n-- \r\nSender {sender}\r\nCompany {sender} Ltd.\r\nTel. +31 20 555 {sender:04}\r\n"
    head = _head(number, sender, earlier if answers else None, sentences, chance)
    kind = chance.random()
    if kind < PLAIN:
        return _join(head, "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text)
    boundary = f"=_{number:08x}_{chance.getrandbits(64):016x}"
    if kind < ALTERNATIVE:
        parts = [("text/plain; charset=utf-8", "8bit", text), ("text/html; charset=utf-8", "8bit", _html(text, chance))]
        return _multipart(head, "alternative", boundary, parts)
    content = base64.encodebytes(chance.randbytes(chance.randint(20_000, 300_000))).decode().replace("\n", "\r\n")
    attached = "application/pdf; name=report.pdf\r\nContent-Disposition: attachment; filename=report.pdf"
    return _multipart(
        head, "mixed", boundary, [("text/plain; charset=utf-8", "8bit", text), (attached, "base64", content)]
    )


def _head(number: int, sender: int, earlier: int | None, sentences: list[str], chance: random.Random) -> str:
    date = format_datetime(FIRST + timedelta(minutes=number))
    lines = [
        f"Received: from mx{hop}.relay.example (mx{hop}.relay.example [192.0.2.{hop + 1}])\r\n"
        f"\tby mx{hop + 1}.relay.example (Postfix) with ESMTPS id {chance.getrandbits(48):012X}\r\n"
        f"\tfor <support@vendor.example>; {date}"
        for hop in range(ROUTE)
    ]
    signature = "\r\n\t".join(base64.b64encode(chance.randbytes(48)).decode() for _ in range(4))
    lines += [
        f"DKIM-Signature: v=1; a=rsa-sha256; d=company{sender}.example; s=sel;\r\n\tb={signature}",
        f"Message-ID: <{number}.mail@company{sender}.example>",
        f"Date: {date}",
        f"From: =?utf-8?q?Sender_=C3=A9_{sender}?= <sender{sender}@company{sender}.example>",
        "To: Support <support@vendor.example>",
        f"Subject: {'Re: ' if earlier is not None else ''}{chance.choice(sentences)[:70]}",
        "MIME-Version: 1.0",
        "X-Mailer: Microsoft Outlook 16.0",
    ]
    if earlier is not None:
        lines += [f"In-Reply-To: <{earlier}.mail@company{sender}.example>"]
        lines += [f"References: <{earlier}.mail@company{sender}.example>"]
    return "\r\n".join(lines)


def _text(sentences: list[str], chance: random.Random, count: int) -> str:
    lines = [f"{chance.choice(sentences)}." for _ in range(count)]
    return "\r\n".join(line if at % 4 else f"\r\n{line}" for at, line in enumerate(lines)).strip()


def _html(text: str, chance: random.Random) -> str:
    """What a word processor makes of a text: every line styled, the quotation in a block."""
    body = "\r\n".join(
        f'<p class="MsoNormal" style="{STYLE}"><span lang="EN-US" style="color:#{chance.getrandbits(24):06x}">'
        f"{line.replace('<', '&lt;')}</span></p>"
        for line in text.split("\r\n")
    )
    return f'<html><head><style>p.MsoNormal {{{STYLE}}}</style></head><body lang="EN-US">{body}</body></html>'


def _multipart(head: str, subtype: str, boundary: str, parts: list[tuple[str, str, str]]) -> bytes:
    bodies = [
        f"--{boundary}\r\nContent-Type: {type_}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}\r\n"
        for type_, encoding, content in parts
    ]
    content_type = f'Content-Type: multipart/{subtype}; boundary="{boundary}"'
    return _join(head, content_type, "", "".join(bodies) + f"--{boundary}--\r\n")


def _join(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()
