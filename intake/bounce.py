"""Delivery status notifications, feedback reports and read receipts (RFC 3464, RFC 5965, RFC 8098) and free forms."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intake import delivery_status, parameters
from intake.attachment import Attachment
from intake.delivery_status import Failure
from intake.message import Message

NOTICE_CHARACTERS = 6000

DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|post_?master|mail-?daemon|mdaemon|mailerdaemon|bounces?(?:[-+=].*)?|mmdf|mailadm"
    r"|mailadministrator"
    r"|system-administrator|post\.?office|mail-delivery|delivery|nobody)(?:@|$)",
    re.IGNORECASE,
)
DAEMON_NAME = re.compile(
    r"mail delivery|mailer[- ]?daemon|postmaster|delivery (?:subsystem|system|service|status)|mail (?:system"
    r"|administrator)"
    r"|system administrator|message router|internet mail",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"undeliver|not (?:be )?deliver|non[- ]?deliver|delivery (?:status|fail|error|problem|report|notif"
    r"|has failed|unsuccess|incomplete|delay)"
    r"|failure (?:notice|delivery)|mail (?:delivery|failure|error|status report|system error|could not)"
    r"|returned (?:mail|to sender|e-?mail)"
    r"|message (?:delivery|status|undeliver|not delivered|could not)|deliver(?:y|ing)? (?:to"
    r"|of).{0,60}(?:failed|delayed)"
    r"|bounced? (?:mail|message)|^ndn:|^dsn:|user unknown|unknown user|unable to deliver|can(?:no"
    r"|')t (?:be )?(?:deliver|send)"
    r"|(?:warning|error|rejected|blocked|bounce|failed).{0,40}(?:mail|message|delivery|recipient)|unzustellbar"
    r"|zustellung|zustellfehler"
    r"|onbestelbaar|niet (?:worden )?(?:af|be)zorgd|bestelling mislukt|non (?:remis|distribu)"
    r"|échec de (?:la )?remise|no entregado|mancata consegna"
    r"|não (?:foi )?entregue|niedostarczon|zwrot (?:wiadomości|poczty)|nedoručiteln|недоставлен|не доставлено"
    r"|配信(?:不能|エラー)|メールエラー|退信",
    re.IGNORECASE,
)
TEXT = re.compile(
    r"(?:could|can|was|were|has|have|did|is|will)(?: ?no|n')t (?:be |been |able to )?(?:be )?(?:deliver|sent"
    r"|send|reach)|cannot be (?:deliver|sent)"
    r"|unable to (?:deliver|send|relay)|undeliverable|delivery (?:to the following|failed|has failed|failure"
    r"|status notification|attempt)"
    r"|permanent (?:fatal )?error|fatal errors|(?:user|mailbox|recipient|address|account)(?: is"
    r"| was)?(?: \w+){0,2} (?:unknown|unavailable|not found|rejected|disabled|full)"
    r"|unknown (?:user|recipient|address|local)|no such (?:user|mailbox|recipient|person|address)"
    r"|does ?n[o']t exist|mailbox (?:is )?full|over ?quota"
    r"|returned (?:to (?:the )?sender|mail|message|unopened)|i'm afraid i wasn't able|this is the (?:mail"
    r"|qmail-send|postfix)|rejected by|smtp (?:error|command|reply)"
    r"|status: [45]\.\d|\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|failed (?:recipient|address|to deliver)"
    r"|error (?:transmitting|while|sending|message)"
    r"|konnte nicht (?:zugestellt|übermittelt)|kon niet worden (?:af|be)zorgd|n'a pas pu être"
    r"|no se pudo entregar|impossibile (?:consegnare|recapitare)"
    r"|non è stato possibile|nie (?:mogła|została) .{0,30}dostarczon|宛先|配信|不達|доставить|доставлено",
    re.IGNORECASE,
)
RETURNED_HEADER = re.compile(r"^[> \t]*(?:received|message-id|return-path): .", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A recognised bounce: why it is one, and what it says of the recipients."""

    reason: str
    failure: Failure


