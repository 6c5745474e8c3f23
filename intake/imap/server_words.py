"""What a server's refusals mean (RFC 5530, and what the large providers say instead), and what to do about them."""

from __future__ import annotations

import re
from enum import Enum

CODE = re.compile(r"\[([A-Z][A-Z0-9-]{1,30})(?: [^\[\]]{0,100})?\]", re.IGNORECASE)
"""A response code, RFC 9051, 7.1."""
THROTTLING_CODES = frozenset({"LIMIT", "OVERQUOTA", "THROTTLED"})
THROTTLING = re.compile(
    r"throttl|too many (?:simultaneous|concurrent)?\s?(?:connections|logins|requests|sessions)|"
    r"maximum number of connections|(?:bandwidth|rate|command) limits?|backoff time",
    re.IGNORECASE,
)
"""Gmail, Exchange, Yahoo and Dovecot without a code."""
SUGGESTED_WAIT = re.compile(r"backoff time:?\s*(\d{1,9})\s*(milliseconds|ms|seconds|s)?\b", re.IGNORECASE)
"""Exchange: "Request is throttled. Suggested Backoff Time: 299961 milliseconds"."""
LATER_CODES = frozenset({"UNAVAILABLE", "INUSE"})
ADVICE = {
    "EXPIRED": "The password has expired; set a new one at the provider and here.",
    "PRIVACYREQUIRED": 'The server wants the connection encrypted; set tls = "starttls" or "implicit".',
    "CONTACTADMIN": "The server's administrator has to act; ask them.",
    "AUTHORIZATIONFAILED": "The login is right, but it may not use this mailbox; have it given the rights.",
    "NOPERM": "The user lacks the rights; have them given, or choose another folder or way to acknowledge.",
    "NONEXISTENT": "The folder is gone; make it again or set another one.",
    "ALREADYEXISTS": "The folder exists already, yet is not listed; give the user the right to see it.",
}
"""What to do about a response code of RFC 5530, 3."""
SHOWN_CHARACTERS = 200


class Meaning(Enum):
    """Of what kind a refusal is."""

    REFUSED = "refused"
    LATER = "later"
    THROTTLED = "throttled"


def code(words: str) -> str | None:
    """The first response code in a server's words, in upper case."""
    found = CODE.search(words)
    return found.group(1).upper() if found else None


def meaning(words: str) -> Meaning:
    """Whether the server refuses for good, cannot just now, or wants to be asked less."""
    said = code(words)
    if said in THROTTLING_CODES or THROTTLING.search(words):
        return Meaning.THROTTLED
    return Meaning.LATER if said in LATER_CODES else Meaning.REFUSED


def suggested_wait(words: str) -> float:
    """For how many seconds the server asks to be left alone; 0 when it does not say."""
    found = SUGGESTED_WAIT.search(words)
    if found is None:
        return 0.0
    amount, unit = float(found.group(1)), (found.group(2) or "milliseconds").lower()
    return amount / 1000 if unit.startswith("m") else amount


def advice(words: str) -> str:
    """What to do about a refusal, as a sentence; empty where its code says nothing."""
    return ADVICE.get(code(words) or "", "")


def words_of(error: BaseException, *secrets: str) -> str:
    """The server's or system's own words for a fault, on one short line, without the ``secrets``."""
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return " ".join(text.removeprefix("b'").removesuffix("'").split())[:SHOWN_CHARACTERS]
