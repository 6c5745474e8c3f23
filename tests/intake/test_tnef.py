"""winmail.dat: what is inside comes out as if it were in the mail itself; what is damaged is a sentence."""

from __future__ import annotations

import base64
import hashlib
import random
import struct
from pathlib import Path

import pytest
from compressed_rtf import compress

from intake.content import rtf, tnef
from intake.message import Message, parse


def attribute(identifier: int, value: bytes, level: int = 1) -> bytes:
    return struct.pack("<BII", level, identifier, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def sized(identifier: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, identifier, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def unicode_(identifier: int, text: str) -> bytes:
    return sized(identifier, 0x001F, f"{text}\0".encode("utf-16-le"))


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def message_properties(*each: bytes) -> bytes:
    return attribute(0x00069003, properties(*each))


def file(content: bytes, *each: bytes, title: bytes = b"SHORT~1.TXT\0") -> bytes:
    return (
        attribute(0x00069002, b"\0" * 14, 2)
        + attribute(0x00018010, title, 2)
        + attribute(0x0006800F, content, 2)
        + (attribute(0x00069005, properties(*each), 2) if each else b"")
    )


def stream(*attributes: bytes) -> bytes:
    return tnef.SIGNATURE + b"\x01\x00" + b"".join(attributes)


def mail(winmail: bytes, text: str = "") -> Message:
    parts = [b"Content-Type: text/plain\r\n\r\n" + text.encode()] if text else []
    parts.append(
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(winmail)
    )
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts)
    return parse(b"From: a@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + body + b"--b--\r\n")


def test_files_inside_are_attachments_of_the_mail() -> None:
    message = mail(
        stream(
            file(b"%PDF-1.7 ...", unicode_(0x3707, "Rechnung für März.pdf"), unicode_(0x370E, "application/pdf")),
            file(b"two\0\0", title=b"../../etc/two.txt\0"),
        ),
        text="see attached",
    )
    assert message.text == "see attached"
    first, second = message.attachments
    assert (first.name, first.content_type, first.real_type) == (
        "Rechnung für März.pdf", "application/pdf", "application/pdf",
    )  # fmt: skip
    assert (second.name, second.content_type, second.content, second.size) == ("two.txt", "text/plain", b"two\0\0", 5)
    assert second.sha256 == hashlib.sha256(b"two\0\0").hexdigest()


def test_an_inline_image_keeps_its_content_id() -> None:
    message = mail(stream(file(b"\x89PNG\r\n\x1a\n", unicode_(0x3712, "logo@x"), unicode_(0x370E, "image/png"))))
    [image] = message.attachments
    assert (image.inline, image.content_id) == (True, "logo@x")


def test_the_html_inside_is_the_text_where_the_mail_has_none() -> None:
    html = "<p>Grüße aus <b>Köln</b></p>"
    body = message_properties(
        struct.pack("<HHI", 0x0003, 0x3FDE, 65001), sized(0x1013, 0x0102, html.encode()), unicode_(0x1000, "plain")
    )
    assert mail(stream(body)).html == html
    assert mail(stream(body)).text == "plain"
    only_html = stream(message_properties(sized(0x1013, 0x0102, html.encode())))
    assert mail(only_html).text == "Grüße aus Köln"
    assert mail(only_html, text="outside").text == "outside"


def test_rich_text_is_read_when_there_is_nothing_else() -> None:
    source = rb"{\rtf1\ansi\ansicpg1250{\fonttbl{\f0 Arial;}}\f0 P\'f8\'edli\'9a \u382?lu\'9dou\'e8k\'fd\par second}"
    assert mail(stream(message_properties(sized(0x1009, 0x0102, compress(source))))).text == "Příliš žluťoučký\nsecond"


def test_the_html_that_rich_text_was_made_from_is_restored() -> None:
    source = (
        rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf \par \htmlrtf0 Hello {\*\htmltag84 <b>}team"
        rb"{\*\htmltag92 </b>}{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0  all{\*\htmltag72 </p>}}"
    )
    text, is_html = rtf.read(source)
    assert (text, is_html) == ("<p>Hello <b>team</b>&amp; all</p>", True)


def test_compressed_rich_text_is_inflated_as_by_another_implementation() -> None:
    chance = random.Random(7)
    for length in (1, 20, 300, 3000):
        source = bytes(chance.choice(b"{}\\ abcdefpar\r\n") for _ in range(length))
        assert rtf.decompress(compress(source)) == source
        assert rtf.decompress(compress(source, compressed=False)) == source


def test_text_in_an_old_code_page_is_decoded() -> None:
    body = attribute(0x00069007, struct.pack("<II", 1251, 0)) + attribute(0x0002800C, "Привет\0".encode("cp1251"))
    assert mail(stream(body)).text == "Привет"


def test_a_mail_inside_comes_out_as_its_text_and_its_files() -> None:
    inner = stream(message_properties(unicode_(0x0037, "Inner/subject"), unicode_(0x1000, "inner text")), file(b"deep"))
    value = tnef.MESSAGE_OBJECT + inner
    message = mail(stream(file(b"", sized(0x3701, 0x000D, value))))
    assert [(each.name, each.content) for each in message.attachments] == [
        ("Inner-subject.txt", b"inner text"), ("SHORT~1.TXT", b"deep"),
    ]  # fmt: skip


def test_a_cut_stream_gives_what_comes_before_and_says_so() -> None:
    whole = stream(file(b"one" * 100), file(b"two" * 100))
    message = mail(whole[:-50])
    assert message.attachments[1].content == b"one" * 100
    assert message.attachments[0].name == "winmail.dat"
    assert any("cut short" in defect for defect in message.defects)


@pytest.mark.parametrize(
    "block",
    [
        b"\xff\xff\xff\xff",
        struct.pack("<IHHI", 1, 0x1003, 0x3001, 0xFFFFFFFF) + b"\0" * 100,
        struct.pack("<IHHI", 1, 0x101F, 0x3001, 0xFFFFFFFF) + b"\0" * 100,
        struct.pack("<IHHII", 1, 0x001F, 0x3001, 1, 0xFFFFFFFF),
        struct.pack("<IHH", 1, 0x7777, 0x3001),
        b"",
    ],
    ids=["properties", "numbers", "strings", "length", "type", "nothing"],
)
def test_counts_that_are_lies_end_the_reading(block: bytes) -> None:
    opened = tnef.read(stream(attribute(0x00069003, block), file(b"kept")))
    assert [each.content for each in opened.files] == [b"kept"]


def test_mails_nested_in_each_other_stop_at_the_limit() -> None:
    inner = stream(file(b"innermost"))
    for _ in range(10):
        inner = stream(file(b"", sized(0x3701, 0x000D, tnef.MESSAGE_OBJECT + inner)))
    assert any("nests mails deeper" in fault for fault in tnef.read(inner).faults)


def test_mutations_of_a_stream_never_make_it_raise() -> None:
    chance = random.Random(20260203)
    source = stream(
        attribute(0x00069007, struct.pack("<II", 1252, 0)),
        message_properties(unicode_(0x0037, "x"), sized(0x1009, 0x0102, compress(rb"{\rtf1 {\b x}\par \'e9\u233?}"))),
        file(b"content", unicode_(0x3707, "name.txt"), sized(0x3701, 0x000D, tnef.MESSAGE_OBJECT + stream(file(b"x")))),
    )
    for _ in range(1500):
        changed = bytearray(source)
        for _ in range(chance.randint(1, 6)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        opened = tnef.read(bytes(changed[: chance.randint(4, len(changed))]))
        assert isinstance(opened.faults, tuple)


WITH_FILES = 14
"""Of the 20 streams; the other six hold a body alone (four), a subject alone or nothing."""


def test_all_streams_of_another_project_come_out(shared_mail: Path) -> None:
    paths = sorted((shared_mail / "tnef").glob("*.tnef"))
    assert len(paths) == 20
    messages = [mail(path.read_bytes()) for path in paths]
    assert not [defect for message in messages for defect in message.defects if "TNEF" in defect]
    opened = [[each for each in message.attachments if each.name != "winmail.dat"] for message in messages]
    assert sum(map(bool, opened)) >= WITH_FILES
    assert sum(bool(message.text.strip()) for message in messages) >= 15
    assert all("/" not in each.name for files in opened for each in files)
