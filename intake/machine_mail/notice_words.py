"""The words with which mail systems say that a mail did not arrive; the patterns are for lower-case text."""

from __future__ import annotations

import re

SUBJECT = re.compile(
    # en
    r"undeliver|not (?:be )?(?:deliver|sent)|non[- ]?deliver|delivery (?:status|fail|error|problem|report|notif"
    r"|has (?:failed|been delayed)|unsuccess|incomplete|delay|warning)"
    r"|deliver(?:y|ing)? (?:to|of).{0,60}(?:failed|delayed)"
    r"|failure (?:notice|delivery|notification)|failed (?:mail|message|delivery)"
    r"|mail (?:delivery|failure|error|status report|system (?:error|mail)|could not|failed|rejected|delayed)"
    r"|returned (?:mail|to sender|e-?mail|message)|returning (?:mail|message) to sender"
    r"|message (?:delivery|status|undeliver|not (?:delivered|accepted)|could not|delayed|rejected|blocked|bounced)"
    r"|delayed (?:mail|message)|bounced? (?:mail|message|notice)|^ndn:|^dsn:|^ndr:|user unknown|unknown user"
    r"|unable to (?:deliver|send)|can(?:no|')t (?:be )?(?:deliver|send|sent)|couldn[’']t be delivered"
    r"|(?:warning|error|rejected|blocked|bounce|failed|failure).{0,40}(?:mail|message|delivery|recipient)"
    r"|processing error|considered unsolicited bulk e-?mail|apparently from you|mailbox (?:is )?(?:full|unavailable)"
    # de nl fr es it pt
    r"|unzustellbar|nicht zustellbar|zustellung|zustellfehler|nicht zugestellt|onbestelbaar"
    r"|niet (?:worden )?(?:af|be)(?:zorgd|geleverd)|(?:bestelling|bezorging|aflevering) (?:is )?mislukt"
    r"|non (?:remis|distribu|délivr)|échec (?:de|d['’])|remise (?:a échoué|impossible|retardée)"
    r"|retour à l['’]expéditeur"
    r"|no (?:se puede )?entrega|no se pudo entregar|error (?:de|en la) entrega"
    r"|correo devuelto|mensaje (?:devuelto|rechazado)"
    r"|mancat[oa] (?:consegna|recapito)|(?:non|impossibile) recapita|messaggio non (?:recapitato|consegnato)"
    r"|não (?:foi )?(?:entregue|possível entregar)|nao entregue|falha na entrega|entrega (?:falhou|falhada)"
    # pl cs sk sv da no fi hu ro tr el
    r"|niedostarcz|nie można dostarczyć|nie dostarczono|zwrot (?:wiadomości|poczty)|nedoručiteln|nelze doručit"
    r"|nedoručen|ej levererat|olevererbar|kunde inte levereras|kan ikke leveres|ikke levert|ikke leveret|uleverbar"
    r"|ei voitu toimittaa|toimittamatta|kézbesíthetetlen|sikertelen kézbesítés|nelivra|teslim edileme|iletilemedi"
    r"|αδύνατη (?:η )?παράδοση|δεν παραδόθηκε"
    # ru uk ja zh ko
    r"|недоставлен|не доставлено|не удается доставить|сообщение о (?:недоставке|невозможности)|не може бути доставлен"
    r"|配信(?:不能|エラー|できません|失敗)|送信(?:エラー|失敗)|メールエラー|不達|退信|无法(?:传递|投递|送达)|未送达|未送達"
    r"|無法(?:傳遞|投遞|送達)|投递失败|传输失败|배달 ?(?:안 ?됨|실패|할 수 없)|전송 ?실패",
)
BEGINNING = re.compile(
    r"\W{0,80}(?:your|the|a) (?:\w+ )?(?:message|e-?mail|mail)\b[\s\S]{0,300}?"
    r"(?:could|can|was|has|did) ?not (?:be |been )?(?:deliver|sent|reach)"
    r"|\W{0,80}(?:could|can) ?not deliver (?:your |the )?(?:message|mail|e-?mail)"
    r"|\W{0,80}delivery (?:to|of) [\s\S]{0,200}?(?:failed|has been (?:postponed|delayed))",
)
"""A notice that begins with its news, as no person does."""

