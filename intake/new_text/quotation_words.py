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
    # Apple Mail in Polish, and webmail that quotes an address
    "napisana przez",
    "quoting",
    "citeren",
    "zitat von",
    "citando(?: a)?",
)

ON_DATE = (
    # What an attribution line begins with; en nl de fr es it pt pl cs sk da no sv fi ro hr tr
    "on|at|op|am|le|el|il(?: giorno)?|em|às|no dia|a|wiadomość napisana|w dniu|dnia|dne|dňa|den|d\\.|pe"
    "|în data de|dana|tarihinde|在|于"
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
    "|gönderildi|gönderilen|skickat|sendt|"
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
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|doorst(?:uren)?|wg|tr|rv|i|enc|pd|vs|vb|vl|videresend|i̇lt|ilt|redir\.?"
    r"|továbbítás|fs|pr|vidar|转发|轉寄)\s*[:：]",
    re.IGNORECASE,
)
"""What mail programs put before the subject of a forward (nl doorst, de wg, fr tr, es rv, it i, pt enc, pl pd ...)."""

REPLY_PREFIX = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*)?(?:re|aw|antw|antwort|sv|odp|rif|r|res|rép?|ref|vá|ynt|回复|答复|回覆)"
    r"\s?(?:\[\d{1,3}\])?\s*[:：]",
    re.IGNORECASE,
)
"""What mail programs put before the subject of an answer."""

SENT_FROM = re.compile(
    r"^[<(\[\s]{0,5}(?:"
    r"sent (?:from|via|with|by|using)\b|from my (?:i?phone|ipad|mobile|android)|\S{1,40} from mobile"
    r"|get \[?outlook for|"
    r"(?:obter|obtenha|download|holen sie sich|laden sie|téléchargez?r?|obtenir|obtenez|obtener|obtén|obtenga|descargar"
    r"|scarica|ottieni|pobierz|uzyskaj|hämta|hent) (?:o |a |aplikację )?\[?outlook (?:for|voor|für|pour|para|per"
    r"|dla|för|til)"
    r" (?:systemu )?(?:ios|android|mac|windows)(?=\W*(?:$|https?:))|"
    r"outlook (?:voor|für) (?:ios|android|mac|windows) (?:downloaden|beziehen|herunterladen)|"
    r"yahoo mail: \w+, \w+, \w+|"
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

DEVICE = re.compile(
    r"\b(?:my|mijn|meine[mr]?|mon|ma|mi|mio|mia|meu|minha|min|mitt|mojego|mojej|mého|i?phone|ipad|ipod|android|galaxy"
    r"|samsung|blackberry|huawei|xiaomi|outlook|mail|mailbox|airmail|gmail|yahoo|proton|windows|mobile?|mobiltelefon"
    r"|smartphone|tablet|handy|app)\b|手机|手機|iphone",
    re.IGNORECASE,
)
"""What such a line names, even where it stands close to the text."""

CLOSING = re.compile(
    r"^[\W_]{0,3}(?:"
    # en
    r"(?:many |kind |best |warm |warmest |kindest |with (?:kind |best |warm )?|thanks and |thank you and |thanks & )*"
    r"(?:regards|wishes)|thanks(?: (?:again|a lot|so much|very much|in advance|and regards|and best regards"
    r"|for your help))?"
    r"|many thanks(?: in advance)?|thank you(?: (?:very much|so much|in advance|again|for your (?:help|time"
    r"|assistance)))?"
    r"|thx|tia|cheers|best|sincerely(?: yours)?|yours(?: (?:sincerely|faithfully|truly))?|respectfully|cordially"
    r"|take care"
    r"|all the best|greetings|talk soon|your pal|love"
    # nl
    r"|(?:met |mvg|m\.v\.g\.)(?:vriendelijke|hartelijke|beste|de meeste|vriendelijk)? ?(?:groet(?:en|jes)?|groet)?"
    r"|(?:vriendelijke |hartelijke |beste |veel )?groet(?:en|jes)?|gr\.?|hoogachtend|bedankt(?: alvast)?|alvast bedankt"
    r"|(?:hartelijk |alvast )?dank(?: u| je)?(?: wel)?|bij voorbaat dank|alvast hartelijk dank"
    # de
    r"|mit (?:freundlichen|freundlichem|besten|herzlichen|lieben|vielen) (?:grüßen|gruß|grüssen|gruss|dank)|mfg"
    r"|(?:viele|liebe|beste|schöne|herzliche|freundliche) grüße|(?:viele|liebe|beste|freundliche) grüsse"
    r"|(?:besten|vielen|herzlichen) dank"
    r"(?: im voraus)?|danke(?: im voraus)?|lg|vg|hochachtungsvoll|gruß|grüße"
    # fr
    r"|(?:bien )?cordialement|bien à (?:vous|toi)|salutations(?: distinguées)?|sincères salutations"
    r"|meilleures salutations"
    r"|merci(?: (?:d'avance|beaucoup|par avance|de votre aide))?|(?:très )?cordialement|respectueusement|amicalement"
    # es
    r"|(?:un )?(?:cordial |atento )?saludos?(?: cordial(?:es)?)?|atentamente|(?:muchas )?gracias(?: de antemano"
    r"| por su ayuda)?"
    r"|cordialmente"
    # pt
    r"|atenciosamente|(?:com os )?(?:melhores )?cumprimentos|(?:muito )?obrigad[oa](?: pela ajuda)?|abraços|att"
    # it
    r"|(?:cordiali|distinti) saluti|(?:grazie|molte grazie|grazie mille)(?: in anticipo)?|saluti|cordialmente"
    # pl
    r"|(?:z poważaniem|pozdrawiam(?: serdecznie)?|(?:serdecznie )?pozdrawiam|dziękuję(?: z góry)?"
    r"|z wyrazami szacunku|pozdrowienia)"
    r")(?!\w)",
    re.IGNORECASE,
)
"""The words before a name at the end of a mail."""
