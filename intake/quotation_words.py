"""The words with which mail programs introduce quoted and forwarded mail, by what they mean."""

from __future__ import annotations

import re

WROTE = (
    # en nl de fr es it pt pl cs sk
    "wrote",
    "writes",
    "schreef",
    "geschreven",
    "schrieb",
    "hat geschrieben",
    "écrit",
    "ecrit",
    "escribió",
    "escribio",
    "ha scritto",
    "scrisse",
    "escreveu",
    r"napisał(?:\(a\)|a)?",
    "napisano",
    "pisze",
    r"napsal(?:\(a\)|a)?",
    r"napísal(?:\(a\)|a)?",
    # da no sv fi et hu hr ro
    "skrev",
    "kirjoitti",
    "kirjutas",
    r"[ií]rta",
    r"napisao(?:/la)?",
    r"je napisao(?:/la)?",
    "a scris",
    # ru uk tr zh ja
    r"писал(?:\(а\)|а)?",
    r"написал(?:\(а\)|а)?",
    "пишет",
    r"пише",
    r"написав(?:\(ла\))?",
    "yazdı",
    "写道",
    "寫道",
    "のメール",
)

ON_DATE = (
    # What an attribution line begins with; en nl de fr es it pt pl cs sk da no sv fi ro hr tr
    "on|at|op|am|le|el|il(?: giorno)?|em|a|w dniu|dnia|dne|dňa|den|d\\.|pe|în data de|dana|tarihinde|在|于"
)

FROM = (
    "from|van|von|de|da|od|fra|från|lähettäjä|šalje|feladó|expeditorul|de la|отправитель|от|від кого|від|kimden"
    "|gönderen|"
    "saatja|mittente|nadawca|expéditeur|remitente|afzender|送信元|差出人|发件人|寄件者"
)
SENT = (
    "sent|date|verzonden|verstuurd|datum|gesendet|envoyé|enviado|enviado el|inviato|data|wysłano|odesláno"
    "|odoslané|fecha|dato|"
    "päivämäärä|päiväys|lähetetty|dátum|elküldve|poslano|dată|trimis|дата|отправлено|відправлено|tarih"
    "|gönderildi|skickat|sendt|"
    "kuupäev|日付|送信日時|发送时间|日期"
)
TO = (
    "to|aan|an|à|pour|para|a|do|komu|til|till|vastaanottaja|prima|címzett|destinatarul|către|кому|kime|pre|adresat|"
    "destinatario|destinataire|送信先|宛先|收件人"
)
COPY = (
    "cc|bcc|kopie|kopie \\(cc\\)|kopi|kopia|kopio|copie à|copia|másolat|másolatot kap|kópia|копия|копія|bilgi"
    "|dw|udw|kk|"
    "reply-to|antwoord aan|antwort an|risposta|répondre à|responder a"
)
SUBJECT = (
    "subject|onderwerp|betreff|objet|sujet|asunto|oggetto|assunto|temat|předmět|predmet|emne|ämne|aihe|naslov|tárgy|"
    "subiectul|subiect|тема|konu|teema|件名|主题|主旨"
)

FORWARDED = (
    "forwarded message|forwarded mail|doorgestuurd bericht|doorgestuurde bericht|weitergeleitete nachricht"
    "|message transféré|"
    "message transmis|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|mensagem reencaminhada"
    "|wiadomość przesłana dalej|"
    "przekazana wiadomość|treść przekazanej wiadomości|přeposlaná zpráva|preposlaná správa"
    "|videresendt meddelelse|videresendt melding|"
    "vidarebefordrat meddelande|edelleenlähetetty viesti|välitetty viesti|proslijeđena poruka"
    "|továbbított üzenet|mesaj redirecționat|"
    "перенаправленное сообщение|пересылаемое сообщение|переслане повідомлення|перенаправлене повідомлення"
    "|iletilen ileti|"
    "i̇letilen i̇leti|iletilmiş mesaj|i̇letilmiş mesaj|メッセージを転送|edastatud kiri"
)

BEGIN_FORWARDED = (
    # Apple Mail and MailMate write these on a line of their own, without dashes.
    "begin forwarded message|forwarded message|begin doorgestuurd bericht|anfang der weitergeleiteten nachricht|"
    "début du message réexpédié|inicio del mensaje reenviado|inizio messaggio inoltrato"
    "|início da mensagem reencaminhada|"
    "início da mensagem encaminhada|początek przekazywanej wiadomości|začátek přeposílané zprávy"
    "|začiatok preposlanej správy|"
    "start på videresendt besked|videresendt melding|vidarebefordrat mejl|välitetty viesti alkaa"
    "|započni proslijeđenu poruku|"
    "továbbított levél kezdete|începe mesajul redirecționat|начало переадресованного сообщения"
    "|початок листа, що пересилається|"
    "i̇leti başlangıcı|ileti başlangıcı"
)

ORIGINAL = (
    "original message|original appointment|oorspronkelijk bericht|ursprüngliche nachricht|original-nachricht"
    "|originalnachricht|"
    "message d'origine|message original|mensaje original|messaggio originale|mensagem original|"
    "wiadomość oryginalna|oryginalna wiadomość|původní zpráva|pôvodná správa|oprindelig meddelelse"
    "|opprinnelig melding|"
    "ursprungligt meddelande|alkuperäinen viesti|eredeti üzenet|mesaj original|исходное сообщение"
    "|оригінальне повідомлення|"
    "orijinal mesaj|원본 메시지|原始邮件|原始郵件|元のメッセージ|reply message|antwortnachricht"
)

FORWARD_PREFIX = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|doorst|wg|tr|rv|i|enc|pd|vs|vb|vl|videresend|i̇lt|ilt|redir\.?"
    r"|továbbítás|fs|pr|vidar)\s*:",
    re.IGNORECASE,
)
"""What mail programs put before the subject of a forward (nl doorst, de wg, fr tr, es rv, it i, pt enc, pl pd ...)."""

REPLY_PREFIX = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw|sv|odp|r|res|rép|ref|vá|ynt)(?:\[\d+\])?\s*:", re.IGNORECASE
)

SENT_FROM = re.compile(
    r"^[<(\[\s]*(?:"
    r"sent (?:from|via|with|by|using)\b|from my (?:i?phone|ipad|mobile|android)|\S+ from mobile|get \[?outlook for|"
    r"verzonden (?:vanaf|vanuit|met|via|van)\b|verstuurd vanaf\b|"
    r"von meine[mr] .{1,40} gesendet|gesendet (?:von|mit|aus)\b|diese nachricht wurde von meinem .{1,60} gesendet|"
    r"envoy[ée]e? (?:de|depuis|à partir)\b|enviado (?:desde|do|de|via|a partir)\b|inviato (?:da|con|dal)\b|"
    r"wys[łl]an[eo] z\b|odesl[áa]no z|odoslan[ée] z|sendt fra\b|skickat (?:från|fran)\b"
    r"|lähetetty\b.{0,30}(?:puhelimesta|iphone|ipad)|"
    r"отправлено (?:с|из)\b|надіслано з\b"
    r"|.{0,20}(?:iphone|ipad|手机|手機).{0,4}(?:发送|傳送|发自)|(?:发自|從我的|从我的).{1,20}"
    r").{0,120}$",
    re.IGNORECASE,
)
"""The line that telephones and mail programs put under a mail."""
