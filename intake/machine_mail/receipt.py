"""Read receipts (RFC 8098), and the forms that Outlook sends instead."""

from __future__ import annotations

import re
from collections.abc import Mapping

from intake.machine_mail import report
from intake.message import Message

SUBJECT_CHARACTERS = 300
OPENING_CHARACTERS = 600
SUBJECT = re.compile(
    # en nl de fr es it pt pl da no sv fi cs hu ru, as Outlook writes them; read, not read, delivered
    r"^\s*(?:(?:not )?read|delivered|relayed|(?:niet )?gelezen|bezorgd|(?:un)?gelesen|nicht gelesen|zugestellt"
    r"|(?:non )?lue?|remis|(?:no )?le[íi]do|entregado|(?:non )?letto|recapitato|(?:n[ãa]o )?lida|entregue"
    r"|(?:nie )?przeczytano|dostarczono"
    r"|(?:ikke )?l[æe]st|(?:ej )?l[äa]st|luettu|p[řr]e[čc]teno|elolvasva|прочитано|доставлено)\s?[:：]",
)
TEXT = re.compile(
    r"your message[\s\S]{0,400}?\b(?:was (?:read|deleted without being read|displayed)|has been (?:read|delivered))"
    r"|this is a (?:read |return )?receipt for the (?:mail|message)|return receipt[\s\S]{0,80}displayed"
    r"|(?:uw|je) bericht[\s\S]{0,400}?(?:gelezen|bezorgd|verwijderd)"
    r"|ihre nachricht[\s\S]{0,400}?(?:gelesen|zugestellt|gelöscht)"
    r"|votre message[\s\S]{0,400}?(?:a été lu|lu le|supprimé|remis)"
    r"|(?:su|tu|el) mensaje[\s\S]{0,400}?(?:leído|entregado)"
    r"|il (?:tuo |suo )?messaggio[\s\S]{0,400}?(?:letto|recapitato)|(?:sua|a) mensagem[\s\S]{0,400}?(?:lida|entregue)"
    r"|wiadomość[\s\S]{0,400}?(?:przeczytana|odczytana|dostarczona)",
)


def recognise(message: Message, fields: Mapping[str, str]) -> str | None:
    """The reason why ``message`` is a read receipt, as a sentence; None when it is none."""
    if report.type_of(fields) == "disposition-notification" or report.part(message, "message/disposition-notification"):
        return "It is a read receipt (RFC 8098, message/disposition-notification)."
    if fields.get("content-class", "").strip().lower() == "urn:content-classes:mdn":
        return "It is a read receipt by its header Content-Class."
    if SUBJECT.match(message.subject[:SUBJECT_CHARACTERS].lower()) and TEXT.search(
        message.text[:OPENING_CHARACTERS].lower()
    ):
        return "It is a read receipt: subject and text say so."
    return None
