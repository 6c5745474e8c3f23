"""Mails made to cost: each stops at a limit, and the limit is a sentence."""

from __future__ import annotations

import base64
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from intake.decoding.mime import MAX_PARTS
from intake.message import MAX_DEFECTS, Message, parse

ROOT = Path(__file__).parents[2]
MEMORY = 2_000_000_000
"""Bytes of address space: what the libraries reserve, and a margin that a mail which grows without end passes."""
SECONDS = 60
"""Far more than the 5 s that a mail may take, for machines that do other things."""

MANY = 100_000


def said(message: Message, words: str) -> bool:
    return any(words in defect for defect in message.defects)


def multipart(*parts: bytes) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"".join(b"X-%d: y\r\n" % n for n in range(MANY)) + b"\r\ntext", "more than 1000 fields"),
        (b"Subject: " + b"x" * 1_000_000 + b"\r\n\r\ntext", "header is longer than 256 KB"),
        (b"no field\r\nX: y\r\n" * MANY + b"\r\ntext", "header is longer than 256 KB"),
        (multipart(*[b"\r\nx"] * 5000), "more than 500 parts"),
        (
            b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5000)),
            "nested deeper than 20",
        ),
        (b"To: " + b"a@b.example, " * 5000 + b"\r\n\r\ntext", "more than 1000 addresses"),
        (
            b"References: " + b"<a@b> <c@d> " * 20 + b"".join(b"<%d@x> " % n for n in range(5000)) + b"\r\n\r\nx",
            "last 1000",
        ),
        (b"X-Long: " + b"x" * 100_000 + b"\r\n\r\ntext", "field x-long is longer than 64 KB"),
        (b"\r\n" + b"x" * 3_000_000, "text is longer than 2,000,000"),
        (b"Content-Type: text/html\r\n\r\n" + b"x" * 5_000_000, "HTML is longer than"),
    ],
    ids=["headers", "long", "broken", "parts", "depth", "addresses", "ids", "field", "text", "html"],
)
def test_each_limit_is_said(raw: bytes, words: str) -> None:
    message = parse(raw)
    assert said(message, words), message.defects
    assert len(message.defects) <= MAX_DEFECTS


def test_what_comes_out_is_bounded() -> None:
    ids = parse(b"References: " + b" ".join(b"<%d@x>" % n for n in range(MANY)) + b"\r\n\r\ntext")
    assert len(ids.references) <= 1000
    words = parse(b"Subject: " + b"=?utf-8?Q?=C3=A9?= " * MANY + b"\r\n\r\ntext")
    assert words.subject.startswith("é" * 1000)
    assert len(words.subject) < MANY
    parts = parse(multipart(*[b"Content-Type: image/png; name=a.png\r\n\r\nnot an image"] * 1000))
    assert len(parts.attachments) < MAX_PARTS
    assert len(parts.defects) <= MAX_DEFECTS


def test_delimiters_that_are_none_end_the_search() -> None:
    message = parse(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--bx\r\n" * 300_000 + b"--b\r\n\r\ntext")
    assert said(message, "100,000 lines look like delimiters")


def test_an_epilogue_of_a_closed_multipart_is_no_part() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=b--\r\n\r\n--b--\r\n\r\nfirst\r\n--b----\r\nepilogue"
    message = parse(multipart(inner, b"\r\nsecond"))
    assert message.text == "first\n\nsecond"


def winmail(rtf: bytes) -> bytes:
    packed = struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf + b"\0" * (-len(rtf) % 4)
    block = struct.pack("<IHHII", 1, 0x0102, 0x1009, 1, len(packed)) + packed
    stream = b"\x78\x9f\x3e\x22\x01\x00" + struct.pack("<BII", 1, 0x00069003, len(block)) + block + b"\0\0"
    head = b"Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return multipart(head + base64.encodebytes(stream))


def octets_in_pieces() -> bytes:
    head = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
    data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80" + b"\x04\x01x" * 1_000_000
    return b"Content-Type: application/pkcs7-mime\r\n\r\n" + head + data


WORST: dict[str, Callable[[], bytes]] = {
    "a line of 40 MB": lambda: b"Content-Type: text/plain\r\n\r\n" + b"x" * 40_000_000,
    "20 MB of <": lambda: b"Content-Type: text/html\r\n\r\n" + b"<" * 20_000_000,
    "uuencode": lambda: b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n" + b"!\n" * 3_000_000,
    "headers of 600 parts": lambda: multipart(*[b"a:\n" * 30_000 + b"\n"] * 600),
    "rich text of braces": lambda: winmail(b"{" * 1_000_000),
    "octets in pieces": octets_in_pieces,
    "quotations": lambda: b"\r\n" + b"> x\r\n" * 2_000_000,
}


@pytest.mark.parametrize("name", WORST)
def test_the_costliest_are_read_within_bounded_memory_and_time(name: str, tmp_path: Path) -> None:
    """In a process that may not grow beyond its limits: the operating system ends it if it does."""
    file = tmp_path / "mail.eml"
    file.write_bytes(WORST[name]())
    program = (
        "import sys, pathlib\nfrom intake.message import parse\n"
        "message = parse(pathlib.Path(sys.argv[1]).read_bytes())\nprint(len(message.text), len(message.attachments))"
    )

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    command = [sys.executable, "-c", program, str(file)]
    run = subprocess.run(command, cwd=ROOT, preexec_fn=limited, capture_output=True, timeout=10 * SECONDS, text=True)
    assert run.returncode == 0, run.stderr[-500:]
    characters, attachments = map(int, run.stdout.split())
    assert characters <= 2_000_000
    assert attachments <= MAX_PARTS
