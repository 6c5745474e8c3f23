"""What is new in a mail's text."""

from __future__ import annotations

import pytest

from intake.message import parse
from intake.new_text.reply import split

RULE = "_" * 32
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
        "It fails:\n\n> shop@1.2.0 build\n> webpack --mode production\n\nHow do we build?",
        "Book it\n\nFrom: Prague\nTo: Brno\nDate: 12 May 2026\n\nWhat does it cost?",
        "Our rule is\n\nFrom: *@example.com\nTo: sales\nSubject: *order*\n\nIt moves nothing.",
        "The settings\n\nfrom: a@example.com\nto: b@example.com\nsubject: c\ndate: today\n\nIt sends nothing.",
        "The log\n\n2026-02-02 10:00:00 INFO worker wrote:\n2026-02-02 10:00:01 ERROR disk full\nWhy?",
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


PASTED = "From: noreply@portal.example\nSent: Monday, 2 February 2026 10:00\nTo: Ann\nSubject: Invitation"


@pytest.mark.parametrize("is_reply", [True, False])
def test_a_header_pasted_into_a_sentence_is_part_of_the_request(is_reply: bool) -> None:
    text = f"Our users do not get this mail:\n\n{PASTED}\n\nCan you see why it is not sent?"
    assert split(text, is_reply=is_reply).new_text == text


def test_below_a_pasted_header_the_quotation_is_still_found() -> None:
    text = f"Our users do not get this mail:\n\n{PASTED}\n\nCan you see why?"
    assert split(f"{text}\n\n{RULE}\n{HEADER_BLOCKS[0]}\n\nOld", "Re: Login").new_text == text


@pytest.mark.parametrize(
    "above",
    [
        "See my answers below.",
        "Please see my comments inline.",
        "My answers in red.",
        "Zie mijn antwoorden hieronder.",
        "Mijn opmerkingen staan in rood.",
        "Meine Antworten unten im Text.",
        "Mes réponses en rouge.",
        "Mis respuestas en rojo.",
        "As minhas respostas em vermelho.",
        "Le mie risposte in rosso.",
        "Odpowiedzi poniżej.",
    ],
)
def test_answers_announced_above_an_unmarked_quotation_are_kept(above: str) -> None:
    parts = split(f"{above}\n\n{HEADER_BLOCKS[0]}\n\nSince when?\nSince Monday.\n", "Re: Login")
    assert parts.new_text.split() == f"{above} Since when? Since Monday.".split()
    assert "Sent: Monday" in parts.quoted


def test_an_answer_signed_below_somebody_elses_unmarked_mail_is_kept() -> None:
    text = f"As you asked.\n\n{HEADER_BLOCKS[0]}\n\nSince when?\nBo\n\nSince Monday.\nAnn\n"
    assert "Since Monday." in split(text, "Re: Login", sender="Ann Lee ann@example.com").new_text
    assert "Since Monday." not in split(text, "Re: Login", sender="Cor Vos cor@example.com").new_text


def test_ones_own_mail_at_the_bottom_of_a_thread_is_quotation() -> None:
    first = "From: Ann Lee <ann@example.com>\nSent: Sunday, 1 February 2026 9:00\nTo: Bo\nSubject: Login"
    text = f"Thanks!\n\n{HEADER_BLOCKS[0]}\n\nTry again.\nBo\n\n{first}\n\nIt fails.\nAnn\n"
    assert split(text, "Re: Login", sender="Ann Lee ann@example.com").new_text == "Thanks!"


def test_answers_between_lines_that_the_client_marks_below_a_header_are_kept() -> None:
    text = f"Hi,\n\n{HEADER_BLOCKS[0]}\n\n> Since when?\n\nSince Monday.\n\n> Who?\n\nAll of us.\n"
    parts = split(text, "Re: Login")
    assert [line for line in parts.new_text.split("\n") if line] == ["Hi,", "Since Monday.", "All of us."]


def test_below_outlooks_line_a_header_in_an_unknown_language_is_found() -> None:
    header = "Από: Bo <bo@example.com>\nΣτάλθηκε: 2/2/2026 10:00\nΠρος: Ann\nΘέμα: Login"
    assert split(f"It fails.\n\n{RULE}\n{header}\n\nOld text", "Re: Login").new_text == "It fails."
    settings = f"It fails with:\n\n{RULE}\nHost: web01\nPort: 8443\nUser: ann\nMode: test\n\nPlease help."
    assert split(settings, "Re: Login").new_text == settings


@pytest.mark.parametrize(
    "subject", ["Fwd: Login", "FW: RE: Login", "Doorst: Re: Login", "TR: Login", "[Desk] Fwd: Login"]
)
def test_a_forward_is_not_taken_for_a_reply_though_it_has_references(subject: str) -> None:
    parts = split(f"See this.\n\n{HEADER_BLOCKS[0]}\n\nNobody can log in.\n", subject, is_reply=True)
    assert parts.new_text == "See this.\n\nNobody can log in."
    assert [span.kind for span in parts.spans] == ["forwarded"]


