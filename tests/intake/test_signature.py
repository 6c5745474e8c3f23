"""Signatures: below the delimiter, and without one where the sender signs off."""

from __future__ import annotations

import pytest

from intake.new_text.reply import split

ANN = "Ann Lee ann.lee@river.example"
TEXT = "The export fails since Monday, see the log."
CONTACTS = "Ann Lee\nHead of Intake\nLittle River FS\n+1 555 010 4477\nwww.river.example"


@pytest.mark.parametrize(
    "signature",
    [
        "Thanks,\nAnn",
        "Kind regards,\n\nAnn Lee",
        "Met vriendelijke groet,\nAnn Lee",
        "Mit freundlichen Grüßen\nAnn Lee",
        "Cordialement,\nAnn Lee",
        "Saludos cordiales,\nAnn",
        "Cordiali saluti\nAnn Lee",
        "Atenciosamente,\nAnn Lee",
        "Z poważaniem\nAnn Lee",
        "Ann",
        "AL",
        "Lee, Ann",
        "Best regards, Ann",
        CONTACTS,
        f"Regards,\n{CONTACTS}",
        f"Regards,\n\n{CONTACTS}\n\nSent from my iPhone",
        "Ann\n\nVerzonden vanaf mijn Samsung",
    ],
)
def test_a_sign_off_by_the_sender_is_the_signature(signature: str) -> None:
    parts = split(f"{TEXT}\n\n{signature}\n", sender=ANN)
    assert (parts.new_text, parts.signature) == (TEXT, signature)


@pytest.mark.parametrize(
    "text",
    [
        f"{TEXT}\n\nThanks,\nAnn",
        "Thanks for the quick help. It works again.",
        "Hi,\n\nThanks,\nthe export works again since this morning",
    ],
)
def test_without_a_known_sender_a_name_below_a_closing_is_kept(text: str) -> None:
    assert split(text).new_text == text


def test_without_a_known_sender_a_closing_with_a_telephone_number_is_a_signature() -> None:
    parts = split(f"{TEXT}\n\nRegards,\nAnn\n+1 555 010 4477")
    assert (parts.new_text, parts.signature) == (TEXT, "Regards,\nAnn\n+1 555 010 4477")


@pytest.mark.parametrize(
    "text",
    [
        "These users cannot log in:\n\nBo Jansen\nAnn Lee",
        "Please give these people access,\n\nAnn Lee",
        f"{TEXT}\n\nAnn\n\nPS: it began at 9:30 on both servers",
        f"{TEXT}\n\nAnn\n\nAlso please reset the password of Bo",
        "Call me on +1 555 010 4477",
        "Server: web01\nPort: 8443\nUser: ann",
        "Our new address:\n\n12 Main Street\nSpringfield, IL 62701",
        "Ann Lee",
        "Down since:\n2026-02-02 10:00\n2026-02-03 11:30",
    ],
)
def test_what_may_be_part_of_the_request_is_kept(text: str) -> None:
    assert split(text, sender=ANN).new_text == text


def test_dates_links_and_tables_inside_a_signature_and_a_request_stay_where_they_are() -> None:
    table = "Date | Users\n-----|------\n2026-02-02 | 31\n2026-02-03 | 40"
    text = f"Numbers: https://river.example/a?b=c\n\n{table}\n\nsee https://river.example/d:e/"
    text += "\n-- \nAnn, since 02.02.2026 10:00:"
    parts = split(text, sender=ANN)
    assert parts.new_text == text.partition("\n-- ")[0]
    assert parts.signature == "-- \nAnn, since 02.02.2026 10:00:"


def test_an_answer_below_the_quotation_does_not_go_with_the_signature_above_it() -> None:
    text = "See below.\n-- \nAnn\n\nOn 2 Feb 2026 10:00, Bo wrote:\n> Since when?\n\nSince Monday.\n"
    parts = split(text, sender=ANN)
    assert parts.new_text.split() == ["See", "below.", "Since", "Monday."]
    assert parts.signature == "-- \nAnn"


