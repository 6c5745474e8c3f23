"""Character sets as senders name them, header values that declare none, and what RFC 2047 and 2231 become in the wild.

The cases are those that other helpdesks lost mail over: sets they did not know, raw bytes in headers, broken words.
"""

from __future__ import annotations

import pytest

from intake.decoding.charset import codec_name, decode
from intake.message import parse


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("iso-8859-8-i", "iso8859-8"),
        ("ISO-8859-6-E", "iso8859-6"),
        ("iso88592", "iso8859-2"),
        ("windows-874", "cp874"),
        ("windows1252", "cp1252"),
        ("win-1251", "cp1251"),
        ("x-cp1250", "cp1250"),
        ("x-ms-cp932", "cp932"),
        ("dos-862", "cp862"),
        ("ibm437", "cp437"),
        ("iso-2022-jp-ms", "iso2022_jp_ext"),
        ("cp50220", "iso2022_jp_ext"),
        ("ks_c_5601-1987", "cp949"),
        ("gb2312", "gb18030"),
        ("koi8-ru", "koi8-u"),
        ("unicode-1-1-utf-7", "utf-7"),
        ("utf8mb4", "utf-8"),
        ("'utf-8'", "utf-8"),
        ("UTF_8", "utf-8"),
        ("x-mac-ce", "mac-latin2"),
        ("latin-9", "iso8859-15"),
    ],
)
def test_the_names_that_senders_use_are_known(declared: str, codec: str) -> None:
    assert codec_name(declared) == codec


@pytest.mark.parametrize(
    "declared", ["x-user-defined", "unknown-8bit", "binary", "8bit", "none", "cp99999", "\xff", "a" * 500]
)
def test_a_name_that_means_nothing_costs_nothing_but_a_guess(declared: str) -> None:
    text, fault = decode("Grüße".encode(), declared)
    assert text == "Grüße"
    assert fault is not None
    assert "is unknown" in fault


LONG = {
    "koi8-r": "Здравствуйте, система заказов не работает с самого утра, помогите пожалуйста",
    "cp1251": "Здравствуйте, система заказов не работает с самого утра, помогите пожалуйста",
    "gb18030": "系统从今天早上开始无法登录，请尽快帮助我们解决这个问题，谢谢各位工程师",
    "cp932": "今朝からシステムにログインできません。至急ご確認をお願いいたします。",
    "cp949": "오늘 아침부터 시스템에 로그인할 수 없습니다. 빨리 확인해 주시기 바랍니다.",
}


@pytest.mark.parametrize(("codec", "text"), LONG.items(), ids=LONG.keys())
def test_raw_bytes_in_a_header_are_read_in_the_set_of_an_undeclared_body(codec: str, text: str) -> None:
    message = parse(b"Subject: " + text[:20].encode(codec) + b"\r\n\r\n" + text.encode(codec))
    assert message.subject == text[:20].strip()
    assert message.text == text


def test_raw_latin_in_a_header_is_no_reason_to_look_further() -> None:
    assert parse(b"Subject: Gr\xfc\xdfe\r\nFrom: J\xf6rg <j@example.com>\r\n\r\nplain").subject == "Grüße"


