"""What a bounce says of the recipients it failed to reach (RFC 3464, and the free forms before it)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from intake.decoding.address_list import ADDR_SPEC, MAX_ADDRESS_LENGTH
from intake.decoding.charset import decode
from intake.machine_mail import notice_words
from intake.message import Message

MAX_REPORT_CHARACTERS = 100_000
MAX_RECIPIENTS = 100
MAX_PARAGRAPHS = 2000
MAX_RETURNED = 10
NOTICE_CHARACTERS = 6000
FIELD = re.compile(r"^([A-Za-z-]{3,40}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
"""RFC 3463, 2: the class is the first digit; 5 is permanent, 4 persistent but transient."""
REPLY_CODE = re.compile(r"(?:^|[\s:<(\[#'\"-])([45])\d\d(?: (?=\S)|-(?!\d)|,)")
"""RFC 5321, 4.2.1."""
SUCCESS = ("deliver", "relayed", "expanded")
"""Actions that are no failure (RFC 3464, 2.3.3)."""

LOCAL = r"[^\s<>\"'()\[\]:;,@]{1,255}+"
DOMAIN = r"[^\s<>\"'()\[\]:;,@]{1,255}+"
PLAIN = r"[\w.+=/~&'*-]{1,255}+@[\w.-]{1,255}+"
NAMED_RECIPIENT = re.compile(
    rf"(?:final-recipient|original-recipient):\s{{0,10}}(?:rfc822|[\w-]{{1,40}})\s{{0,10}};\s{{0,10}}<?({LOCAL}@{DOMAIN})"
    rf"|(?:rcpt to|recipient(?: address)?|delivery to|to the following recipients?|user|for|full|account)"
    rf"\s{{0,10}}[:=]?\s{{0,10}}[\"'(<\[]{{1,2}}({LOCAL}@{DOMAIN})[\"')>\]]"
    rf"|(?:failed recipient|rcpt to|unknown user|user unknown|recipient(?: address)?|smtp)"
    rf"\s{{0,10}}[:=]\s{{0,10}}({PLAIN})"
    rf"|(?:deliver(?:ed)? (?:your |the )?(?:message|mail|e-?mail) to"
    rf"|following (?:recipients?|address(?:es)?)[^\n]{{0,80}}:"
    rf"|gateway for|did not reach[^\n]{{0,40}}:)\s{{0,10}}<?({PLAIN})"
    rf"|^[ \t]{{0,40}}(?:[45]\d\d[ -])?(?:[45]\.\d{{1,3}}\.\d{{1,3}} )?<({LOCAL}@{DOMAIN})>"
    rf"(?::|[ \t]*$|[ \t]+[(\[.]|\.\.\.|,| )"
    rf"|^[ \t]{{0,40}}(?:[*•-]{{1,4}} |\d{{1,3}}[.)] )?\"?({PLAIN})\"?[ \t]*(?::|$|[-(\[<]|,|;|(?<=\.)|[ \t])",
    re.IGNORECASE | re.MULTILINE,
)
REPORT_IN_TEXT = re.compile(r"^final-recipient:", re.IGNORECASE | re.MULTILINE)
ORIGINAL_BELOW = re.compile(
    r"^[ \t>]{0,40}-{2,80}+.{0,40}(?:original|copy of|unsent|your|returned|below|message|header|the body)[^\n]{0,60}$"
    r"|^(?:a copy of the )?original message (?:headers|follows|below)[^\n]{0,40}$"
    r"|^(?:return-path|received): ",
    re.IGNORECASE | re.MULTILINE,
)
ADDRESSED = re.compile(r"^[> \t]{0,40}To:[ \t]*(.{1,300})$", re.MULTILINE)
NOT_RECIPIENTS = ("mailer-daemon@", "postmaster@")
"""Notices say whom to ask; these are the failed recipients only where nobody else is named."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The recipients that failed, whether for good (None when it does not say), and the action (RFC 3464, 2.3.3)."""

    recipients: tuple[str, ...]
    permanent: bool | None
    action: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether it reports that the mail did arrive."""
        return self.action is not None and self.action.startswith(SUCCESS)


def from_report(report: bytes) -> Failure:
    """What a ``message/delivery-status`` part says."""
    return _read(decode(report)[0].replace("\r\n", "\n")[:MAX_REPORT_CHARACTERS])


def _read(text: str) -> Failure:
    recipients: list[str] = []
    actions: list[str] = []
    classes: list[str] = []
    for group in _groups(text):
        recipient = _recipient(
            _address(group.get("final-recipient", "")), _address(group.get("original-recipient", ""))
        )
        words = group.get("action", "").split()
        action = words[0].lower().strip(";,") if words else ""
        status = STATUS.search(group.get("status", "")) or STATUS.search(group.get("diagnostic-code", ""))
        if not recipient and not action and not status:
            continue
        actions += [action] if action else []
        if action.startswith(SUCCESS):
            continue
        classes += [status[1]] if status else []
        recipients += [recipient] if recipient else []
    taken = next((a for a in actions if a.startswith("fail")), None)
    taken = taken or next((a for a in actions if not a.startswith(SUCCESS)), None) or next(iter(actions), None)
    return Failure(_distinct(recipients, ()), _permanent(taken, classes), taken)


def _recipient(final: str, original: str) -> str:
    """The final recipient; the original one where the final one is a name inside the reporting system."""
    return original if original and "." not in final.rpartition("@")[2] else final or original


def _permanent(action: str | None, classes: Collection[str]) -> bool | None:
    if action is not None and action.startswith(SUCCESS):
        return None
    if action is not None and action.startswith("delay"):
        return False
    if classes:
        return "5" in classes
    return True if action is not None else None


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The per-message fields and those of each recipient, which blank lines part (RFC 3464, 2.1)."""
    for block in re.split(r"\n[ \t]*\n", text, maxsplit=MAX_PARAGRAPHS):
        group: dict[str, str] = {}
        for match in FIELD.finditer(block):
            name = match[1].lower()
            if name == "final-recipient" and name in group:
                yield group
                group = {}
            group.setdefault(name, " ".join(match[2].split()))
        yield group


