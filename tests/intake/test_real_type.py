"""What an attachment is by its content, and the sentence when it is called something else."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from intake.content.real_type import contradiction, real_type
from intake.message import parse

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PROGRAM = b"MZ\x90\x00" + b"\0" * 60


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name in names:
            file.writestr(name, "content")
    return target.getvalue()


def odf() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("content.xml", "<x/>")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7", "application/pdf"),
        (b"\r\njunk\r\n%PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        (PROGRAM, "application/vnd.microsoft.portable-executable"),
        (archive("a.txt"), "application/zip"),
        (archive("[Content_Types].xml", "word/document.xml"), WORD),
        (odf(), "application/vnd.oasis.opendocument.text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        (b"\xef\xbb\xbf \n<!DOCTYPE HTML>", "text/html"),
        (b"BEGIN:VCALENDAR", "text/calendar"),
        (b"just text", None),
        (b"", None),
        (random.Random(1).randbytes(100), None),
    ],
)
def test_the_first_bytes_tell_the_common_kinds(content: bytes, expected: str | None) -> None:
    assert real_type(content) == expected


@pytest.mark.parametrize(
    ("name", "declared", "content", "words"),
    [
        ("invoice.pdf", "application/pdf", PROGRAM, "a Windows program"),
        ("notes.txt", "text/plain", PROGRAM, "a Windows program"),
        ("photo.jpg", "image/jpeg", b"\x7fELF\x02", "a Linux program"),
        ("invoice.pdf", "application/octet-stream", archive("x.js"), "application/zip"),
        ("report.docx", WORD, b"%PDF-1.7", "application/pdf"),
        ("invoice.pdf", "application/pdf", b"<html><script>x()</script></html>", "text/html"),
        ("invoice.pdf", "application/pdf", b"var x = new ActiveXObject('WScript.Shell'); x.Run('cmd');\n" * 5, "text/"),
    ],
    ids=["exe", "exe as text", "elf", "zip by its name", "pdf as docx", "html", "script"],
)
def test_a_lie_is_said(name: str, declared: str, content: bytes, words: str) -> None:
    _, fault = contradiction(name, declared, content)
    assert fault is not None
    assert ascii(name) in fault
    assert words in fault or "application/javascript" in fault


@pytest.mark.parametrize(
    ("name", "declared", "content"),
    [
        ("setup.exe", "application/octet-stream", PROGRAM),
        ("setup.exe", "application/x-msdownload", PROGRAM),
        ("run.sh", "text/plain", b"#!/bin/sh\n"),
        ("a.png", "image/png", b"\xff\xd8\xff\xe0"),
        ("a.docx", "application/zip", archive("[Content_Types].xml", "word/document.xml")),
        ("a.doc", "application/msword", b"{\\rtf1 x}"),
        ("a.doc", "application/msword", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        ("a.csv", "text/csv", b"a;b\n1;2\n"),
        ("a.pdf", "application/pdf", b""),
        ("a.pdf", "application/pdf", random.Random(1).randbytes(1000)),
        ("logo.svg", "image/svg+xml", b"<svg/>"),
        ("noname", "application/octet-stream", b"text"),
    ],
)
def test_what_is_no_lie_is_not_said(name: str, declared: str, content: bytes) -> None:
    assert contradiction(name, declared, content)[1] is None


def test_a_lie_is_a_defect_of_the_mail() -> None:
    message = parse(b"Content-Type: application/pdf; name=invoice.pdf\r\n\r\n" + PROGRAM)
    assert message.attachments[0].real_type == "application/vnd.microsoft.portable-executable"
    assert any("'invoice.pdf' is a Windows program" in defect for defect in message.defects)
