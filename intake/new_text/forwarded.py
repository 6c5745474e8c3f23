"""What a forwarded mail claims of its sender, subject and date."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intake.address import Address
from intake.decoding.address_list import ADDR_SPEC
from intake.new_text.header_block import HeaderLines
from intake.new_text.quotation_words import FORWARD_PREFIX

MAX_CLAIM = 300
AFTER_NAME = re.compile(r"[<\[(]|\bon behalf of\b", re.IGNORECASE)
QUOTE_MARKS = " \t\"'«»„“”‚‘’*"
LINK_MARKUP = re.compile(r"\[?mailto:|\((?:mailto|https?):[^)]*\)", re.IGNORECASE)
NO_NAME = re.compile(
    r"^(?:heeft|użytkownik|používateľ|uživatel|időpontban|пользователь|користувач|от|a)\s+", re.IGNORECASE
)
"""Words that stand between the date and the name."""
DATE_IN_ATTRIBUTION = re.compile(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
    r"|(?:[^\W\d]{2,12}\.?,? )?(?:\d{1,2}\.? (?:de )?[^\W\d]{3,12}\.?,?|[^\W\d]{3,12}\.? \d{1,2},) (?:de )?\d{4})"
    r"(?:,? (?:[^\W\d]{1,4} ){0,2}\d{1,2}[:.h]\d\d(?::\d\d)?(?: ?[AP]M)?)?",
    re.IGNORECASE,
)
NAME_IN_ATTRIBUTION = re.compile(
    r"(?:^|[,;]|\d\d:\d\d|[ap]\.?m\.?)\s*[\"«„“]?\s*([^\W\d][^,;:<>\"«»]{1,60}?)\s*[\"»”]?\s*$"
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What the new text claims of the mail it forwards; claimed, never proven."""

    sender: Address | None
    subject: str | None
    date: str | None


def from_header_block(block: HeaderLines) -> Forwarded | None:
    """The claims of a header block (From, Date, Subject); None when it names neither sender nor subject."""
    sender = _address(block.values.get("from", ""))
    subject = block.values.get("subject", "")[:MAX_CLAIM].strip() or None
    if sender is None and subject is None:
        return None
    return Forwarded(sender, subject, block.values.get("sent", "")[:MAX_CLAIM].strip() or None)


def from_attribution(lines: list[str], subject: str) -> Forwarded | None:
    """The claims of an "On ... wrote:" line above forwarded text; the subject is the forward's without its prefix."""
    text = " ".join(line.strip(" >\t") for line in lines)
    spec = ADDR_SPEC.search(text)
    if spec is None:
        return None
    named = NAME_IN_ATTRIBUTION.search(text[: spec.start()].rstrip(" \t\"'<[("))
    name = NO_NAME.sub("", named[1].strip(QUOTE_MARKS)).strip(QUOTE_MARKS) if named else ""
    date = DATE_IN_ATTRIBUTION.search(text)
    return Forwarded(
        Address(name, spec.group()),
        FORWARD_PREFIX.sub("", subject)[:MAX_CLAIM].strip() or None,
        date.group() if date else None,
    )


def _address(value: str) -> Address | None:
    value = LINK_MARKUP.sub(" ", value).strip()
    if not value:
        return None
    spec = ADDR_SPEC.search(value)
    name = AFTER_NAME.split(value, maxsplit=1)[0].strip(QUOTE_MARKS)
    if spec is not None and spec.group() in name:
        name = ""
    return Address(name[:MAX_CLAIM], spec.group()[:MAX_CLAIM] if spec else "")
