"""Notices under a mail: told apart when sure, kept when a person speaks."""

from __future__ import annotations

import pytest

from intake.new_text.reply import split

SCANNED = "This email has been checked for viruses by Avast antivirus software.\nwww.avast.com"
NOTICES = {
    "English": "This e-mail and any attachments are confidential and intended solely for the use of the individual or "
    "entity to whom they are addressed. If you have received this email in error please notify the system manager.",
    "English, views": "Any views or opinions presented are solely those of the author and do not necessarily represent "
    "those of the company. The company accepts no liability for any damage caused by any virus in this email.",
    "Dutch": "De informatie in dit e-mailbericht is uitsluitend bestemd voor de geadresseerde. Gebruik door anderen "
    "is verboden. Openbaarmaking en verspreiding van deze informatie aan derden is niet toegestaan.",
    "Dutch, state": "Dit bericht kan informatie bevatten die niet voor u is bestemd. Indien dit bericht abusievelijk "
    "aan u is toegezonden, wordt u verzocht dat aan de afzender te melden en het bericht te verwijderen.",
    "German": "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind oder diese "
    "E-Mail irrtümlich erhalten haben, informieren Sie bitte sofort den Absender und vernichten Sie diese Mail.",
    "French": "Ce message et toutes les pièces jointes sont confidentiels et établis à l’intention exclusive de ses "
    "destinataires. Si vous avez reçu ce message par erreur, merci d’en avertir l’expéditeur et de le détruire.",
    "Spanish": "Este mensaje y sus adjuntos son confidenciales y van dirigidos exclusivamente a su destinatario. Si "
    "usted ha recibido este mensaje por error, le rogamos lo comunique al remitente y lo elimine.",
    "Portuguese": "Esta mensagem e seus anexos são confidenciais e destinam-se exclusivamente ao destinatário. Se você "
    "recebeu esta mensagem por engano, por favor informe o remetente e apague-a.",
    "Italian": "Le informazioni contenute in questo messaggio sono riservate e destinate esclusivamente al "
    "destinatario. Se avete ricevuto questo messaggio per errore, vi preghiamo di avvisare il mittente.",
    "Polish": "Niniejsza wiadomość zawiera informacje poufne i jest przeznaczona wyłącznie dla adresata. Jeżeli "
    "otrzymali Państwo tę wiadomość omyłkowo, prosimy o powiadomienie nadawcy i jej usunięcie.",
    "heading and printing": "DISCLAIMER\n\nThe information transmitted is intended only for the person to which it is "
    "addressed. Any review or distribution is prohibited.\n\nPlease consider the environment before printing this.",
    "a scanner's": SCANNED,
}


@pytest.mark.parametrize("notice", NOTICES.values(), ids=NOTICES)
@pytest.mark.parametrize("signed", ["", "-- \nAnn Lee\nAcme\n\n", "Regards,\nAnn Lee\n\n"])
@pytest.mark.parametrize(
    "below", ["", "\n\nOn 2 Feb 2026, at 10:00, Bo wrote:\n> Old text\n"], ids=["last", "quotation"]
)
def test_a_notice_at_the_end_is_not_new(notice: str, signed: str, below: str) -> None:
    text = f"The server is down.\n\n{signed}{notice}{below}"
    parts = split(text, sender="Ann Lee ann@example.com")
    assert parts.new_text == "The server is down."
    assert [text[span.start : span.end] for span in parts.spans if span.kind == "disclaimer"] == [notice]
    assert parts.signature == signed.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Hi,\n\nWe received this confidential e-mail in error and must delete it. Can you notify the sender?",
        "Hello\n\nPlease delete it.",
        "Hi\n\nThe report is confidential and intended for our board only, so I cannot attach it.",
        "Hi\n\nThe file is confidential and intended for HR only, please delete it after the test.",
        "Hi\n\nThe virus scanner flags the installer as malware. The views do not open.",
        "Hi\n\nPlease notify us immediately when the confidential records return; distribution of them is prohibited.",
        "Hoi\n\nDe gegevens zijn vertrouwelijk en alleen bestemd voor de zorgverlener. Kunt u de rechten nakijken?",
        "Hallo\n\nDer Empfänger hat die Nachricht irrtümlich erhalten, können Sie sie löschen?",
        f"Our notice should read:\n\n{NOTICES['English']}\n\nPlease set it in the template of all users.",
        NOTICES["English"],
    ],
)
def test_when_a_person_speaks_of_such_things_it_is_kept(text: str) -> None:
    parts = split(text)
    assert parts.new_text == text
    assert parts.spans == ()


def test_a_notice_between_others_of_its_kind_goes_with_them() -> None:
    middle = "Disclosure, copying or distribution of this message is prohibited and may be unlawful."
    parts = split(f"It fails.\n\n{NOTICES['English']}\n\n{middle}\n\n{SCANNED}")
    assert parts.new_text == "It fails."
    assert len(parts.spans) == 1


def test_a_notice_that_the_gateway_puts_under_the_quotation_is_not_new() -> None:
    parts = split(f"Yes.\n\nOn 2 Feb 2026, at 10:00, Bo wrote:\n> Down?\n\n{NOTICES['English']}")
    assert parts.new_text == "Yes."
    assert [span.kind for span in parts.spans] == ["quotation", "disclaimer"]


@pytest.mark.parametrize("line", ["It fails", "It fails since Monday on both of our servers, see below."])
def test_what_stands_directly_above_a_notice_is_kept(line: str) -> None:
    wrapped = (
        "This e-mail and any attachments are meant for those named in it and are\nconfidential. They are intended\n"
    )
    parts = split(f"Hi,\n\n{line}\n{wrapped}for the addressee only.")
    assert parts.new_text == f"Hi,\n\n{line}"