def test_raw_bytes_in_every_header_cost_no_field() -> None:
    message = parse(
        b"From: \xff\xfe <a@example.com>\r\nTo: \xc3\xa9 <b@example.com>\r\nSubject: \xe9\r\nMessage-ID: <\xe9@x>\r\n"
        b"Date: \xe9 Mon, 2 Feb 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=\xe9\r\n\r\n\xe9"
    )
    assert (message.sender and message.sender.address, message.to[0].name) == ("a@example.com", "é")
    assert (message.subject, message.text) == ("é", "é")


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("ログイン".encode("iso2022_jp"), "ログイン"),
        (
            b"=?UTF-8?B?R3LDvMOfZQ==?= =?iso-8859-1?Q?_aus_K=F6ln?= =?windows-1250?Q?_P=F8=EDli=9A?=",
            "Grüße aus Köln Příliš",
        ),
        (b"=?utf-7?Q?Gr+APwA3w-e?=", "Grüße"),
        (b"=?UTF-8?Q?=E2=82?= =?UTF-8?Q?=AC?=", "€"),
        (b"=?utf-8?Q?=E2=82=AC?=x=?utf-8?Q?=E2=82=AC?=", "€x€"),
        (b"=?unknown-8bit?q?Gr=FC=DFe?=", "Grüße"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"=?utf-8?b?####?=", ""),
        (b"=?UTF-8?Q?a=?=", "a"),
        (b"=?big5?B?pKSk5Q==?=", "中文"),
        (b"=?utf-8?B?4pyT?= raw \xe9", "✓ raw é"),
        ("😀 raw".encode(), "😀 raw"),
        (b"=?UTF-8?Q?=C3=A9_=3D=3Futf-8=3FQ=3Fx=3F=3D?=", "é =?utf-8?Q?x?="),
    ],
)
def test_encoded_words_are_read_as_broken_as_they_come(value: bytes, subject: str) -> None:
    assert parse(b"Subject: " + value + b"\r\n\r\nx").subject == subject


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        (b"name*=UTF-8''%e2%82%ac.txt", "€.txt"),
        (b"name=UTF-8''%e2%82%ac.txt", "€.txt"),
        (b"name*=\"UTF-8''%e2%82%ac.txt\"", "€.txt"),
        (b"name*=utf-8'de'Gr%FC%DFe.txt", "Grüße.txt"),
        (b"name*=x-bad''%fc.txt", "ü.txt"),
        (b"name*=%e2%82%ac.txt", "€.txt"),
        (b"name*0*=UTF-8''%e2%82; name*1*=%ac.txt", "€.txt"),
        (b"name*1=b.txt; name*0=a", "ab.txt"),
        (b"name==?UTF-8?Q?=E2=82=AC.txt?=", "€.txt"),
        ('name="ü.txt"'.encode("latin-1"), "ü.txt"),
        (b'name="unclosed.txt', "unclosed.txt"),
        (b"name=\"a.txt\"; name*=utf-8''b.txt", "b.txt"),
        (b"name=\"it's 100% 'ok'.txt\"", "it's 100% 'ok'.txt"),
    ],
)
def test_names_of_rfc_2231_are_read_as_broken_as_they_come(parameter: bytes, name: str) -> None:
    message = parse(b"Content-Type: application/x; " + parameter + b"\r\n\r\nx")
    assert message.attachments[0].name == name


@pytest.mark.parametrize(
    "value",
    [
        b"a@b, (", b"(((((", b"<", b'"', b'"\\', b"a@[", b"a@[1.2.3.4", b"@", b":;", b"a:b:c;d@e", b"=?", b"<@,@:a@b>",
        b'"a\\"@b', b"a b@c d", b",,,", b"\x00@\x00", b"a@b\xff",
        b"(" * 3000 + b")" * 2000, b"[" * 2000, b"<" * 2000 + b"a@b",
    ],
)  # fmt: skip
def test_no_address_that_broke_another_parser_costs_more_than_itself(value: bytes) -> None:
    """The standard library's raises IndexError, AttributeError or RecursionError on such values."""
    message = parse(b"From: " + value + b"\r\nSubject: read\r\nCc: c@example.com\r\n\r\ntext")
    assert (message.subject, message.text, message.cc[0].address) == ("read", "text", "c@example.com")


def test_text_that_says_base64_but_is_none_is_read_as_it_stands() -> None:
    message = parse(b"Content-Transfer-Encoding: base64\r\n\r\nHello, the printer is on fire!\r\n")
    assert message.text == "Hello, the printer is on fire!"
    assert any("base64 but is not" in defect for defect in message.defects)