def test_what_a_forwarder_writes_below_a_marked_forward_is_new() -> None:
    text = (
        "> Begin forwarded message:\n>\n> From: Bo <bo@example.com>\n> Subject: Login\n>\n> It fails.\n\nPlease help.\n"
    )
    parts = split(text, "Fwd: Login")
    assert parts.new_text == "Please help.\n\nIt fails."
    assert text[parts.spans[0].end :].strip() == "Please help."


def test_a_reply_to_a_forward_is_a_reply() -> None:
    parts = split(f"It fails again.\n\n{HEADER_BLOCKS[0]}\n\nOld\n", "Re: Fwd: Login")
    assert (parts.new_text, parts.forwarded) == ("It fails again.", None)


def test_an_unmarked_quotation_that_begins_with_a_marked_one_is_quotation_to_its_end() -> None:
    text = f"It works again.\n\n{HEADER_BLOCKS[0]}\n> nobody can log in\nUnderstood, we are on it.\n"
    assert split(text, "Re: Login").new_text == "It works again."


MORE_ATTRIBUTIONS = [
    "Op maandag 2 februari 2026 10:00 schreef Bo Jansen <bo@example.com>:",
    "Op 2 februari 2026 10:00:12 CET schreef Bo <bo@example.com>:",
    "Bo Jansen <bo@example.com> schreef op ma 2 feb. 2026 10:00:",
    "Am Mo., 2. Feb. 2026 um 10:00 Uhr schrieb Bo <bo@example.com>:",
    "Am 02.02.26 um 10:00 schrieb Bo Jansen:",
    "Bo <bo@example.com> schrieb am Mo. 2. Feb. 2026 um 10:00:",
    "Le 02/02/2026 à 10:00, Bo a écrit :",
    "Le lundi 2 février 2026 à 10:00:00 UTC+1, Bo <bo@example.com> a écrit :",
    "El 2/2/26 a las 10:00, Bo escribió:",
    "El lunes, 2 de febrero de 2026, 10:00:00 CET, Bo <bo@example.com> escribió:",
    "Il 02/02/26 10:00, Bo ha scritto:",
    "Il giorno 2 feb 2026, alle ore 10:00, Bo <bo@example.com> ha scritto:",
    "Em seg, 2 de fev de 2026 10:00, Bo <bo@example.com> escreveu:",
    "Às 10:00 de 02/02/2026, Bo escreveu:",
    "No dia 2 de fev. de 2026, às 10:00, Bo <bo@example.com> escreveu:",
    "W dniu 02.02.2026 o 10:00, Bo pisze:",
    "W dniu pon., 2 lut 2026 o 10:00 Bo <bo@example.com> napisał(a):",
    "Dnia 2 lutego 2026 10:00 Bo <bo@example.com> napisał(a):",
    "Wiadomość napisana przez Bo <bo@example.com> w dniu 2 lut 2026, o godz. 10:00:",
    "On Feb 2, 2026, at 10:00 AM, Bo <bo@example.com> wrote:",
    "On Mon, 2 Feb 2026, 10:00 Bo, <bo@example.com> wrote:",
    "On 02/02/2026 10:00, Bo wrote:",
    "Bo <bo@example.com> writes:",
    "Quoting Bo <bo@example.com>:",
    "2026-02-02 10:00 GMT+01:00 Bo <bo@example.com>:",
    "Citeren Bo <bo@example.com>:",
    "On Monday, February 2, 2026 at 10:00:00 AM GMT+1, Bo <bo@example.com> wrote:",
    "On 2026-02-02 10:00, Bo wrote:",
    "Le lun. 2 févr. 2026, 10 h 00, Bo <bo@example.com> a\nécrit :",
]


@pytest.mark.parametrize("attribution", MORE_ATTRIBUTIONS)
@pytest.mark.parametrize("quoted", ["> Old text\n> more", "Old text\nmore"], ids=["marked", "unmarked"])
def test_the_attribution_of_each_client_ends_the_new_text(attribution: str, quoted: str) -> None:
    assert split(f"It fails again.\n\n{attribution}\n{quoted}", "Re: Login").new_text == "It fails again."


def test_a_name_and_wrote_is_an_attribution_only_above_marked_lines() -> None:
    assert split("It fails.\n\nBo wrote:\n> Old text", "Re: Login").new_text == "It fails."
    text = "It fails. As the manual wrote:\nrestart first"
    assert split(text, "Re: Login").new_text == text


