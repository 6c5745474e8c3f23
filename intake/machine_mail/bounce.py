"""Delivery status notifications (RFC 3464), and the free forms that mail systems send instead."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intake.machine_mail import delivery_status, notice_words, provider_notice, report, return_path
from intake.machine_mail.delivery_status import NOTICE_CHARACTERS, Failure
from intake.message import Message
from intake.new_text.quotation_words import FORWARD_PREFIX, REPLY_PREFIX

SUBJECT_CHARACTERS = 500
BEGINNING_CHARACTERS = 1000

DAEMON = re.compile(
    r"^\W?(?:mailer[-_.]?daemon|mail-?daemon|mdaemon|mmdf|mail\.delivery\.system|microsoftexchange[0-9a-f]{16,}"
    r"|bounces?(?:[-+=].*)?)(?:[@\\\"]|$)",
    re.IGNORECASE,
)
"""Addresses that programs alone write from."""
ROLE = re.compile(
    r"^\W?(?:post_?master|poostmaster|mailadm|mailadministrator|system-administrator|post\.?office|mail-delivery|mail-?system"
    r"|delivery|nobody)(?:[@\\\"]|$)",
    re.IGNORECASE,
)
"""Addresses that mail systems write from, and persons as well (RFC 2142, 5)."""
DAEMON_NAME = re.compile(
    r"mail delivery|mailer[- ]?daemon|postmaster|delivery (?:subsystem|system|service|status)|mail (?:system"
    r"|administrator)|system administrator|message router|internet mail|microsoft exchange|mail ?server",
    re.IGNORECASE,
)
RETURNED_HEADER = re.compile(
    r"^[> \t]{0,20}(?:received|message-id|return-path|mail from|rcpt to): .", re.IGNORECASE | re.MULTILINE
)
RETURNED_TYPES = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
"""RFC 3464, 2 and RFC 6533, 4."""
LIST_MANAGER_FIELDS = frozenset(
    {"x-mlserver", "x-ml-info", "mailing-list", "x-list-administrivia", "x-mailman-version"}
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A recognised bounce: why it is one, and what it says of the recipients."""

    reason: str
    failure: Failure


def recognise(message: Message, fields: Mapping[str, str]) -> Bounce | None:
    """The bounce that ``message`` is; None when it is none.

    A report (RFC 3464) is proof. Without one, two of these must agree: it comes from a mail system (RFC 3834, 3.3:
    empty Return-Path, or a daemon's address), its subject is a notice's, its text is a notice's.
    """
    return formal(message, fields) or _of_list_manager(message, fields) or _free(message, fields)


def formal(message: Message, fields: Mapping[str, str]) -> Bounce | None:
    """The bounce that ``message`` is by its structure or by a header; None when neither says so."""
    for content_type in REPORT_TYPES:
        found = report.part(message, content_type)
        if found is not None:
            failure = _told_too(delivery_status.from_report(found.content), message)
            return Bounce(f"It is a delivery status notification (RFC 3464){_action(failure)}.", failure)
    if report.type_of(fields) == "delivery-status":
        return Bounce(
            "It is a delivery status notification (RFC 3464) without its report.", delivery_status.from_text(message)
        )
    if "x-failed-recipients" in fields:
        return Bounce("The header X-Failed-Recipients names failed recipients.", delivery_status.from_text(message))
    notice = provider_notice.read(message)
    if notice is not None and notice.kind != "complaint":
        return Bounce(f"It is a delivery notice of Amazon SES{_action(notice.failure)}.", notice.failure)
    return None


def _told_too(failure: Failure, message: Message) -> Failure:
    """The failure with what the text says, where the report names nobody."""
    if failure.recipients or failure.succeeded:
        return failure
    told = delivery_status.from_text(message)
    return Failure(told.recipients, told.permanent if failure.permanent is None else failure.permanent, failure.action)


def _of_list_manager(message: Message, fields: Mapping[str, str]) -> Bounce | None:
    for name in sorted(LIST_MANAGER_FIELDS & fields.keys()):
        opening = f"{message.subject[:SUBJECT_CHARACTERS]}\n{message.text[:BEGINNING_CHARACTERS]}".lower()
        if notice_words.ADMINISTRIVIA.search(opening):
            return Bounce(
                f"It is a list manager's refusal, by its words and the header {name.title()}.",
                delivery_status.from_text(message),
            )
    return None


