"""The words of absence notices and acknowledgements, as programs write them; the patterns are for lower-case text."""

from __future__ import annotations

import re

AUTOMATIC_REPLY = (
    # What mail programs put before the subject they answer; en nl de fr es it pt ca
    "auto(?:mat(?:ic|ed))?[- ]?(?:reply|response|answer)|automatisch(?:e)? (?:antwoord|reactie)"
    "|automatische (?:antwort|r[üu]ckantwort)|auto(?:matische )?abwesenheits?(?:notiz|nachricht|meldung)"
    "|r[ée]ponse automatique|respuesta autom[áa]tica|risposta automatica|resposta autom[áaà]tica"
    # pl cs sk sv da no fi et hu ro hr sl lt lv tr id vi
    "|odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowied[źz]|automatick[áa] odpov[eě][dď]"
    "|autosvar|automatis[kc]?t? svar|automatiskt svar|automaattinen vastaus|automaatvastus|automatikus v[áa]lasz"
    "|r[ăa]spuns automat|automatski odgovor|samodejni odgovor|automatinis atsakymas|autom[āa]tiska atbilde"
    "|otomatik yan[ıi]t|balasan otomatis|trả lời tự động"
    # ru uk bg el he ar ja zh ko th
    "|автоматический ответ|автоответ|автоматична відповідь|автоматичен отговор|αυτόματη απάντηση"
    "|תשובה אוטומטית|رد تلقائي|自動応答|自動返信|自动答复|自动回复|自動回覆|자동 (?:회신|응답)|ตอบกลับอัตโนมัติ"
)
ABSENT = (
    # The names of absence; en nl de fr es it pt pl cs da no sv fi tr ru ja zh
    "out[- ]of[- ](?:the[- ])?office|oo[ot]o?\\b|(?:i am|i'm) (?:currently )?(?:out of (?:the )?office|away|on leave)"
    "|away from (?:the |my )?(?:office|desk|e-?mail|keyboard)|(?:annual|maternity|paternity|parental|sick) leave"
    "|on (?:annual )?leave|(?:on )?vacation(?: (?:notice|message|reply|responder|notification|alert))?|on holidays?"
    "|absence (?:notice|notification|message)"
    "|afwezig(?:heid(?:s(?:bericht|melding|assistent))?)?|niet aanwezig|buiten kantoor|(?:met|op) vakantie"
    "|abwesenheit(?:s(?:notiz|nachricht|meldung|benachrichtigung|assistent))?|abwesend|nicht im (?:b[üu]ro|haus)"
    "|au(?:ß|ss)er haus|im urlaub|absent(?:e)? du bureau|absence du bureau|message d['’]absence|avis d['’]absence"
    "|notification d['’]absence|absence|fuera de (?:la )?oficina|ausencia|ausente|mensaje de ausencia"
    "|fuori (?:sede|ufficio)|assen(?:te|za)(?: dall['’]ufficio)?|fora do escrit[óo]rio|aus[êe]ncia(?: tempor[áa]ria)?"
    "|poza biurem|nieobecno[śs][ćc]|nieobecn[ya]|mimo kancel[áa][řr]|nep[řr][íi]tomnost|frav[æa]r(?:sbesked)?"
    "|frånvaro(?:meddelande)?|ikke til stede|poissa(?:olo)?(?:ilmoitus)?|toimistolta poissa|ofis d[ıi][şs][ıi]nda"
    "|вне офиса|нет на месте|отсутствие|不在(?:通知|のお知らせ)?|外出(?:通知)?|休假"
)
SUBJECT = re.compile(
    rf"^\s*(?:(?:re|aw|antw|sv|odp)\s?:\s*)?[\[(]?(?:(?P<automatic>{AUTOMATIC_REPLY})|{ABSENT})"
    r"\s*[\])]?\s*(?:$|[:;!.,(\[–—-]|: |re\b|until\b|from\b|tot\b|bis\b|jusqu|van\b|vom\b|due\b|\d)",
)
"""A subject that is an absence notice's: the words stand at its beginning, and a mark, a date or nothing follows."""
NOTES_SUBJECT = re.compile(
    r"^(?:auto: .{1,80}|.{1,60}) (?:is|will be) out of (?:the )?office(?:\W|$)|^auto: .{1,80}\((?:returning|return)",
)
"""How HCL Notes says it: ``AUTO: Ann Lee is out of the office (returning 05/12/2025)``."""