TEXT = re.compile(
    # en
    r"(?:could|can|was|were|has|have|did|is|will)(?: ?no|n'|n’)t (?:be |been |able to )?(?:be )?(?:deliver|sent"
    r"|send|reach)|cannot be (?:deliver|sent)|delivery of (?:e-?mail|the message|your message) [\s\S]{0,80}postponed"
    r"|unable to (?:deliver|send|relay)|undeliverable|delivery (?:to the following|failed|has failed|failure"
    r"|status notification|attempt)|de?livery to .{0,60}(?:aborted|failed)|was aborted after"
    r"|permanent (?:fatal )?error|fatal errors|(?:user|mailbox|recipient|address|account)(?: is"
    r"| was)?(?: \w+){0,2} (?:unknown|unavailable|not found|rejected|disabled|full)"
    r"|unknown (?:user|recipient|address|local)|no such (?:user|mailbox|recipient|person|address)"
    r"|does ?n[o'’]t exist|mailbox (?:is )?full|over ?quota|did not reach"
    r"|returned (?:to (?:the )?sender|mail|message|unopened)|i'm afraid i wasn't able|this is the (?:mail"
    r"|qmail-send|postfix)|rejected by|smtp (?:error|command|reply)|not accepting mail"
    r"|status: [45]\.\d|\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|failed (?:recipient|address|to deliver)"
    r"|error (?:transmitting|while|sending|message)|is not able to receive|mail ?box (?:size )?(?:limit|quota)"
    # de nl fr es it pt
    r"|(?:konnte|kann|wurde) (?:\w+ ){0,6}nicht (?:\w+ ){0,2}(?:zugestellt|übermittelt|ausgeliefert)|nicht zustellbar"
    r"|(?:fehler|fehlgeschlagen)[\s\S]{0,40}zustell|zustellung[\s\S]{0,60}(?:fehlgeschlagen|nicht möglich|verzögert)"
    r"|(?:kon|kan|is) niet (?:worden )?(?:af|be)(?:zorgd|geleverd)|(?:bezorging|aflevering)[\s\S]{0,60}mislukt"
    r"|n['’]a pas pu (?:être|etre)|n['’]a pas été (?:remis|délivré|distribué)|échec de (?:la )?remise"
    r"|impossible de (?:remettre|délivrer)|no (?:se )?(?:pudo|puede|ha podido) (?:ser )?(?:entregar|entregado)"
    r"|no se ha podido entregar|error (?:en la|de) entrega|impossibile (?:consegnare|recapitare)"
    r"|non è stato possibile|non (?:può essere|è stato) (?:consegnat|recapitat)"
    r"|não (?:foi|pôde|pode|ser) (?:\w+ ){0,3}(?:entreg|possível entregar)|falha (?:na|ao) entreg"
    # pl cs sv da no fi hu tr
    r"|nie (?:mogła|została|można) .{0,30}dostarcz|nepodařilo se doručit|nelze doručit|nebyla? doručena?"
    r"|kunde inte levereras|kunne ikke leveres|ble ikke levert|ei voitu toimittaa"
    r"|nem (?:sikerült )?kézbesít|teslim edilemedi"
    # ru ja zh ko
    r"|宛先|配信|不達|送信できません|доставить|доставлено|无法(?:投递|送达|传递|发送)|退回|投递失败|传输失败|無法(?:投遞|送達|傳遞)"
    r"|배달(?:할 수|되지)|전달되지",
)
ADMINISTRIVIA = re.compile(
    r"(?:you|not) (?:\S{1,80} )?(?:are not|is not|aren't|not) (?:a |an )?(?:\w+ )?"
    r"(?:member|subscriber|subscribed|allowed|authorized|permitted)"
    r"|awaits moderator approval|held for (?:moderat|approval)|duplicated message-id|loop alert"
    r"|(?:message|post(?:ing)?|mail) (?:to \S{1,80} )?(?:has been|was|is) "
    r"(?:rejected|refused|discarded|not (?:accepted|allowed))",
)
"""What list managers answer to a mail that they do not pass on."""

DELAYED = re.compile(
    r"will (?:be retried|keep trying|be re-?tried|be attempted|continue|retry)"
    r"|(?:continue|attempts? will|keep(?:s)?) (?:to )?(?:try|be made|continue)"
    r"|delivery (?:has been |is |was )?(?:delayed|postponed)"
    r"|(?:not yet|hasn't|has not) been delivered"
    r"|still being retried|warning message only|this is a warning|has been postponed"
    r"|(?:verzögert|weitere versuche|wird weiterhin versucht)|(?:vertraagd|opnieuw (?:geprobeerd|proberen))"
    r"|(?:retardé|nouvelle tentative)|(?:retrasad|se seguirá intentando)|(?:ritardat|verranno effettuati altri)",
)
"""The mail is late, and the system goes on trying."""
DELAYED_SUBJECT = re.compile(r"delay|still being retried|verzögert|vertraagd|retard|retras|ritard")
GIVEN_UP = re.compile(
    r"given up|giving up|will no longer|no (?:further|more) (?:delivery )?attempts|not going to try"
    r"|has been in the queue too long|retry (?:time|timeout) exceeded"
    r"|permanent (?:fatal )?error|will not be retried",
)
