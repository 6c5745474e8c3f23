"""Address lists of headers (RFC 5322, 3.4), also as broken as they come."""

from __future__ import annotations

import re

from intake.address import Address
from intake.decoding.encoded_words import ENCODED_WORD, decode_header

MAX_ADDRESSES = 1000
MAX_ADDRESS_LENGTH = 998
"""RFC 5322, 2.1.1: no line, hence no honest address, is longer."""

PIECE = re.compile(r'"(?:[^"\\]|\\.){0,200}"|[(),;:<>"]|[^"(),;:<>]+')
ADDR_SPEC = re.compile(r"[^\s@<>\"(),;:\[\]]{1,255}@(?:[^\s@<>\"'(),;:\[\]]+|\[[\w.:]{3,60}\])")
"""RFC 5322, 3.4.1, without quoted local parts; the domain may be a literal."""

SIMPLE = re.compile(
    r"(?:\"([\w.-]{1,80}(?: [\w.-]{1,80}){0,9})\" |([\w.-]{1,80}(?: [\w.-]{1,80}){0,9}) )?"
    r"<([\w.+-]{1,64}@[\w.-]{1,255})>",
    re.ASCII,
)
"""One mailbox as most programs write it: ``Name <local@domain>``."""


def addresses(value: str) -> tuple[tuple[Address, ...], str | None]:
    """The mailboxes of an address list, group members included, and a sentence when some of it could not be read.

    ``value`` is the raw text: its structure is read before the encoded words in it are decoded (RFC 2047, 5).
    """
    simple = SIMPLE.fullmatch(value)
    if simple:
        return (Address(simple[1] or simple[2] or "", simple[3]),), None
    words: list[str] = []

    def keep(match: re.Match[str]) -> str:
        # An encoded word may hold commas and brackets although it must not: it is one piece until the end.
        words.append(match.group())
        return f"\ue000{len(words) - 1}\ue001"

    if "=?" in value:
        value = ENCODED_WORD.sub(keep, value.replace("\ue000", "").replace("\ue001", ""))

    def restore(text: str) -> str:
        if words:
            text = re.sub("\ue000(\\d{1,6})\ue001", lambda m: words[int(m[1])] if int(m[1]) < len(words) else "", text)
        return decode_header(text)[0]

    found: list[Address] = []
    for phrase, angle, comment in _mailboxes(value):
        one = _address(restore(phrase).strip(), angle if angle is None else restore(angle).strip(), restore(comment))
        if one is not None:
            found.append(one)
        if len(found) >= MAX_ADDRESSES:
            return tuple(found), f"The list has more than {MAX_ADDRESSES} addresses; the rest was not read."
    unread = bool(value.strip(' \t,;:<>"')) and not found and not _is_empty_group(value)
    return tuple(found), f"No address could be read in {value[:80]!a}." if unread else None


def _is_empty_group(value: str) -> bool:
    return value.rstrip().endswith((":;", ": ;"))


def _mailboxes(value: str) -> list[tuple[str, str | None, str]]:
    """(phrase, what stood in angle brackets or None, comment) of each mailbox of the list."""
    found: list[tuple[str, str | None, str]] = []
    phrase: list[str] = []
    angle: list[str] | None = None
    comment: list[str] = []
    depth, in_angle = 0, False

    def close() -> None:
        nonlocal angle, in_angle, depth
        if phrase or angle is not None or comment:
            found.append(("".join(phrase), None if angle is None else "".join(angle), " ".join(comment)))
        phrase.clear()
        comment.clear()
        angle, in_angle, depth = None, False, 0

    for match in PIECE.finditer(value):
        piece = match.group()
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif depth:
            comment.append(piece.strip())
        elif piece == "<":
            if angle is not None and angle:
                phrase += angle
            angle, in_angle = [], True
        elif piece == ">":
            in_angle = False
        elif piece in (",", ";") and (not in_angle or (angle and "@" in "".join(angle))):
            close()
        elif piece == ":" and not in_angle:
            if "@" in "".join(phrase):
                phrase.append(piece)
            else:
                # The name of a group, or a stray "mailto:".
                phrase.clear()
        elif in_angle and angle is not None:
            angle.append(piece)
        else:
            local = " " in piece and value.startswith("@", match.end())
            phrase.append(piece if local else _unquoted(piece))
    if depth and not phrase and angle is None:
        phrase, comment = comment, []
    close()
    return found


def _unquoted(piece: str) -> str:
    if len(piece) > 1 and piece[0] == piece[-1] == '"':
        return re.sub(r"\\(.)", r"\1", piece[1:-1])
    return "" if piece == '"' else piece


def _address(phrase: str, angle: str | None, comment: str) -> Address | None:
    if angle is None:
        if phrase.startswith('"') and '"@' in phrase:
            # A quoted local part (RFC 5322, 3.4.1) with blanks in it.
            return _made(comment, phrase)
        spec = ADDR_SPEC.search(phrase)
        if spec is not None:
            rest = (phrase[: spec.start()] + phrase[spec.end() :]).strip(" \t\"'<>")
            return _made(rest or comment, spec.group())
        if " " in phrase or not phrase:
            return _made(phrase or comment, "")
        return _made(comment or phrase, "")
    spec = ADDR_SPEC.search(angle)
    if spec is None and "@" not in angle:
        inside = ADDR_SPEC.search(phrase)
        if inside is not None:
            rest = (phrase[: inside.start()] + phrase[inside.end() :]).strip(" \t\"'<>")
            return _made(rest or angle, inside.group())
    if '"' in angle or spec is None:
        return _made(phrase or comment, "".join(angle.split()) if "@" in angle or " " not in angle else angle)
    return _made(phrase or comment, spec.group())


def _made(name: str, address: str) -> Address | None:
    name = " ".join(name.split())
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    address = address[:MAX_ADDRESS_LENGTH]
    return Address(name[:MAX_ADDRESS_LENGTH], address) if name or address else None
