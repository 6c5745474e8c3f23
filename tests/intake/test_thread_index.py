"""The conversation's GUID in Thread-Index ([MS-OXOMSG] 2.2.1.3)."""

from __future__ import annotations

import base64

import pytest

from intake.message import parse
from intake.thread_index import conversation_guid

GUID = bytes(range(1, 17))
HEADER_BLOCK = b"\x01\xdc\x8f\x01\x02\x03" + GUID


def encoded(block: bytes) -> str:
    return base64.b64encode(block).decode()


@pytest.mark.parametrize(
    "value",
    [
        encoded(HEADER_BLOCK),
        encoded(HEADER_BLOCK + b"child"),
        encoded(HEADER_BLOCK + b"child" * 900),
        f" {encoded(HEADER_BLOCK + b'child' * 20)[:40]}\r\n\t{encoded(HEADER_BLOCK + b'child' * 20)[40:]} ",
        encoded(HEADER_BLOCK).replace("=", "=3D"),
        encoded(HEADER_BLOCK).rstrip("="),
    ],
    ids=["opening", "answer", "long thread", "folded", "quoted-printable padding", "no padding"],
)
def test_every_mail_of_a_thread_has_the_guid_of_its_header_block(value: str) -> None:
    assert conversation_guid(value) == GUID.hex()


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "=",
        "TESTINDEX==",
        "not base 64 at all!",
        "Ac\u00e9" + encoded(HEADER_BLOCK),
        encoded(HEADER_BLOCK[:-1]),
        encoded(HEADER_BLOCK + b"odd"),
        encoded(b"\x02" + HEADER_BLOCK[1:]),
        encoded(b"\x01" + bytes(21)),
        encoded(HEADER_BLOCK + b"child" * 3000),
        "A" * 10_000_000,
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_thread_index_names_no_conversation(value: str | None) -> None:
    assert conversation_guid(value) is None


def test_a_parsed_mail_knows_it() -> None:
    assert parse(b"Thread-Index: " + encoded(HEADER_BLOCK).encode() + b"\n\nHello").thread_index == GUID.hex()
    assert parse(b"Thread-Index: 42\n\nHello").thread_index is None
    assert parse(b"Subject: Hello\n\nHello").thread_index is None
