"""Signed mail never arrives empty; encrypted mail says that it is."""

from __future__ import annotations

import base64
import zlib

import pytest
from asn1crypto import cms

from intake.message import Message, parse

ENTITY = (
    b"Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Gr\xc3\xbc\xc3\x9fe, signed\r\n--inner\r\nContent-Type: application/pdf; name=a.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--inner--\r\n"
)


def envelope(kind: str, content: object) -> bytes:
    return bytes(cms.ContentInfo({"content_type": kind, "content": content}).dump())


def signed_data(entity: bytes) -> bytes:
    return envelope(
        "signed_data",
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data", "content": entity},
            "signer_infos": [],
        },
    )


def enveloped_data() -> bytes:
    info = {"content_type": "data", "content_encryption_algorithm": {"algorithm": "aes256_ofb"}}
    return envelope("enveloped_data", {"version": "v0", "recipient_infos": [], "encrypted_content_info": info})


def opaque(der: bytes, content_type: str = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m") -> bytes:
    head = f"From: a@example.com\r\nContent-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(der)


def signed(protocol: str, signature: bytes) -> Message:
    return parse(
        b"From: a@example.com\r\nContent-Type: multipart/signed; protocol="
        + protocol.encode()
        + b"; boundary=s\r\n\r\n"
        b"--s\r\n" + ENTITY + b"--s\r\nContent-Type: " + protocol.encode() + b"\r\n\r\n" + signature + b"\r\n--s--\r\n"
    )


@pytest.mark.parametrize(
    ("protocol", "name"),
    [("application/pkcs7-signature", "attachment-2.p7s"), ("application/pgp-signature", "attachment-2.asc")],
)
def test_clear_signed_mail_is_read_and_its_signature_attached(protocol: str, name: str) -> None:
    message = signed(protocol, b"signature")
    assert message.text == "Grüße, signed"
    assert [each.name for each in message.attachments] == ["a.pdf", name]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m",
        "application/x-pkcs7-mime",
        "application/octet-stream; name=smime.p7m",
    ],
)
def test_what_an_opaque_signature_wraps_is_read(content_type: str) -> None:
    message = parse(opaque(signed_data(ENTITY), content_type))
    assert message.text == "Grüße, signed"
    assert [(each.name, each.content) for each in message.attachments] == [("a.pdf", b"%PDF-")]


def test_a_signature_in_pieces_is_read() -> None:
    """BER with octets in pieces and without lengths, as programs write what they stream."""
    pieces = b"".join(b"\x04" + bytes([len(piece)]) + piece for piece in (ENTITY[:90], ENTITY[90:180], ENTITY[180:]))
    octets = b"\x24\x80" + pieces + b"\x00\x00"
    data = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80" + octets + b"\x00\x00\x00\x00"
    body = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x31\x00\x00\x00"
    der = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + body + b"\x00\x00\x00\x00"
    assert parse(opaque(der)).text == "Grüße, signed"


def test_signed_and_compressed_mail_within_each_other_is_read() -> None:
    packed = {
        "version": "v0",
        "compression_algorithm": {"algorithm": "1.2.840.113549.1.9.16.3.8"},
        "encap_content_info": {"content_type": "data", "content": zlib.compress(ENTITY)},
    }
    inner = opaque(envelope("compressed_data", packed), "application/pkcs7-mime; smime-type=compressed-data")
    assert parse(opaque(signed_data(inner))).text == "Grüße, signed"


def test_envelopes_within_each_other_stop_at_the_limit() -> None:
    mail = ENTITY
    for _ in range(10):
        mail = opaque(signed_data(mail))
    assert any("More than 5 S/MIME envelopes" in defect for defect in parse(mail).defects)


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        (opaque(enveloped_data(), "application/pkcs7-mime; smime-type=enveloped-data"), "is encrypted (S/MIME"),
        (opaque(signed_data(ENTITY)[:60]), "envelope (RFC 8551) is damaged"),
        (opaque(b"\x30\x80" * 5000), "envelope (RFC 8551) is damaged"),
        (opaque(signed_data(b"")), "holds certificates or receipts"),
        (
            b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=e\r\n\r\n--e\r\n"
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--e\r\n"
            b"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n--e--\r\n",
            "is encrypted (RFC 1847",
        ),
        (b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n", "is encrypted (inline PGP"),
    ],
    ids=["enveloped", "cut", "tags without an end", "certificates", "PGP/MIME", "inline PGP"],
)
def test_what_cannot_be_read_is_said(mail: bytes, words: str) -> None:
    message = parse(mail)
    assert any(words in defect for defect in message.defects), message.defects
    assert message.attachments or message.text


def test_an_encrypted_part_inside_is_said_as_well() -> None:
    inner = b"Content-Type: multipart/encrypted; boundary=e\r\n\r\n--e\r\nContent-Type: a/b\r\n\r\nx\r\n--e--\r\n"
    message = parse(
        b"Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + inner + b"--m\r\n\r\nfooter\r\n--m--\r\n"
    )
    assert any("is encrypted (RFC 1847" in defect for defect in message.defects)
    assert message.text == "footer"


def test_inline_signed_text_is_read_without_its_armour() -> None:
    text = (
        "Intro\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -- dashes are escaped\nThe server is down.\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----\nOutro"
    )
    message = parse(b"\n" + text.encode())
    assert message.text == "Intro\n-- dashes are escaped\nThe server is down.\nOutro"
    assert not any("PGP" in defect for defect in message.defects)


def test_compressed_mail_that_grows_beyond_the_limit_is_not_opened() -> None:
    packed = {
        "version": "v0",
        "compression_algorithm": {"algorithm": "1.2.840.113549.1.9.16.3.8"},
        "encap_content_info": {"content_type": "data", "content": zlib.compress(b"x" * 21_000_000)},
    }
    message = parse(opaque(envelope("compressed_data", packed)))
    assert any("holds more than 20,000,000 bytes" in defect for defect in message.defects)