TELEPHONES = [
    "Sent from my iPhone",
    "Verzonden vanaf mijn iPhone",
    "Verstuurd vanaf mijn iPad",
    "Von meinem iPhone gesendet",
    "Gesendet von meinem Samsung Galaxy",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Wysłane z iPhone'a",
    "Wysłano z mojego telefonu",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Inviato dal mio telefono Android",
    "Obter o Outlook para Android",
    "Download Outlook voor iOS",
    "Outlook voor Android downloaden",
    "Holen Sie sich Outlook für Android",
    "Outlook für iOS beziehen",
    "Télécharger Outlook pour iOS",
    "Obtenir Outlook pour Android",
    "Obtener Outlook para Android",
    "Obtén Outlook para iOS",
    "Scarica Outlook per iOS",
    "Ottieni Outlook per Android",
    "Pobierz aplikację Outlook dla systemu Android",
    "Uzyskaj Outlook dla iOS",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Get Outlook for Mac",
    "Sent from Outlook for Android",
    "Yahoo Mail: Search, Organize, Conquer",
    "Sent from Yahoo Mail for iPhone",
    "Verzonden met de Outlook voor Android",
    "Odesláno z iPhonu",
    "Sent via the Samsung Galaxy S10, an AT&T 5G smartphone",
    "Envoyé depuis mon appareil Galaxy",
    "Enviado desde Yahoo Mail para Android",
    "Inviato da Yahoo Mail su Android",
    "Gesendet mit der GMX Mail App",
]


@pytest.mark.parametrize("line", TELEPHONES)
def test_the_line_of_a_telephone_or_a_program_is_a_signature(line: str) -> None:
    parts = split(f"{TEXT}\n\n{line}")
    assert (parts.new_text, parts.signature) == (TEXT, line)


@pytest.mark.parametrize("line", ["Outlook for Android crashes on it.", "Get Outlook working again, please.",
                                  "Download Outlook voor iOS lukt niet, wat nu?"])  # fmt: skip
def test_a_sentence_about_a_program_is_no_signature(line: str) -> None:
    assert split(f"{TEXT}\n\n{line}").new_text == f"{TEXT}\n\n{line}"


@pytest.mark.parametrize(
    "below",
    [
        "1. Why does the import stop?\n2. Can you extend the licence?\n--\nAnn",
        "the import stops at line 300 of the second file",
        "app.log:40: ERROR timeout\napp.log:41: giving up\n\nIt happens each night.",
    ],
)
def test_text_below_a_drawn_line_is_no_signature(below: str) -> None:
    assert split(f"{TEXT}\n--\n{below}", sender=ANN).new_text.startswith(f"{TEXT}\n--\n{below[:20]}")


@pytest.mark.parametrize("below", ["Ann Lee", "Acme Ltd\n+1 555 010 4477", "Viele Grüße / Best regards\n\nAnn"])
def test_a_delimiter_that_lost_its_space_is_still_one(below: str) -> None:
    assert split(f"{TEXT}\n\n--\n{below}", sender=ANN).signature == f"--\n{below}"


@pytest.mark.parametrize(
    "line", ["Sent by courier on Monday, it never came.", "Verzonden met de post van maandag, nooit aangekomen."]
)
def test_how_a_parcel_was_sent_is_no_line_of_a_telephone(line: str) -> None:
    assert split(f"The parcel is lost.\n{line}").new_text == f"The parcel is lost.\n{line}"


@pytest.mark.parametrize("line", ["Sent from my iPhone", "\nSent with Sparrow", "Verstuurd vanaf mijn tablet"])
def test_the_line_of_a_telephone_is_no_new_text(line: str) -> None:
    assert split(f"The parcel is lost.\n{line}").new_text == "The parcel is lost."


def test_below_a_pasted_delimiter_a_question_is_not_lost() -> None:
    text = "Our config:\nport = 25\n-- \nhost = example\n\nWhy is it not read by the server?\n"
    assert "Why is it not read" in split(text, "config", is_reply=False).new_text
    signed = split("It fails.\n-- \nAnn Lee\nQuestions? Call us\n", "x", is_reply=False)
    assert signed.new_text == "It fails."
