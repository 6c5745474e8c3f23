"""What is new in a mail's text."""

from __future__ import annotations

import pytest

from intake.message import parse
from intake.reply import split

HEADER_BLOCKS = [
    "From: Bo <bo@example.com>\nSent: Monday, 2 February 2026 10:00\nTo: Ann\nSubject: Login",
    "Van: Bo <bo@example.com>\nVerzonden: maandag 2 februari 2026 10:00\nAan: Ann\nOnderwerp: Login",
    "Von: Bo <bo@example.com>\nGesendet: Montag, 2. Februar 2026 10:00\nAn: Ann\nBetreff: Login",
    "De : Bo <bo@example.com>\nEnvoyé : lundi 2 février 2026 10:00\nÀ : Ann\nObjet : Login",
    "De: Bo <bo@example.com>\nEnviado: lunes, 2 de febrero de 2026 10:00\nPara: Ann\nAsunto: Login",
    "Da: Bo <bo@example.com>\nInviato: lunedì 2 febbraio 2026 10:00\nA: Ann\nOggetto: Login",
    "De: Bo <bo@example.com>\nEnviado: segunda-feira, 2 de fevereiro de 2026\nPara: Ann\nAssunto: Login",
    "Od: Bo <bo@example.com>\nWysłano: poniedziałek, 2 lutego 2026 10:00\nDo: Ann\nTemat: Login",
    "*From:* Bo <bo@example.com>\n*Sent:* Monday\n*To:* Ann\n*Subject:* Login",
]

ATTRIBUTIONS = [
    "On Mon, Feb 2, 2026 at 10:00 AM Bo <bo@example.com> wrote:",
    "On Mon, Feb 2, 2026 at 10:00 AM Bo Long-Name <\nbo@example.com> wrote:",
    "Op ma 2 feb. 2026 om 10:00 schreef Bo <bo@example.com>:",
    "Op 2 feb. 2026 om 10:00 heeft Bo <bo@example.com> het volgende geschreven:",
    "Op 02-02-26 om 10:00 schreef Bo Jansen:",
    "Bo Jansen schreef op 02-02-2026 10:00:",
    "Am 02.02.2026 um 10:00 schrieb Bo <bo@example.com>:",
    "Le lun. 2 févr. 2026 à 10:00, Bo <bo@example.com> a écrit :",
    "El lun, 2 feb 2026 a las 10:00, Bo (<bo@example.com>) escribió:",
    "Il giorno lun 2 feb 2026 alle ore 10:00 Bo <bo@example.com> ha scritto:",
    "Em seg., 2 de fev. de 2026 às 10:00, Bo <bo@example.com> escreveu:",
    "pon., 2 lut 2026 o 10:00 Bo <bo@example.com> napisał(a):",
]


@pytest.mark.parametrize("header", HEADER_BLOCKS)
@pytest.mark.parametrize("line", ["", "________________________________\n", "-----Original Message-----\n"])
def test_a_header_block_ends_the_new_text(header: str, line: str) -> None:
    parts = split(f"It fails again.\n\n{line}{header}\n\nOld text: with a colon\n")
    assert parts.new_text == "It fails again."
    assert "Old text: with a colon" in parts.quoted
    assert parts.forwarded is None


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("quoted", ["> Old text\n> more", "Old text\nmore"])
def test_an_attribution_ends_the_new_text(attribution: str, quoted: str) -> None:
    parts = split(f"It fails again.\n\n{attribution}\n\n{quoted}\n")
    assert parts.new_text == "It fails again."
    assert "Old text" in parts.quoted


@pytest.mark.parametrize(
    "text",
    [
        "Steps:\n1. open: the form\n2. press: OK\nError: it fails at 10:30:\nboom",
        "On Monday the server wrote:\nERROR disk full",
        "At 10:00 we saw:\nnothing",
        "From: Prague\nTo: Brno\nthe report is empty",
        "> 5 users cannot log in, since 9:00",
        ">>> import odbc\n>>> odbc.connect()\nTraceback",
        "Date: 02-02-2026\nVersion: 5.6\nUser: bo",
        "Our table:\n----\na | b\n----\n1 | 2\nand so on",
        "We met on 2 February 2026.\nIt was fine: no error",
        "> Email with only quotation",
    ],
)
def test_text_that_only_looks_like_quotation_is_kept(text: str) -> None:
    assert split(text).new_text == text


def test_answers_between_quoted_lines_are_kept_and_the_quoted_lines_are_not() -> None:
    text = (
        "On 2 Feb 2026, at 10:00, Bo wrote:\n\n> Since when?\n\nSince Monday.\n\n> Who is affected?\n\nAll 57 of us.\n"
    )
    parts = split(text)
    assert [line for line in parts.new_text.split("\n") if line] == ["Since Monday.", "All 57 of us."]
    assert "Since when?" in parts.quoted


def test_an_answer_below_the_quotation_is_kept() -> None:
    assert split("On 2 Feb 2026 10:00, Bo wrote:\n> Old\n\nThe answer.").new_text == "The answer."


def test_quoted_lines_of_a_reply_go_even_without_an_attribution() -> None:
    assert split("Yes.\n\n> Is it down?", is_reply=True).new_text == "Yes."


