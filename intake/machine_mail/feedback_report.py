"""Complaints and other reports of mailbox providers about mail that we sent (RFC 5965, RFC 7489, RFC 8460)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from intake.machine_mail import provider_notice, report
from intake.message import Message

LOOP_SENDER = re.compile(
    r"(?:staff@hotmail\.com|scomp@aol\.(?:com|net)|feedbackloop@|complaints?@feedback\.|fbl(?:[-._][\w.-]{1,60})?@"
    r"|[^@\s]{1,64}@reports\.spamcop\.net)"
)
"""Feedback loops that send a form of their own."""
COMPLAINT = re.compile(
    r"^\s*(?:complaint about message from|(?:email )?(?:feedback|abuse) report (?:for|regarding)|\[spamcop \()",
    re.IGNORECASE,
)
AGGREGATE = re.compile(r"^\s*report domain:\s*\S{1,255}\s{1,10}submitter:", re.IGNORECASE)
"""RFC 7489, 7.2.1.1: the subject of a DMARC report."""


def recognise(message: Message, fields: Mapping[str, str]) -> str | None:
    """The reason why ``message`` is a report about our mail, as a sentence; None when it is none."""
    kind = report.type_of(fields)
    if kind == "feedback-report" or report.part(message, "message/feedback-report"):
        return "It is a feedback report (RFC 5965, multipart/report; report-type=feedback-report)."
    if kind == "tlsrpt" or "tls-report-domain" in fields:
        return "It is a report about TLS (RFC 8460, report-type=tlsrpt)."
    if AGGREGATE.match(message.subject) and message.attachments:
        return "It is a DMARC report by its subject (RFC 7489, 7.2.1.1)."
    if fields.get("x-apple-unsubscribe", "").strip().lower() == "true":
        return "It asks to be unsubscribed, by the header X-Apple-Unsubscribe (RFC 2369, 3.2)."
    if message.sender is not None and LOOP_SENDER.match(message.sender.key):
        return "It is a complaint of a feedback loop, by its sender."
    if COMPLAINT.match(message.subject) and report.part(message, "message/rfc822"):
        return "It is a complaint by its subject, and it returns a mail."
    notice = provider_notice.read(message)
    if notice is not None and notice.kind == "complaint":
        return "It is a complaint that Amazon SES passed on (notificationType Complaint)."
    return None
