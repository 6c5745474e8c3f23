"""Where the signature of a mail begins: below its delimiter, at a telephone's line, or where the sender signs off."""

from __future__ import annotations

import re

from intake.new_text.quotation_words import CLOSING, DEVICE, SENT_FROM

DELIMITER = "-- "
"""RFC 3676, 4.3."""
DELIMITERS = frozenset({DELIMITER, "--", "— ", "—", "__ ", "__"})
"""Gateways and people lose the space, and people draw such lines between other things, too."""
MAX_LINES = 25
"""More lines than that below the delimiter are hardly a signature."""
MAX_SIGN_OFF_LINES = 14
MAX_LINE = 90
NAME_LINE = 40
DELIMITER_CHARACTERS = "-_*=#~+—–"
SHORT_DELIMITERS = frozenset({"--", "—", "ᐧ"})
"""The last is what a tracking extension of Gmail leaves behind."""

WORD = re.compile(r"[^\W\d_]+")
DOMAIN = re.compile(r"@\S+")
MAX_SENDER = 300
SENTENCE = re.compile(r"[?!]|[a-zà-ÿ]{4}[.;:](?:\s|$)|\b(?i:please|graag|bitte|p\.?s)\b")
AFTER_NAME = re.compile(r"\s[-–|,]\s|,\s|\s{3,}")
ADDRESS_ALONE = re.compile(r"^<?[^\s@<>]{1,64}@[^\s@<>]{1,250}>?$")
OPEN_ENDS = (":", ",", ";")
"""What a line ends with that is not done: the next lines belong to it."""
CONTACT = re.compile(
    r"(?<=[^\s@])@[^\s@]{1,250}\.\w|\bhttps?://|\bwww\.|\+?\(?\d[\d\s().*/x-]{5,}\d|^\W{0,3}\d{1,2}-\d{4}\b"
    r"|\b(?:x|ext\.?)[ -]?\d{3,5}\b|^[*#]\s?\d{4}\b"
    r"|^\W*(?:tel|telefon|telefoon|téléphone|teléfono|telefono|telefone|phone|mobile?|mob|fax|cell|direct|office|e-?mail"
    r"|skype|web|kom|gsm)\b ?[.:]|^\W*[tmfpew] ?[.:] ?(?:[+(\d]|\S+[.@]\w)",
    re.IGNORECASE,
)
"""A line that says how to reach somebody: address, telephone, extension, web page."""
QUESTION = re.compile(r"[^\W\d_]\?\s{0,9}$")
FEW_WORDS = 3
REACHABLE = re.compile(r"[@:\d]")
MOST_WORDS = 10
POSTAL = re.compile(
    r"^\W*\d{1,5}[a-z]?\s+\w+.{0,50}$|\b[A-Z]{2}\s+\d{5}\b|\b\d{4}\s?[A-Z]{2}\b|^\d{5}\s+\w+", re.IGNORECASE
)
# fmt: off
SMALL_WORDS = frozenset((
    "of", "and", "the", "for", "to", "at", "in", "van", "de", "der", "den", "von", "und", "für", "du", "des", "et",
    "la", "le", "di", "del", "y", "e", "i", "&", "+", "dr",
))
# fmt: on
MOST_NAME_WORDS = 4
LEAST_PREFIX = 3
"""So many letters of a name and its short form are the same (David, Dave)."""


def _asks(lines: list[str]) -> bool:
    """Whether the last line is a question: the delimiter above it was pasted, and what is asked is not lost."""
    last = next((line for line in reversed(lines) if line.strip()), "")
    return bool(QUESTION.search(last)) and len(last.split()) > FEW_WORDS


def is_delimiter(line: str) -> bool:
    """Whether the line is drawn, not written: dashes, stars, underscores."""
    line = line.strip()
    return line in SHORT_DELIMITERS or (len(line) > 2 and not line.strip(DELIMITER_CHARACTERS))


def start(lines: list[str], sender: str = "", *, above: bool = False) -> int:
    """The line at which the signature at the end of ``lines`` begins; their number when there is none.

    ``sender`` is what the From field says (names, addresses); without it only a delimiter, a telephone's line, or a
    closing with an address or a number below it is a signature. ``above``: other new text stands above the lines.
    """
    end = _text_end(lines)
    names = names_of(sender)
    for number in range(max(0, end - MAX_LINES - 2), end):
        if (
            lines[number] in DELIMITERS
            and (above or any(line.strip() for line in lines[:number]))
            and (
                not _asks(lines[number + 1 : end])
                if lines[number] == DELIMITER
                else _signs(lines[number + 1 : end], names)
            )
        ):
            return _above_telephone_lines(lines, number)
    cut = _above_telephone_lines(lines, end)
    signed = _sign_off(lines, cut, sender, above=above)
    if signed < cut:
        return signed
    return cut if cut < end else len(lines)


def _signs(below: list[str], names: frozenset[str]) -> bool:
    """Whether what stands below a line of dashes begins as a signature does."""
    first = next((line.strip() for line in below if line.strip()), "")
    return bool(CLOSING.match(first)) or _kind(first, names) != "text"


def _text_end(lines: list[str]) -> int:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_delimiter(lines[end - 1])):
        end -= 1
    return end


def _above_telephone_lines(lines: list[str], end: int) -> int:
    at = cut = end
    while at and (not lines[at - 1].strip() or is_delimiter(lines[at - 1]) or _is_telephone_line(lines, at - 1)):
        at -= 1
        if lines[at].strip() and not is_delimiter(lines[at]):
            cut = at
    return cut