def test_a_reply_that_says_nothing_new_is_empty() -> None:
    assert split("\n\nOn 2 Feb 2026, at 10:00, Bo <bo@example.com> wrote:\n\n> Old text\n").new_text == ""


@pytest.mark.parametrize(
    ("text", "new", "signature"),
    [
        ("Help\n\n-- \nAnn Lee\nAcme", "Help", "-- \nAnn Lee\nAcme"),
        ("Help\n\n--\nAnn Lee", "Help", "--\nAnn Lee"),
        ("Help\n\nSent from my iPhone", "Help", "Sent from my iPhone"),
        ("Help\n\nVerstuurd vanaf mijn iPad", "Help", "Verstuurd vanaf mijn iPad"),
        ("Help\n\nGet Outlook for Android <https://aka.ms/x>", "Help", "Get Outlook for Android <https://aka.ms/x>"),
        ("-- \nonly this", "-- \nonly this", ""),
        ("Sent from my office to the server room, then it broke:\nsee below", None, ""),
    ],
)
def test_signatures_are_told_apart(text: str, new: str | None, signature: str) -> None:
    parts = split(text)
    assert parts.new_text == (text if new is None else new)
    assert parts.signature == signature


def test_a_signature_above_the_quotation_is_found() -> None:
    parts = split("Help\n\n-- \nAnn\n\nOn 2 Feb 2026 10:00, Bo wrote:\n> Old")
    assert (parts.new_text, parts.signature) == ("Help", "-- \nAnn")


@pytest.mark.parametrize(
    "head",
    [
        "---------- Forwarded message ---------\nFrom: Bo Lee <bo@example.com>\nDate: Mon, Feb 2, 2026\nSubject: Login",
        "Begin forwarded message:\n\nFrom: Bo Lee <bo@example.com>\nSubject: Login\nDate: Mon, Feb 2, 2026\nTo: a@b",
        "-------- Doorgestuurd bericht --\nOnderwerp: \tLogin\nDatum: \tMon, Feb 2, 2026\nVan: Bo Lee <bo@example.com>",
        "----- Forwarded Message ----- From: Bo Lee <bo@example.com>To: <a@b.cz>Sent: Mon, Feb 2, 2026Subject: Login",
    ],
)
@pytest.mark.parametrize("before", ["Please see below.\n\n", ""])
def test_a_forward_keeps_the_forwarded_text_and_names_its_claims(head: str, before: str) -> None:
    parts = split(f"{before}{head}\n\nNone of us can log in.\nBo\n", "Fwd: Login")
    assert parts.new_text == f"{before}None of us can log in.\nBo"
    assert parts.forwarded is not None
    assert parts.forwarded.sender is not None
    assert (parts.forwarded.sender.name, parts.forwarded.sender.address) == ("Bo Lee", "bo@example.com")
    assert (parts.forwarded.subject, parts.forwarded.date) == ("Login", "Mon, Feb 2, 2026")


@pytest.mark.parametrize("subject", ["FW: Login", "Doorst: Login", "WG: Login", "TR: Login", "RV: Login", "I: Login"])
def test_a_header_block_under_a_forwards_subject_is_a_forward(subject: str) -> None:
    parts = split(f"See below.\n\n{HEADER_BLOCKS[0]}\n\nNobody can log in.\n", subject)
    assert parts.new_text == "See below.\n\nNobody can log in."
    assert parts.forwarded is not None
    assert parts.forwarded.subject == "Login"


def test_quote_marks_before_a_forwarded_text_are_taken_off() -> None:
    head = "> Begin forwarded message:\n>\n> From: Bo <bo@example.com>\n> Subject: Login\n> Date: Monday\n"
    text = f"{head}>\n> Nobody can log in.\n"
    assert split(text, "Fwd: Login").new_text == "Nobody can log in."


def test_every_word_is_in_one_of_the_parts() -> None:
    text = "New words\n\n-- \nSig Nature\n\nOn 2 Feb 2026 10:00, Bo wrote:\n> Old words\n\nBelow words"
    parts = split(text)
    assert sorted(f"{parts.new_text} {parts.signature} {parts.quoted}".split()) == sorted(text.split())


@pytest.mark.parametrize(
    "html",
    [
        '<div>It fails.</div><div class="gmail_quote">On Mon, Feb 2, 2026 at 10:00 Bo &lt;bo@example.com&gt; wrote:'
        '<blockquote class="gmail_quote">Old<br>text</blockquote></div>',
        '<p>It fails.</p><div style="border-top:solid #B5C4DF 1.0pt"><p><b>From:</b> Bo &lt;bo@example.com&gt;<br>'
        "<b>Sent:</b> Monday<br><b>To:</b> Ann<br><b>Subject:</b> Login</p></div><p>Old text</p>",
        '<p>It fails.</p><blockquote type="cite"><p>Old text</p><p>more</p></blockquote>',
    ],
    ids=["Gmail", "Outlook", "Apple Mail"],
)
def test_quotations_in_html_only_replies_are_found(html: str) -> None:
    message = parse(f"Subject: Re: Login\r\nContent-Type: text/html\r\n\r\n{html}".encode())
    assert message.new_text == "It fails."
    assert "Old" in message.quoted


def test_very_long_texts_are_kept_whole() -> None:
    text = "On 2 Feb 2026 10:00 it broke\n" * 30_000
    assert split(text).new_text == text.strip("\n")
