"""What a bounce says of the recipients it failed to reach (RFC 3464, and the free forms before it)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from intake.address_list import ADDR_SPEC
from intake.charset import decode
from intake.message import Message

MAX_REPORT_CHARACTERS = 100_000
MAX_RECIPIENTS = 100
FIELD = re.compile(r"^([A-Za-z-]{3,40}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
"""RFC 3463, 2: the class is the first digit; 5 is permanent, 4 persistent but transient."""
REPLY_CODE = re.compile(r"(?:^|[\s:<(\[#'\"-])([45])\d\d[ -](?=\S)")
"""RFC 5321, 4.2.1."""
TRANSIENT = re.compile(
    r"will (?:be retried|keep trying|retry|continue)|will try|delivery (?:has been |is )?delayed"
    r"|not yet been delivered|temporar"
    r"|warning message only|over quota|mailbox (?:is )?full|retry (?:time|timeout)|timed? ?out",
    re.IGNORECASE,
)
PERMANENT = re.compile(
    r"permanent|fatal|unknown|no such|not (?:found|exist|known|a valid|listed)|n[o']t exist|invalid|rejected"
    r"|disabled|refused|given up"
    r"|could not be delivered|undeliverable|returned to sender",
    re.IGNORECASE,
)
NAMED_RECIPIENT = re.compile(
    r"(?:final-recipient|original-recipient):\s*(?:rfc822|[\w-]+)\s*;\s*<?([^\s<>]+@[^\s<>]+)"
    r"|(?:rcpt to|recipient(?: address)?|delivery to|to the following recipients?|user|unknown user|for)\s*[:=]?\s*"
    r"[\"'(<\[]{1,2}([^\s<>\"'()\[\]]+@[^\s<>\"'()\[\]]+)[\"')>\]]"
    r"|^[ \t]*<([^\s<>]+@[^\s<>]+)>(?::|\s*$|[ \t]+[(\[.]|,| )"
    r"|^[ \t]*(?:\d{1,3}[.)] )?\"?([\w.+=/~-]+@[\w-]+\.[\w.-]+)\"?[ \t]*(?::|$|[-(\[.]|,| |\.\.\.)",
    re.IGNORECASE | re.MULTILINE,
)
ORIGINAL_BELOW = re.compile(
    r"^[ \t>]*-{2,}.{0,40}(?:original|copy of|unsent|your|returned|below|message|header|the body)[^\n]{0,60}$"
    r"|^(?:return-path|received): ",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """The recipients that failed, whether for good (None when it does not say), and the action (RFC 3464, 2.3.3)."""

    recipients: tuple[str, ...]
    permanent: bool | None
    action: str | None = None


def from_report(report: bytes) -> Failure:
    """What a ``message/delivery-status`` part says."""
    text = decode(report)[0].replace("\r\n", "\n")[:MAX_REPORT_CHARACTERS]
    recipients: list[str] = []
    actions: list[str] = []
    classes: list[str] = []
    for group in _groups(text):
        recipient = _address(group.get("final-recipient", "")) or _address(group.get("original-recipient", ""))
        action = group.get("action", "").split()
        status = STATUS.search(group.get("status", "")) or STATUS.search(group.get("diagnostic-code", ""))
        if not recipient and not action and not status:
            continue
        actions += [action[0].lower().strip(";,")] if action else []
        classes += [status[1]] if status else []
        if recipient and (not action or action[0].lower() not in ("delivered", "relayed", "expanded")):
            recipients.append(recipient)
    action_taken = "failed" if any(action.startswith("fail") for action in actions) else next(iter(actions), None)
    permanent = None
    if action_taken == "delayed":
        permanent = False
    elif classes:
        permanent = "5" in classes
    elif action_taken == "failed":
        permanent = True
    return Failure(_distinct(recipients, ()), permanent, action_taken)


def _groups(text: str) -> Iterator[dict[str, str]]:
    """The per-message fields and those of each recipient, which blank lines part (RFC 3464, 2.1)."""
    for block in re.split(r"\n[ \t]*\n", text):
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
    own = {message.sender.key} if message.sender else set()
    own.update(address.key for address in message.to)
    named = [_address(part) for value in message.header_all("x-failed-recipients") for part in value.split(",")]
    text = message.text[:MAX_REPORT_CHARACTERS]
    below = ORIGINAL_BELOW.search(text, min(len(text), 40))
    notice = text[: below.start()] if below else text
    found = [next(filter(None, match.groups())) for match in NAMED_RECIPIENT.finditer(notice)]
    recipients = _distinct([*filter(None, named)] or [each for each in map(_address, found) if each], own)
    if not recipients:
        recipients = _distinct([match.group() for match in ADDR_SPEC.finditer(notice)], own)[:1]
    if not recipients:
        recipients = _distinct(_addressed_in_original(message), ())[:1]
    status = STATUS.search(notice) or REPLY_CODE.search(notice)
    permanent: bool | None = None
    if status:
        permanent = status[1] == "5"
    elif TRANSIENT.search(notice):
        permanent = False
    elif PERMANENT.search(notice):
        permanent = True
    return Failure(recipients, permanent)


def _addressed_in_original(message: Message) -> Iterator[str]:
    """To whom the returned mail was addressed, where the notice names nobody."""
    sources = [message.text]
    sources += [
        decode(attachment.content[:MAX_REPORT_CHARACTERS])[0]
        for attachment in message.attachments
        if attachment.content_type in ("message/rfc822", "text/rfc822-headers")
    ]
    for source in sources:
        for match in re.finditer(r"^[> \t]*To:[ \t]*(.{1,300})$", source[:MAX_REPORT_CHARACTERS], re.MULTILINE):
            address = _address(match[1])
            if address:
                yield address


def _address(value: str) -> str:
    match = ADDR_SPEC.search(value.partition(";")[2] or value)
    return match.group().strip(".") if match else ""


def _distinct(addresses: list[str] | Iterator[str], own: Collection[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for address in addresses:
        address = address.strip("<>.,;:\"'")
        if address.lower() not in own and not address.lower().startswith("mailer-daemon@"):
            kept.setdefault(address.lower(), address)
    # Notices say whom to ask; a postmaster is the failed recipient only where nobody else is named.
    persons = [address for key, address in kept.items() if not key.startswith("postmaster@")]
    return tuple(persons or kept.values())[:MAX_RECIPIENTS]