def _free(message: Message, fields: Mapping[str, str]) -> Bounce | None:
    system = _system(message, fields)
    subject = message.subject[:SUBJECT_CHARACTERS].lower()
    in_subject = notice_words.SUBJECT.search(subject) is not None
    by_role = system is None and message.sender is not None and ROLE.match(message.sender.key) is not None
    if not in_subject and not system and not by_role:
        return None
    in_text = notice_words.TEXT.search(message.text[:NOTICE_CHARACTERS].lower()) is not None
    if system and (in_subject or (in_text and (_is_daemon(message) or _is_of_a_mail(message)))):
        signs = [system, "the subject says so" if in_subject else "the text says so"]
        return Bounce(_reason(signs), delivery_status.from_text(message))
    if message.in_reply_to or _passed_on(subject):
        return _in_answer(message) if by_role else None
    said = [sign for sign, there in (("its subject says so", in_subject), ("its text says so", in_text)) if there]
    said += [form for form in (_form(message),) if form is not None] if said else []
    said += ["it comes from a mail system by its name"] if _has_name_of_system(message, by_role) else []
    said += ["it names a recipient"] if by_role and delivery_status.names_recipient(message) else []
    if len(said) >= (2 if by_role else 3) and (by_role or (in_subject and in_text)):
        return Bounce(_reason(said), delivery_status.from_text(message))
    return None


def _passed_on(subject: str) -> bool:
    """Whether a person passes on or answers what a mail system said."""
    return bool(REPLY_PREFIX.match(subject) or FORWARD_PREFIX.match(subject))


def _in_answer(message: Message) -> Bounce | None:
    """A notice under our own subject; what a person writes above a quoted one is not."""
    text = message.new_text[:NOTICE_CHARACTERS]
    if not (notice_words.TEXT.search(text.lower()) and RETURNED_HEADER.search(text)):
        return None
    signs = ["it comes from an address of mail systems", "its text says so", "it quotes the header of a mail"]
    return Bounce(_reason(signs), delivery_status.from_text(message))


def _reason(signs: Sequence[str]) -> str:
    return f"It is a bounce: {', '.join(signs[:-1])}, and {signs[-1]}."


def _system(message: Message, fields: Mapping[str, str]) -> str | None:
    sender = message.sender
    if sender is not None and _is_daemon(message):
        return f"it comes from {(sender.address or sender.name)[:80]}"
    if return_path.is_null(fields):
        return "its Return-Path is empty (RFC 5321, 4.5.5)"
    return None


def _is_daemon(message: Message) -> bool:
    """Whether a mail system sent it, by the address, or by the name where there is no address."""
    sender = message.sender
    if sender is None:
        return False
    return bool(DAEMON.match(sender.key) or (not sender.key and DAEMON_NAME.search(sender.name[:100])))


def _is_of_a_mail(message: Message) -> bool:
    """Whether it speaks of a mail or its recipient: other machines, too, send from nowhere that something failed."""
    return _form(message) is not None or delivery_status.names_recipient(message)


def _has_name_of_system(message: Message, by_role: bool) -> bool:
    """Whether the sender's name is a mail system's; where there is none, the address says so, unless it has before."""
    if message.sender is None:
        return False
    name = message.sender.name or ("" if by_role else message.sender.key)
    return DAEMON_NAME.search(name[:100]) is not None


def _form(message: Message) -> str | None:
    """What of the form of a mail is a notice's, as the end of a sentence."""
    if any(each.content_type in RETURNED_TYPES for each in message.attachments):
        return "it returns a mail"
    if RETURNED_HEADER.search(message.text[: 3 * NOTICE_CHARACTERS]):
        return "it quotes the header of a mail"
    begins = notice_words.BEGINNING.match(message.text[:BEGINNING_CHARACTERS].lower())
    return "it begins as a notice does" if begins else None


def _action(failure: Failure) -> str:
    return f", action {failure.action[:20]}" if failure.action else ""
