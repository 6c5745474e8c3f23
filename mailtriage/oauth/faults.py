"""What can go wrong between the program and a token server."""

from __future__ import annotations

from intake.mailbox_settings import MailboxError, MailboxUnavailable
from mailtriage.oauth.error_words import remedy


class TokenRefused(MailboxError):
    """No token is to be had until somebody does something: ``code`` is the server's error code (RFC 6749, 5.2) or our
    own word, ``says`` what happened, ``remedy`` what to do.
    """

    def __init__(self, mailbox: str, code: str, says: str) -> None:
        self.code = code
        self.says = says
        self.remedy = remedy(code, mailbox)
        super().__init__(f"Mailbox {mailbox!r}: {says}. {self.remedy}")


class TokenServerUnavailable(MailboxUnavailable):
    """The token server does not answer, or gives what is no answer: to be tried again.

    ``code`` is a short word for it; ``retry_after`` is how many seconds the server asks to be left alone.
    """

    def __init__(self, mailbox: str, code: str, says: str, retry_after: float = 0.0) -> None:
        self.code = code
        self.says = says
        self.remedy = "mailtriage goes on trying."
        self.retry_after = retry_after
        super().__init__(f"Mailbox {mailbox!r}: {says}; {self.remedy}")