def feedback_report(message: Message) -> str | None:
    """The reason why ``message`` is an abuse or authentication report; None when it is none."""
    if _report_type(message) == "feedback-report" or _part(message, "message/feedback-report"):
        return "It is a feedback report (RFC 5965, multipart/report; report-type=feedback-report)."
    if message.sender and re.match(r"(?:staff@hotmail\.com|feedbackloop@|fbl(?:[-.]\w+)?@)", message.sender.key):
        return "It is a complaint of a feedback loop, by its sender."
    return None


def receipt(message: Message) -> str | None:
    """The reason why ``message`` is a read receipt or a notice of success; None when it is none."""
    if _report_type(message) == "disposition-notification" or _part(message, "message/disposition-notification"):
        return "It is a read receipt (RFC 8098, message/disposition-notification)."
    return None


def recognise(message: Message) -> Bounce | None:
    """The bounce that ``message`` is; None when it is none.

    A report (RFC 3464) is proof. Without one, two of these must agree: it comes from a mail system (RFC 3834, 3.3:
    empty Return-Path, or a daemon's address), its subject is a notice's, its text is a notice's.
    """
    report = _part(message, "message/delivery-status") or _part(message, "message/global-delivery-status")
    if report is not None:
        failure = delivery_status.from_report(report.content)
        if not failure.recipients:
            told = delivery_status.from_text(message)
            permanent = failure.permanent if failure.permanent is not None else told.permanent
            failure = Failure(told.recipients, permanent, failure.action)
        return Bounce(f"It is a delivery status notification (RFC 3464){_action(failure)}.", failure)
    if _report_type(message) == "delivery-status":
        return Bounce(
            "It is a delivery status notification (RFC 3464) without its report.", delivery_status.from_text(message)
        )
    if message.header("x-failed-recipients") is not None:
        return Bounce("The header X-Failed-Recipients names failed recipients.", delivery_status.from_text(message))
    from_system = _from_mail_system(message)
    subject = bool(SUBJECT.search(message.subject))
    if not from_system and not subject:
        return None
    text = message.text[:NOTICE_CHARACTERS]
    notice = bool(TEXT.search(text))
    returned = _part(message, "message/rfc822") is not None or _part(message, "text/rfc822-headers") is not None
    returned = returned or bool(RETURNED_HEADER.search(message.text[: 3 * NOTICE_CHARACTERS]))
    if from_system and (subject or notice):
        return Bounce(
            f"It is a bounce: {from_system}, and the {'subject' if subject else 'text'} says so.",
            delivery_status.from_text(message),
        )
    if subject and notice and returned and not message.in_reply_to:
        return Bounce(
            "It is a bounce: subject and text say so, and it returns a mail.", delivery_status.from_text(message)
        )
    return None


def null_return_path(message: Message) -> bool:
    """Whether the Return-Path is empty (RFC 5321, 4.5.5): nobody wants an answer."""
    value = message.header("return-path")
    return value is not None and value.replace(" ", "") in ("<>", "")


def _from_mail_system(message: Message) -> str | None:
    if message.sender is not None and (
        DAEMON.match(message.sender.key) or (DAEMON_NAME.search(message.sender.name) and not message.in_reply_to)
    ):
        return f"it comes from {(message.sender.address or message.sender.name)[:80]}"
    if null_return_path(message):
        return "its Return-Path is empty (RFC 5321, 4.5.5)"
    return None


def _action(failure: Failure) -> str:
    return f", action {failure.action[:20]}" if failure.action else ""


def _report_type(message: Message) -> str | None:
    declared = parameters.parse(message.header("content-type") or "")
    return declared.parameters.get("report-type", "").lower() if declared.value == "multipart/report" else None


def _part(message: Message, content_type: str) -> Attachment | None:
    return next((each for each in message.attachments if each.content_type == content_type), None)
