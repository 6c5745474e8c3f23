"""Bytes to a message: what each broken thing costs, and that it costs no more."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from datetime import datetime

import pytest

from intake.address import Address
from intake.message import Message, parse, to_json

Mail = Callable[..., bytes]


def raw(*lines: str | bytes) -> bytes:
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)


def multipart(kind: str, *parts: bytes) -> bytes:
    body = b"".join(b"--=_b\r\n" + part + b"\r\n" for part in parts)
    return raw("From: a@example.com", f'Content-Type: multipart/{kind}; boundary="=_b"', "", "") + body + b"--=_b--\r\n"


def part(content_type: str, body: bytes | str, *fields: str) -> bytes:
    return raw(f"Content-Type: {content_type}", *fields, "", body)


def test_a_plain_mail_comes_out_field_by_field(mail: Mail) -> None:
    message = parse(
        mail(
            "It works.",
            subject="Login",
            message_id="<1@example.com>",
            to='"Support, Team" <support@example.com>, b@example.com',
            cc="group: c@example.com, d@example.com;",
            in_reply_to="<0@example.com>",
            references="<a@example.com> <0@example.com>",
        )
    )
    assert message.subject == "Login"
    assert message.sender == Address("Ann", "ann@example.com")
    assert message.to == (Address("Support, Team", "support@example.com"), Address("", "b@example.com"))
    assert [each.address for each in message.cc] == ["c@example.com", "d@example.com"]
    assert (message.message_id, message.in_reply_to) == ("1@example.com", ("0@example.com",))
    assert message.references == ("a@example.com", "0@example.com")
    assert message.date == datetime.fromisoformat("2026-02-02T10:00:00+01:00")
    assert message.text == "It works."
    assert message.defects == ()


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (b"=?utf-8?B?w4lsw6lvbm9yZQ==?=", "Éléonore"),
        (b"=?utf-8?Q?=C3=89l=C3=A9onore_d'Aquitaine?=", "Éléonore d'Aquitaine"),
        (b"=?utf-8?B?w4k=?= =?utf-8?B?bMOp?=", "Élé"),
        (b"=?utf-8?B?w4lsw?= =?utf-8?B?6lvbm9yZQ==?=", "Éléonore"),
        (b"=?utf-8?Q?a b c?= d", "a b c d"),
        (b"=?utf-8?B?w4lsw6lvbm9yZQ", "Éléonore"),
        (b"=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        (b"=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?no-such-set?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("Grüße in UTF-8".encode(), "Grüße in UTF-8"),
        ("Grüße in Latin-1".encode("latin-1"), "Grüße in Latin-1"),
        (b"Re: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= at =?broken", "Re: Grüße at =?broken"),
        (b"folded\r\n\tover\r\n two lines", "folded over two lines"),
        (b"with a\x00 null and\x07 bell", "with a null and bell"),
    ],
)
def test_subjects_are_decoded_also_when_they_are_broken(value: bytes, subject: str) -> None:
    assert parse(b"Subject: " + value + b"\r\n\r\nbody").subject == subject


def test_an_undeclared_header_is_read_in_the_character_set_of_the_body() -> None:
    message = parse(raw("Content-Type: text/plain; charset=koi8-r", b"Subject: " + "Привет".encode("koi8-r"), "", "x"))
    assert message.subject == "Привет"


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("ann@example.com (Ann Lee)", "Ann Lee", "ann@example.com"),
        ("=?utf-8?Q?Lee,_Ann?= <ann@example.com>", "Lee, Ann", "ann@example.com"),
        ('"=?utf-8?B?w4lsw6k=?=" <ann@example.com>', "Élé", "ann@example.com"),
        ("Ann <ann@example.com", "Ann", "ann@example.com"),
        ("Ann <<ann@example.com>>", "Ann", "ann@example.com"),
        ("ann@example.com <ann@example.com>", "ann@example.com", "ann@example.com"),
        ('Ann "The Boss" Lee <ann@example.com>', "Ann The Boss Lee", "ann@example.com"),
        ('Ann "Lee <ann@example.com>', "Ann Lee", "ann@example.com"),
        ("undisclosed-recipients", "undisclosed-recipients", ""),
        ("Ann <mailto:ann@example.com>", "Ann", "ann@example.com"),
        ("Lee, Ann <ann@example.com>", "Ann", "ann@example.com"),
        ('"ann lee"@example.com', "", '"ann lee"@example.com'),
    ],
)
def test_addresses_are_read_also_when_they_are_broken(value: str, name: str, address: str) -> None:
    sender = parse(raw(f"From: {value}", "", "x")).sender
    assert sender is not None
    assert (sender.name, sender.address) == (name, address)


def test_one_bad_header_costs_that_header_alone(mail: Mail) -> None:
    message = parse(mail("Still here", date="the day after tomorrow", message_id="<>", subject="Fine", to="<<<>>>,,;"))
    assert (message.date, message.message_id, message.to) == (None, None, ())
    assert (message.subject, message.text) == ("Fine", "Still here")
    assert any("could not be read" in defect for defect in message.defects)


def test_a_line_that_is_no_field_is_passed_over_and_named() -> None:
    message = parse(raw("From: a@example.com", "this is no field", "Subject: read", "", "body"))
    assert (message.subject, message.text) == ("read", "body")
    assert any("no field" in defect for defect in message.defects)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\r\n\r\n", b"\0" * 100, bytes(range(256)) * 50, b"From", b"Subject: x", b"no header at all\nreally"],
)
def test_what_is_hardly_a_mail_is_a_message_all_the_same(content: bytes) -> None:
    message = parse(content)
    assert message.sender is None
    assert "\0" not in message.text


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_any_line_ending_is_understood(line_end: bytes) -> None:
    message = parse(line_end.join([b"Subject: x", b"From: a@example.com", b"", b"one", b"two"]))
    assert (message.subject, message.text) == ("x", "one\ntwo")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Mon, 2 Feb 2026 10:00:00 +0100", "2026-02-02T10:00:00+01:00"),
        ("2 Feb 26 10:00 EST", "2026-02-02T10:00:00-05:00"),
        ("Mon, 2 Feb 2026 10:00:00", "2026-02-02T10:00:00+00:00"),
        ("2026-02-02T10:00:00+01:00", "2026-02-02T10:00:00+01:00"),
        ("Mon, 2 Feb 2026 23:59:60 +0000", "2026-02-02T23:59:59+00:00"),
        ("Mon, 2 Feb 2026 10:00:00 +9900", "2026-02-02T10:00:00+00:00"),
        ("Mon, 32 Feb 2026 10:00:00 +0100", None),
        ("Mon, 2 Feb 99999 10:00:00 +0100", None),
        ("Mon, 2 Feb 1066 10:00:00 +0100", None),
        ("yesterday", None),
    ],
)
def test_dates_are_aware_or_none(value: str, expected: str | None) -> None:
    date = parse(raw(f"Date: {value}", "", "x")).date
    assert (date and date.isoformat()) == expected


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("utf-8", "utf-8", "Grüße aus Köln – “prima”"),
        ("iso-8859-1", "cp1252", "It’s “fine” – for 5 €"),
        ("gb2312", "gb18030", "系统无法登录，请帮助。镕"),
        ("iso-2022-jp", "iso2022_jp", "ログインできません"),
        ("koi8-r", "koi8-r", "Система не работает"),
        ("windows-1250", "cp1250", "Příliš žluťoučký kůň"),
        ("utf-7", "utf-7", "Grüße aus Köln"),
        ("utf-16", "utf-16", "Grüße aus Köln"),
        ("ks_c_5601-1987", "cp949", "로그인할 수 없습니다"),
        ("iso-8859-1", "utf-8", "Grüße: declared wrongly"),
        ("us-ascii", "utf-8", "Grüße: declared wrongly"),
        ("x-unknown", "utf-8", "Grüße: an unknown name"),
        ('"utf-8', "utf-8", "Grüße: a broken parameter"),
    ],
)
def test_text_is_decoded_as_declared_or_better(charset: str, codec: str, text: str) -> None:
    body = base64.b64encode(text.encode(codec))
    message = parse(raw(f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: base64", "", body))
    assert message.text == text


def test_an_undeclared_character_set_is_detected() -> None:
    text = (
        "Здравствуйте! Наша система не работает с утра, никто не может войти. Помогите, пожалуйста, как можно скорее."
    )
    message = parse(raw("From: a@example.com", "", text.encode("cp1251")))
    assert message.text == text
    assert any("declares no character set" in defect for defect in message.defects)


@pytest.mark.parametrize("charset", ["idna", "unicode_escape", "base64", "zlib", "rot13", "punycode", "undefined"])
def test_codecs_that_are_no_character_sets_are_never_used(charset: str) -> None:
    message = parse(raw(f"Content-Type: text/plain; charset={charset}", "", r"a\x41.\u0041"))
    assert message.text == r"a\x41.\u0041"
    assert any("is unknown" in defect for defect in message.defects)


def test_no_text_holds_nulls_or_lone_surrogates() -> None:
    message = parse(
        raw(
            "Content-Type: text/html; charset=utf-16-le",
            "Subject: a\x00b",
            "",
            "<p>a\0&#0;\ud800b".encode("utf-16-le", "surrogatepass"),
        )
    )
    for text in (message.text, message.html or "", message.subject, message.new_text, *(v for _, v in message.headers)):
        assert "\0" not in text
        text.encode("utf-8")


def test_html_only_mail_is_readable_text() -> None:
    html = (
        "<style>p{}</style><p>Hello <b>team</b>,</p><ul><li>first</li><li>second</li></ul><script>x()</script>&euro; 5"
    )
    message = parse(raw("Content-Type: text/html; charset=utf-8", "", html))
    assert "Hello team," in message.text
    assert "first\n" in message.text
    assert "€ 5" in message.text
    assert "x()" not in message.text
    assert "p{}" not in message.text
    assert message.html == html


def test_of_alternatives_the_plain_text_is_read_and_the_html_kept() -> None:
    message = parse(multipart("alternative", part("text/plain", "plain"), part("text/html", "<p>html</p>")))
    assert message.text == "plain"
    assert message.html == "<p>html</p>"
    assert message.attachments == ()


def test_an_empty_plain_alternative_gives_way_to_the_html() -> None:
    message = parse(multipart("alternative", part("text/plain", " \r\n"), part("text/html", "<p>all is here</p>")))
    assert message.text == "all is here"


def test_a_plain_alternative_that_only_asks_for_html_gives_way_to_it() -> None:
    html = part("text/html", "<p>all is here</p>")
    asks = part("text/plain", "To view the message, please use an HTML compatible viewer!")
    assert parse(multipart("alternative", asks, html)).text == "all is here"
    says_more = part("text/plain", "The export to HTML fails.\r\nSee the log.")
    assert parse(multipart("alternative", says_more, html)).text.startswith("The export to HTML fails.")


def test_text_before_and_after_an_attachment_is_read_together() -> None:
    message = parse(
        multipart(
            "mixed",
            part("text/plain", "before"),
            part(
                "application/pdf",
                "JVBERi0=",
                "Content-Transfer-Encoding: base64",
                "Content-Disposition: attachment; filename=a.pdf",
            ),
            part("text/plain", "after"),
        )
    )
    assert message.text == "before\n\nafter"
    [attachment] = message.attachments
    assert (attachment.name, attachment.content, attachment.size, attachment.inline) == ("a.pdf", b"%PDF-", 5, False)


def test_an_inline_image_is_an_attachment_that_is_shown_in_the_text() -> None:
    message = parse(
        multipart(
            "related",
            part("text/html", '<img src="cid:logo@x">'),
            part("image/png", "iVBORw==", "Content-Transfer-Encoding: base64", "Content-ID: <logo@x>"),
        )
    )
    [image] = message.attachments
    assert (image.inline, image.content_id, image.content_type) == (True, "logo@x", "image/png")


def test_a_mail_in_a_mail_is_attached_under_its_subject() -> None:
    inner = raw("Subject: the/first mail", "", "inner text")
    message = parse(multipart("mixed", part("text/plain", "outer"), raw("Content-Type: message/rfc822", "", inner)))
    [attachment] = message.attachments
    assert (attachment.name, attachment.content_type) == ("the-first mail.eml", "message/rfc822")
    assert attachment.content == inner
    assert message.text == "outer"


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="C:\\Windows\\evil.exe"', "evil.exe"),
        (r'filename="C:\Users\ann\report.pdf"', "report.pdf"),
        ("filename*=utf-8''%e2%82%ac%20rates.txt", "€ rates.txt"),
        ("filename*0*=utf-8''very%20; filename*1=long; filename*2*=%20name.txt", "very long name.txt"),
        ('filename="=?utf-8?B?w6kudHh0?="', "é.txt"),
        ('filename="a\tb\x07\x1b[2J.txt"', "ab[2J.txt"),
        ('filename="\u202egpj.exe"', "gpj.exe"),
        ('filename=".."', "attachment-1.pdf"),
        ('filename=""', "attachment-1.pdf"),
        ('filename="con.txt"', "_con.txt"),
        ("", "attachment-1.pdf"),
    ],
)
def test_attachment_names_are_safe(disposition: str, name: str) -> None:
    message = parse(raw("Content-Type: application/pdf", f"Content-Disposition: attachment; {disposition}", "", "x"))
    assert message.attachments[0].name == name


def test_a_very_long_name_keeps_its_ending() -> None:
    message = parse(raw("Content-Type: a/b", f'Content-Disposition: attachment; filename="{"ü" * 500}.docx"', "", "x"))
    name = message.attachments[0].name
    assert name.endswith("ü.docx")
    assert len(name.encode()) <= 180


def test_a_multipart_without_its_closing_line_or_boundary_is_read() -> None:
    unclosed = raw('Content-Type: multipart/mixed; boundary="b"', "", "--b", "Content-Type: text/plain", "", "text")
    assert parse(unclosed).text == "text"
    undeclared = raw("Content-Type: multipart/mixed", "", "--b", "Content-Type: text/plain", "", "text", "--b--")
    assert parse(undeclared).text == "text"
    none_at_all = raw('Content-Type: multipart/mixed; boundary="b"', "", "just text")
    message = parse(none_at_all)
    assert message.text == "just text"
    assert "A multipart body has no boundary; it is read as text." in message.defects


def test_broken_base64_gives_what_can_be_had() -> None:
    message = parse(raw("Content-Transfer-Encoding: base64", "", "SGVsbG8*gd29ybGQ"))
    assert message.text == "Hello world"


def test_uuencoded_bodies_are_decoded() -> None:
    message = parse(raw("Content-Transfer-Encoding: x-uuencode", "", "begin 644 x", "%:&5L;&\\", "`", "end"))
    assert message.text == "hello"


def test_signed_mail_is_read_through_and_encrypted_mail_said_to_be_so() -> None:
    signed = multipart("signed", part("text/plain", "signed text"), part("application/pgp-signature", "---"))
    assert parse(signed).text == "signed text"
    encrypted = multipart(
        "encrypted", part("application/pgp-encrypted", "Version: 1"), part("application/octet-stream", "x")
    )
    assert any("encrypted" in defect for defect in parse(encrypted).defects)


def test_deep_nesting_and_many_parts_stop_at_their_limits() -> None:
    nested = b"".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n'.encode() for n in range(100))
    assert any("nested deeper" in defect for defect in parse(nested + b"\r\ntext").defects)
    many = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 5000
    message = parse(many)
    assert any("more than 500 parts" in defect for defect in message.defects)
    wide = b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\ntext"
    assert any("more than 1000 fields" in defect for defect in parse(wide).defects)


def test_html_that_is_nested_beyond_reason_still_gives_its_words() -> None:
    message = parse(raw("Content-Type: text/html", "", "<div>" * 5000 + "deep words" + "</div>" * 10))
    assert "deep words" in message.text or message.defects


def test_the_digest_is_of_the_bytes_and_the_identity_of_the_content(mail: Mail) -> None:
    first = parse(mail("Same text", message_id="<1@example.com>"))
    routed = parse(
        b"Received: from elsewhere\r\nDelivered-To: other@example.com\r\n"
        + mail("Same  text", message_id="<1@example.com>")
    )
    assert first.digest != routed.digest
    assert first.identity == routed.identity


def test_a_reused_or_missing_message_id_does_not_make_two_mails_one(mail: Mail) -> None:
    assert parse(mail("one", message_id="<1@x>")).identity != parse(mail("two", message_id="<1@x>")).identity
    assert parse(mail("one")).identity != parse(mail("two")).identity
    assert parse(mail("one")).identity == parse(mail("one")).identity


def test_headers_are_found_by_name_whatever_the_case(mail: Mail) -> None:
    message = parse(b"received: a\r\nReceived: b\r\n" + mail())
    assert message.header("RECEIVED") == "a"
    assert message.header_all("received") == ("a", "b")
    assert message.header("missing") is None


def test_the_parsed_mail_has_the_keys_of_the_format(mail: Mail) -> None:
    message = parse(mail("Hello", to="b@example.com", subject="x"))
    data = to_json(message, {"kind": "accept", "reason": "why", "recipients": ("a@b",), "permanent": None})
    assert set(data) == {
        "message_id", "in_reply_to", "references", "date", "subject", "from", "to", "cc", "reply_to", "text",
        "new_text", "quoted", "signature", "language", "attachments", "screening", "forwarded", "defects",
    }  # fmt: skip
    assert data["from"] == {"name": "Ann", "address": "ann@example.com"}
    assert data["date"] == "2026-02-02T10:00:00+01:00"
    assert data["screening"] == {"kind": "accept", "reason": "why", "recipients": ["a@b"], "permanent": None}
    assert json.loads(json.dumps(data)) == data


def mutated(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed)) if changed else 0
        match chance.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at : at + chance.randint(1, 60)]
            case 2:
                changed[at:at] = changed[: chance.randint(0, 400)]
            case _:
                lines = changed.split(b"\n")
                chance.shuffle(lines)
                changed = bytearray(b"\n".join(lines))
    return bytes(changed)


def test_mutations_of_a_mail_never_make_parse_raise() -> None:
    """A deterministic thousand; bytes changed, cut, doubled and lines shuffled."""
    chance = random.Random(20260202)
    seed = multipart(
        "mixed",
        part("text/plain; charset=iso-2022-jp", b"\x1b$B$3$s\x1b(B", "Content-Transfer-Encoding: 7bit"),
        part("text/html; charset=gb2312", "<blockquote type=cite><p>x</blockquote>"),
        part(
            "image/png",
            "iVBORw==",
            "Content-Transfer-Encoding: base64",
            "Content-Disposition: inline; filename*0*=utf-8''%e2",
        ),
        raw(
            "Content-Type: message/rfc822", "", "Subject: =?utf-8?B?w4k=?=", "", "On 1/2/26 10:00 a@b.cz wrote:", "> x"
        ),
    )
    for _ in range(1000):
        message = parse(mutated(seed, chance))
        assert isinstance(message, Message)
        json.dumps(to_json(message, {"kind": "accept", "reason": ""}), ensure_ascii=False).encode()