TEXT = re.compile(
    r"\b(?:(?:i am|i'm|i’m|i will be|i'll be|am currently|is currently|currently|will be) (?:\w+ ){0,2}"
    r"(?:out of (?:the |my )?office|out of town|on (?:\w+ )?(?:vacation|holidays?|leave|a business trip)"
    r"|away|travell?ing|unavailable)"
    r"|out of (?:the )?office (?:until|till|from|with|and|on|between)"
    r"|(?:limited|no|intermittent|sporadic) access to (?:my )?(?:e-?mails?|inbox)"
    r"|this is an? auto(?:mated|matic|matically generated)?[- ]?(?:e-?mail )?(?:reply|response|answer)"
    r"|will (?:reply|respond|answer|get back) (?:to (?:you|your (?:e-?mail|message)) )?(?:\w+ ){0,3}"
    r"(?:upon|on|when|after|as soon as) (?:my |i )?(?:\w+ )?return"
    r"|driving with (?:do not disturb|the (?:sound|phone|notifications) (?:off|silenced))|driving focus turned on"
    r"|no longer (?:works?|working|employed|with) (?:\w+ ){0,2}(?:at|for|by|with|the company|us)"
    r"|ik ben (?:\w+ ){0,6}(?:afwezig|niet aanwezig|met vakantie|op vakantie|met verlof|weer aanwezig"
    r"|niet op kantoor|buiten kantoor)|tijdens mijn afwezigheid|(?:dit is een )?automatisch(?:e)? (?:antwoord|bericht)"
    r"|ich bin (?:\w+ ){0,6}(?:nicht im|abwesend|außer haus|im urlaub|nicht erreichbar|wieder (?:im|erreichbar|da))"
    r"|w[äa]hrend meiner abwesenheit|befinde mich (?:\w+ ){0,3}im urlaub|automatische (?:antwort|nachricht)"
    r"|je suis (?:\w+ ){0,4}(?:absent|en congé|en vacances|en déplacement)|je serai (?:\w+ ){0,3}(?:absent|de retour)"
    r"|pendant mon absence|en mon absence|actuellement absent"
    r"|(?:estoy|estaré|estare|me encuentro|me encontraré) (?:\w+ ){0,3}(?:fuera|ausente|de vacaciones|de baja)"
    r"|durante mi ausencia|en mi ausencia"
    r"|(?:sono|sarò|saro) (?:\w+ ){0,3}(?:assente|fuori|in ferie|in vacanza|di ritorno)|durante la mia assenza"
    r"|(?:estou|estarei|encontro-me) (?:\w+ ){0,3}(?:fora|ausente|de férias|de licença)"
    r"|durante a minha ausência"
    r"|jestem (?:\w+ ){0,3}(?:nieobecn|na urlopie)|przebywam na urlopie|będę (?:\w+ ){0,3}nieobecn"
    r"|podczas mojej nieobecności|nejsem (?:\w+ )?v kancel|jsem (?:\w+ ){0,3}(?:na dovolené|mimo kancel)"
    r"|jeg er (?:\w+ ){0,4}(?:ikke på kontoret|på ferie|fraværende|bortreist|ude af kontoret)"
    r"|jag är (?:\w+ ){0,4}(?:inte på kontoret|på semester|frånvarande|bortrest|ledig)"
    r"|olen (?:\w+ ){0,4}(?:poissa|lomalla)|ofiste (?:değilim|olmayacağım)|izindeyim"
    r"|(?:буду|нахожусь|я) (?:\w+ ){0,4}(?:в отпуске|вне офиса|отсутств))"
    r"|不在にして|休暇(?:中|をいただ|を取得)|正在休假|不在办公室|休假中",
)
"""What an absence notice says of its writer."""

ACKNOWLEDGEMENT = re.compile(
    r"\b(?:(?:we have|we've|we’ve|has|have|we) (?:successfully )?received your (?:\w+ ){0,3}"
    r"(?:e-?mail|message|request|enquiry|inquiry|ticket|question|query|mail|submission)"
    r"|your (?:support )?(?:request|ticket|e-?mail|message|enquiry|inquiry|case|question|query|issue)"
    r" (?:\S{1,40} ){0,5}(?:has been|was|have been|is) (?:successfully )?"
    r"(?:received|created|logged|registered|opened|submitted|assigned|being reviewed)"
    r"|(?:request|ticket|case) received\b|ticket (?:has been )?created for (?:your|you)"
    r"|(?:uw|je|jouw) (?:\w+ )?(?:bericht|e-?mail|vraag|verzoek|melding|aanvraag|ticket) (?:\S{1,40} ){0,5}"
    r"(?:ontvangen|geregistreerd|aangemaakt)"
    r"|(?:ihre|deine) (?:\w+ )?(?:anfrage|nachricht|e-?mail|meldung|mail|supportanfrage) (?:\S{1,40} ){0,9}"
    r"(?:erhalten|eingegangen|registriert|erfasst|angelegt)"
    r"|votre (?:\w+ )?(?:demande|message|e-?mail|courriel|ticket) (?:\S{1,40} ){0,5}(?:reçue?|enregistrée?|créé)"
    r"|nous avons bien reçu votre"
    r"|hemos recibido (?:tu|su)|su (?:solicitud|mensaje|consulta) (?:\S{1,40} ){0,4}"
    r"(?:recibid[oa]|registrad[oa])"
    r"|abbiamo ricevuto la (?:tua|sua)|la (?:tua|sua) richiesta (?:\S{1,40} ){0,4}"
    r"(?:ricevuta|registrata|presa in carico)"
    r"|recebemos (?:a )?(?:sua|seu|o seu)"
    r"|otrzymaliśmy (?:\w+ ){0,2}(?:zgłoszenie|wiadomość))",
)
"""What a helpdesk says when it answers a mail by itself; a notice about somebody else's ticket does not say *your*.

Thanks alone are no sign: the agents of a helpdesk thank, too, and what they write comes as auto-generated.
"""
