"""Mails made to cost: what each takes to parse, in seconds and in memory. No mail may cost over 5 s or 300 MB.

Run ``python -m benchmarks.hostile`` (``--case NAME`` for one). Each case runs in a process of its own.
"""

from __future__ import annotations

import argparse
import base64
import resource
import struct
import subprocess
import sys
import time
from collections.abc import Callable

MEGABYTE = 1_000_000
WORST_SECONDS, WORST_MEGABYTES = 5.0, 300


def _mail(content_type: str, body: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([b"From: a@example.com", b"Content-Type: " + content_type.encode(), *fields, b"", body])


def _multipart(parts: list[bytes], kind: str = "mixed") -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return _mail(f"multipart/{kind}; boundary=b", body + b"--b--\r\n")


def _nested(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return opening + b"\r\ntext"


def _nested_mails(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"text"


def _tnef(attributes: bytes) -> bytes:
    stream = b"\x78\x9f\x3e\x22\x01\x00" + attributes
    return _multipart(
        [b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(stream)]
    )


def _properties(block: bytes) -> bytes:
    return struct.pack("<BII", 1, 0x00069003, len(block)) + block + b"\0\0"


def _rich(rtf: bytes) -> bytes:
    packed = struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf
    packed += b"\0" * (-len(packed) % 4)
    return _tnef(_properties(struct.pack("<IHHII", 1, 0x0102, 0x1009, 1, len(packed)) + packed))


def _calendar(body: bytes) -> bytes:
    return _mail("text/calendar", b"BEGIN:VCALENDAR\r\n" + body + b"END:VCALENDAR\r\n")


def _deep_der(depth: int) -> bytes:
    return _mail("application/pkcs7-mime; smime-type=signed-data", b"\x30\x80" * depth)


ENCODED_WORD = b"=?utf-8?Q?=C3=A9?="

CASES: dict[str, Callable[[], bytes]] = {
    "100,000 headers": lambda: b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\ntext",
    "one header of 30 MB": lambda: b"Subject: " + b"x" * (30 * MEGABYTE) + b"\r\n\r\ntext",
    "a header without an end": lambda: b"a:\n" * (10 * MEGABYTE),
    "broken headers": lambda: b"no field\r\nX: y\r\n" * MEGABYTE + b"\r\ntext",
    "folded lines": lambda: b"Subject: x" + b"\r\n " * (5 * MEGABYTE) + b"\r\n\r\ntext",
    "headers of 500 parts": lambda: _multipart([b"a:\n" * 30_000 + b"\n"] * 600),
    "50,000 parts": lambda: _multipart([b"\r\nx"] * 50_000),
    "nested 5,000 deep": lambda: _nested(5000),
    "nested mails": lambda: _nested_mails(MEGABYTE),
    "delimiters that are none": lambda: _mail("multipart/mixed; boundary=b", b"--bx\r\n" * (5 * MEGABYTE)),
    "one boundary in itself": lambda: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 300_000,
    "a line of 40 MB": lambda: _mail("text/plain", b"x" * (40 * MEGABYTE)),
    "a line of 40 MB of 8-bit": lambda: _mail("text/plain", b"\xe9" * (40 * MEGABYTE)),
    "a wrong character set": lambda: _mail("text/plain; charset=gb2312", b"\xff\x81" * (15 * MEGABYTE)),
    "20 MB of <": lambda: _mail("text/html", b"<" * (20 * MEGABYTE)),
    "<div> without an end": lambda: _mail("text/html", b"<div>" * (4 * MEGABYTE)),
    "<table> in <table>": lambda: _mail("text/html", b"<table><tr><td>" * 300_000),
    "quotes in quotes": lambda: _mail("text/html", b"<blockquote type=cite>x" * 300_000),
    "quotes side by side": lambda: _mail("text/html", b"<blockquote type=cite>x</blockquote>" * 300_000),
    "a million attributes": lambda: _mail("text/html", b"<p " + b"a=b " * MEGABYTE + b">x"),
    "entities": lambda: _mail("text/html", b"&amp;" * (4 * MEGABYTE)),
    "soft line breaks": lambda: _mail(
        "text/plain", b"=\r\n" * (10 * MEGABYTE), b"Content-Transfer-Encoding: quoted-printable"
    ),
    "a million encoded words": lambda: b"Subject: " + (ENCODED_WORD + b" ") * MEGABYTE + b"\r\n\r\ntext",
    "encoded words in From": lambda: b"From: " + (ENCODED_WORD + b",") * MEGABYTE + b"\r\n\r\ntext",
    "half encoded words": lambda: b"Subject: " + b"=?a?q?" * MEGABYTE + b"\r\n\r\ntext",
    "encoded words in 1,000 headers": lambda: (b"X: " + ENCODED_WORD * 3000 + b"\r\n") * 1000 + b"\r\ntext",
    "8-bit in 1,000 headers": lambda: (b"X: " + b"\xe9" * 60_000 + b"\r\n") * 1000 + b"\r\ntext",
    "a million ids": lambda: b"References: " + b" ".join(b"<%d@x>" % n for n in range(MEGABYTE)) + b"\r\n\r\ntext",
    "ids without an end": lambda: b"References: " + b"<" * MEGABYTE + b"\r\n\r\ntext",
    "References a thousand times": lambda: (b"References: " + b"<a@b> " * 10_000 + b"\r\n") * 1000 + b"\r\ntext",
    "a million addresses": lambda: b"To: " + b"a@b.example, " * MEGABYTE + b"\r\n\r\ntext",
    "addresses in 1,000 fields": lambda: (b"To: " + b"((((a" * 12_000 + b"\r\n") * 1000 + b"\r\ntext",
    "quotes in an address": lambda: b'From: "' + b'\\"' * MEGABYTE + b"\r\n\r\ntext",
    "brackets in an address": lambda: b"From: " + b"<" * MEGABYTE + b"\r\n\r\ntext",
    "parameters": lambda: _mail("text/plain" + '; a*1*="x"' * MEGABYTE, b"text"),
    "parameter quotes": lambda: _mail('text/plain; a="' + '\\"' * MEGABYTE, b"text"),
    "parameters of 500 parts": lambda: _multipart([b"Content-Type: a/b" + b"; x=y" * 6000 + b"\r\n\r\nx"] * 600),
    "a base64 body of 30 MB": lambda: _multipart(
        [
            b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(b"x" * 22 * MEGABYTE)
        ]
    ),
    "base64 of stray characters": lambda: _mail("a/b", b"=!" * (15 * MEGABYTE), b"Content-Transfer-Encoding: base64"),
    "base64 text": lambda: _mail(
        "text/plain", base64.encodebytes(b"word " * 4 * MEGABYTE), b"Content-Transfer-Encoding: base64"
    ),
    "uuencode": lambda: _mail(
        "a/b", b"begin 644 x\n" + b"!\n" * (20 * MEGABYTE), b"Content-Transfer-Encoding: x-uuencode"
    ),
    "quotations": lambda: _mail("text/plain", b"> x\r\n" * (4 * MEGABYTE)),
    "prompts": lambda: _mail("text/plain", b">>> x\r\n" * 600_000),
    "quotations by turns": lambda: _mail("text/plain", b"> x\r\ny\r\n" * 600_000),
    "separators": lambda: _mail("text/plain", b"-----Original Message-----\r\nx:\r\n" * 600_000),
    "attributions": lambda: _mail("text/plain", b"On 1/2/26 10:00 a@b.cz wrote:\r\n\r\n" * 600_000),
    "header blocks": lambda: _mail("text/plain", b"From: a\r\nSent: b\r\nTo: c\r\n\r\n" * 600_000),
    "delimiters": lambda: _mail("text/plain", b"-- \r\n" * (4 * MEGABYTE)),
    "underscores": lambda: _mail("text/plain", b"_" * (10 * MEGABYTE)),
    "a text of blanks": lambda: _mail("text/plain", b" \t" * (10 * MEGABYTE)),
    "blank lines": lambda: _mail("text/plain", b"\r\n" * (15 * MEGABYTE)),
    "tnef: 4 billion properties": lambda: _tnef(_properties(b"\xff\xff\xff\xff")),
    "tnef: 4 billion values": lambda: _tnef(
        _properties(struct.pack("<IHHI", 1, 0x1102, 0x3001, 0xFFFFFFFF) + b"\0" * 10 * MEGABYTE)
    ),
    "tnef: many attributes": lambda: _tnef(struct.pack("<BIIH", 2, 0x00069002, 0, 0) * (2 * MEGABYTE)),
    "tnef: 30 MB": lambda: _tnef(
        struct.pack("<BIIH", 2, 0x00069002, 0, 0)
        + struct.pack("<BII", 2, 0x0006800F, 20 * MEGABYTE)
        + b"x" * 20 * MEGABYTE
    ),
    "tnef: rtf groups": lambda: _rich(b"{" * MEGABYTE),
    "tnef: rtf words": lambda: _rich(b"{\\rtf1 " + b"\\u1 " * 250_000),
    "tnef: rtf fields": lambda: _rich(b"{\\rtf1 " + b'{\\field{\\*\\fldinst{HYPERLINK "' * 30_000),
    "calendar: attendees": lambda: _calendar(
        b"BEGIN:VEVENT\r\n" + b"ATTENDEE:mailto:a@example.com\r\n" * 8000 + b"END:VEVENT\r\n"
    ),
    "calendar: a zone each second": lambda: _calendar(
        b"BEGIN:VTIMEZONE\r\nTZID:a\r\nBEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nRRULE:FREQ=SECONDLY\r\n"
        b"TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        b"BEGIN:VEVENT\r\nDTSTART;TZID=a:20260101T100000\r\nEND:VEVENT\r\n"
    ),
    "calendar: zones without an end": lambda: _calendar(b"BEGIN:VTIMEZONE\r\n" * 12_000),
    "calendar: components in components": lambda: _calendar(b"BEGIN:VEVENT\r\n" * 15_000),
    "calendar: blank lines": lambda: _calendar(b"\n" * 240_000),
    "s/mime: nested tags": lambda: _deep_der(5 * MEGABYTE),
    "s/mime: octets in pieces": lambda: _mail(
        "application/pkcs7-mime",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80" + b"\x04\x01x" * (5 * MEGABYTE),
    ),
    "pgp: armour without an end": lambda: _mail("text/plain", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n" * 600_000),
    "texts called images": lambda: _multipart(
        [b"Content-Type: image/png; name=%d.png\r\n\r\nfunction () {}" % n for n in range(500)]
    ),
}


def cost(raw: bytes) -> tuple[float, int, int]:
    """CPU seconds and peak memory (MB, of the whole process) that parsing ``raw`` takes, and the number of defects."""
    from intake.message import parse

    parse(b"Subject: warm\r\n\r\nWe cannot log in to the system since this morning, please help us.")
    start = time.process_time()
    message = parse(raw)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, len(message.defects)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES)
    name = parser.parse_args().case
    if name:
        raw = CASES[name]()
        seconds, megabytes, defects = cost(raw)
        over = seconds > WORST_SECONDS or megabytes > WORST_MEGABYTES
        size = f"{len(raw) / MEGABYTE:6.1f} MB"
        print(f"{name:36} {size}  {seconds:6.2f} s {megabytes:5} MB  {defects:3} defects{'  OVER' * over}")
        sys.exit(over)
    runs = [subprocess.run([sys.executable, "-m", "benchmarks.hostile", "--case", name], timeout=600) for name in CASES]
    worst = [name for name, run in zip(CASES, runs, strict=True) if run.returncode]
    print(f"{len(CASES)} mails, over {WORST_SECONDS} s or {WORST_MEGABYTES} MB: {', '.join(worst) or 'none'}")
    sys.exit(bool(worst))


if __name__ == "__main__":
    main()