MORE_HEADERS = [
    "Von: Bo <bo@example.com>\nGesendet: Montag\nAn: Ann\nCc: Cor\nBetreff: Login",
    "Van: Bo <bo@example.com>\nDatum: maandag 2 februari 2026 om 10:00\nAan: Ann\nOnderwerp: Login",
    "De : Bo <bo@example.com>\nDate : lundi 2 février 2026 à 10:00\nÀ : Ann\nObjet : Login",
    "Expéditeur: Bo\nDate: lundi\nDestinataire: Ann\nSujet: x",
    "Da: Bo\nData: lunedì\nA: Ann\nOggetto: Login",
    "De: Bo\nData: segunda\nPara: Ann\nAssunto: L",
    "De: Bo\nFecha: lunes\nPara: Ann\nAsunto: L",
    "Od: Bo\nData: poniedziałek\nDo: Ann\nTemat: L",
    "Nadawca: Bo\nWysłano: pon\nAdresat: Ann\nTemat: L",
    "From: Bo\nDate: Monday, 2 February 2026 at 10:00\nTo: Ann\nSubject: L",
    "**From:** Bo\n**Sent:** Monday\n**To:** Ann\n**Subject:** L",
    "From: Bo\nReply-To: x@y\nDate: Mon\nTo: Ann\nCc: a\nSubject: L",
    "De: Bo\nEnviada em: segunda-feira\nPara: Ann\nAssunto: L",
    "Enviado: seg\nDe: Bo\nPara: A\nAssunto: L",
    "Von: Bo\nDatum: Montag, 2. Februar 2026 um 10:00\nAn: Ann\nBetreff: L",
    "Van: Bo\nVerzonden op: maandag\nAan: A\nOnderwerp: L",
    "Inviato: lun\nDa: Bo\nA: A\nOggetto: x",
]


@pytest.mark.parametrize("header", MORE_HEADERS)
def test_the_header_of_each_client_ends_the_new_text(header: str) -> None:
    assert split(f"It fails again.\n\n{header}\n\nOld text\nmore", "Re: Login").new_text == "It fails again."


@pytest.mark.parametrize("subject", ["Reminder", "Re: Licence"])
@pytest.mark.parametrize(
    "told",
    [
        'On 2 Feb 2026 at 10:00 your colleague wrote:\n"We extend it."',
        "On 2 Feb 2026 at 10:00, we wrote:\nWe need it extended.",
        "Op 2 februari 2026 om 10:00 schreef ik u:\nGraag verlengen.",
        "am 2. Februar 2026 um 10:00 Uhr schrieben wir Ihnen:\nBitte verlängern.",
        "Le 2 février 2026 à 10:00 nous avons écrit :\nVeuillez la prolonger.",
    ],
)
def test_what_the_sender_tells_of_an_earlier_mail_ends_no_text(told: str, subject: str) -> None:
    text = f"Our licence expired today.\n\n{told}\nNobody answered. What now?"
    assert split(text, subject).new_text == text


def test_an_unmarked_attribution_without_address_is_kept_in_a_mail_that_answers_nothing() -> None:
    text = "It fails.\n\nOn 2 Feb 2026 at 10:00 Bo wrote:\nRestart it. That did not help."
    assert split(text, "It fails").new_text == text
    assert split(text, "Re: It fails").new_text == "It fails."


@pytest.mark.parametrize(
    "greeting", ["Hi,", "Hello Bo", "Dear Mr Long,", "Beste Bo,", "Sehr geehrter Herr Lang,", "Bonjour !"]
)
def test_below_nothing_but_a_greeting_the_quotation_holds_the_answers(greeting: str) -> None:
    parts = split(f"{greeting}\n\n{HEADER_BLOCKS[0]}\n\nSince when?\n\nSince Monday.", "Re: Login")
    assert parts.new_text.startswith(greeting)
    assert "Since Monday." in parts.new_text
    assert "Sent: Monday" not in parts.new_text


def test_a_form_with_the_fields_of_a_mail_keeps_what_was_filled_in() -> None:
    form = "From: Ann Lee\nDate: 2026-02-02 10:00\nSubject: Printer\nPhone: 4477\nMessage:\nIt does not print."
    parts = split(f"A new enquiry from the website\n\n{form}", "Enquiry")
    assert "It does not print." in parts.new_text


@pytest.mark.parametrize("above", ["FYI", "Can you look at this?", "Zie hieronder, graag oppakken.", "Zur Info"])
def test_a_forward_without_a_prefix_is_known_by_the_words_above_it(above: str) -> None:
    text = f"{above}\n\n{HEADER_BLOCKS[0]}\n\nAll users are affected."
    parts = split(text, "Login at Acme")
    assert parts.new_text == f"{above}\n\nAll users are affected."
    assert parts.forwarded is not None
    assert split(text.replace(above, "It works again."), "Login at Acme").new_text == "It works again."