def from_text(message: Message) -> Failure:
    """What a bounce without a report says in its header and text."""
    text = message.text[:MAX_REPORT_CHARACTERS]
    if REPORT_IN_TEXT.search(text):
        # Some gateway took the parts of the report for text.
        failure = _read(text)
        if failure.recipients:
            return failure
    below = ORIGINAL_BELOW.search(text, min(len(text), 40))
    notice = text[: below.start()] if below else text
    return Failure(_recipients(message, notice), _for_good(message.subject, notice))


def names_recipient(message: Message) -> bool:
    """Whether the new text names an address that is neither the sender's nor whom the mail is for."""
    known = {address.key for address in (*((message.sender,) if message.sender else ()), *message.to)}
    return any(
        match.group().strip(".").lower() not in known
        for match in ADDR_SPEC.finditer(message.new_text[:NOTICE_CHARACTERS])
    )


def _recipients(message: Message, notice: str) -> tuple[str, ...]:
    """The recipients by the surest source that names any: header, wording, any address, the mail that is returned."""
    sender = {message.sender.key} if message.sender else set()
    own = sender | {address.key for address in message.to}
    headed = [_address(part) for value in message.header_all("x-failed-recipients") for part in value.split(",")]
    worded = [_address(next(filter(None, match.groups()))) for match in NAMED_RECIPIENT.finditer(notice)]
    return (
        _distinct(headed, sender)
        or _distinct(worded, own)
        or _distinct(_reported_inside(message), ())
        or _distinct((match.group() for match in ADDR_SPEC.finditer(notice)), own)[:1]
        or _distinct(_addressed_in_original(message), ())[:1]
        or _distinct(worded, sender)[:1]  # who writes to himself is told so at his own address
    )


def _for_good(subject: str, notice: str) -> bool:
    """Whether the mail failed for good: what the codes say, else that it was returned and not merely delayed."""
    said = notice.lower()
    delayed = notice_words.DELAYED.search(said) or notice_words.DELAYED_SUBJECT.search(subject.lower())
    if delayed and not notice_words.GIVEN_UP.search(said):
        return False
    status = STATUS.search(notice) or REPLY_CODE.search(notice)
    return status is None or status[1] == "5"


def _reported_inside(message: Message) -> Iterator[str]:
    """Whom a bounce names that came wrapped into another mail."""
    for source in _returned(message):
        if REPORT_IN_TEXT.search(source):
            yield from _read(source).recipients


def _addressed_in_original(message: Message) -> Iterator[str]:
    """To whom the returned mail was addressed, where the notice names nobody."""
    for source in (message.text[:MAX_REPORT_CHARACTERS], *_returned(message)):
        for match in ADDRESSED.finditer(source):
            yield _address(match[1])


def _returned(message: Message) -> Iterator[str]:
    for attachment in message.attachments[:MAX_RETURNED]:
        if attachment.content_type in ("message/rfc822", "text/rfc822-headers"):
            yield decode(attachment.content[:MAX_REPORT_CHARACTERS])[0].replace("\r\n", "\n")


def _address(value: str) -> str:
    match = ADDR_SPEC.search(value.partition(";")[2] or value)
    return match.group().strip(".") if match else ""


def _distinct(addresses: Iterable[str], own: Collection[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for address in addresses:
        address = address.strip("<>.,;:\"'")
        if address and address.lower() not in own:
            kept.setdefault(address.lower(), address[:MAX_ADDRESS_LENGTH])
    persons = [address for key, address in kept.items() if not key.startswith(NOT_RECIPIENTS)]
    rest = [address for key, address in kept.items() if key.startswith("postmaster@")]
    return tuple(persons or rest)[:MAX_RECIPIENTS]