def _is_telephone_line(lines: list[str], at: int) -> bool:
    """Whether a telephone or a mail program wrote the line; what it sends stands apart or names the device."""
    line = lines[at].strip()
    above = lines[at - 1].strip() if at else ""
    apart = not above or is_delimiter(above) or _closes(above)
    return bool(SENT_FROM.match(line)) and (apart or bool(DEVICE.search(line)))


def _sign_off(lines: list[str], end: int, sender: str, *, above: bool) -> int:
    """The line of "Regards," or of the sender's name from which on nothing but a signature follows."""
    last = next((lines[at] for at in range(end - 1, -1, -1) if lines[at].strip()), "")
    if len(last) > MAX_LINE or _is_prose(last.split()):
        return end
    names = names_of(sender)
    written = [at for at in range(max(0, end - 3 * MAX_SIGN_OFF_LINES), end) if lines[at].strip()]
    cut, contacts, signed = end, 0, False
    for place in range(len(written) - 1, max(-1, len(written) - 1 - MAX_SIGN_OFF_LINES), -1):
        at = written[place]
        before = lines[written[place - 1]].strip() if place else ""
        kind = _kind(lines[at].strip(), names)
        if kind == "text" or (kind == "word" and at and not lines[at - 1].strip() and not _closes(before)):
            break
        contacts += kind == "contact"
        signed |= kind in ("name", "closing name")
        if kind in ("closing", "closing name"):
            below = lines[written[place + 1]].strip() if place + 1 < len(written) else ""
            if signed or contacts or (names and _name_like(below)):
                cut = at
            break
        if kind == "name" and (not before or not lines[at - 1].strip() or _kind(before, names) == "text"):
            cut = at
    if cut == end:
        return end
    over = next((line for line in reversed(lines[:cut]) if line.strip()), "")
    return cut if (over and not over.rstrip().endswith(OPEN_ENDS)) or (above and not over) else end


def _closes(line: str) -> bool:
    closing = CLOSING.match(line)
    return bool(closing) and not line[closing.end() :].strip(" ,.!;-–") if closing else False


def names_of(sender: str) -> frozenset[str]:
    """The words of the sender's names and of the local parts of the addresses, in lower case."""
    return frozenset(word.lower() for word in WORD.findall(DOMAIN.sub(" ", sender[:MAX_SENDER])))


def _kind(line: str, names: frozenset[str]) -> str:
    """What the line is in a signature: name, closing, contact, word (of a company or an office); or text."""
    words = line.split()
    reachable = REACHABLE.search(line) or "www" in line
    if len(line) > MAX_LINE or (len(words) > MOST_WORDS and not reachable) or _is_prose(words):
        return "text"
    closing = CLOSING.match(line)
    if closing:
        rest = line[closing.end() :].strip(" ,.!;-–")
        if not rest:
            return "closing"
        if is_name(rest, names) or (names and _name_like(rest)):
            return "closing name"
    if is_delimiter(line) or SENT_FROM.match(line):
        return "contact"
    if is_name(AFTER_NAME.split(line, maxsplit=1)[0], names) or (
        ADDRESS_ALONE.match(line) and is_name(line.partition("@")[0], names)
    ):
        return "name"
    if reachable and (CONTACT.search(line) or POSTAL.search(line)):
        return "text" if SENTENCE.search(line) and not CONTACT.match(line) else "contact"
    if SENTENCE.search(line) or line.endswith((":", ",", ";")):
        return "text"
    words = [word for word in words if word.strip(",/|-") and word.lower() not in SMALL_WORDS]
    titled = [word for word in words if not word[0].islower()]
    return "word" if words and len(titled) == len(words) and len(words) <= 8 else "text"


def _is_prose(words: list[str]) -> bool:
    """Whether most words of a longer line are in lower case: a signature names things."""
    return len(words) > MOST_NAME_WORDS + 1 and 2 * sum(word.islower() for word in words) > len(words) + 1


def is_name(text: str, names: frozenset[str]) -> bool:
    """Whether the words are the sender's: names, initials, or the short form of a name."""
    words = [word.lower() for word in WORD.findall(text)]
    if (
        not words
        or not names
        or len(text) > NAME_LINE
        or len(words) > MOST_NAME_WORDS
        or any(c.isdigit() for c in text)
    ):
        return False
    initials = {name[0] for name in names}
    known = [word for word in words if _known(word, names)]
    short = [word for word in words if len(word) == 1 and word in initials]
    monogram = len(words) == 1 and 2 <= len(words[0]) <= 3 and text.strip(" .").isupper() and set(words[0]) <= initials
    joined = "".join(words)
    return (
        (bool(known) and len(known) + len(short) == len(words))
        or monogram
        or (len(words) > 1 and any(len(word) > LEAST_PREFIX for word in known) and _name_like(text))
        or (len(joined) > 5 and any(joined == a + b for a in names for b in names if a != b))
    )


def _known(word: str, names: frozenset[str]) -> bool:
    if word in names:
        return True
    return len(word) >= LEAST_PREFIX and any(
        len(name) >= LEAST_PREFIX and (name[:LEAST_PREFIX] == word[:LEAST_PREFIX] or name.endswith(word))
        for name in names
    )


def _name_like(text: str) -> bool:
    """Whether the words could be a person's name: few, each with a capital, no figures."""
    words = text.strip(" .,").split()
    return (
        0 < len(words) <= MOST_NAME_WORDS
        and len(text) <= NAME_LINE
        and all(word[0].isupper() and not any(c.isdigit() or c in ":;!?@" for c in word) for word in words)
    )
