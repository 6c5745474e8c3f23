"""Which parts of a mail are its text, and which are attached (RFC 8621, 4.1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from intake.content import html, pgp
from intake.decoding.charset import decode
from intake.decoding.mime import Part

MAX_TEXT_CHARACTERS = 2_000_000
MAX_TEXT_BYTES = 8_000_000
"""What is decoded of one part: enough for as many characters in any character set."""
MAX_HTML_CHARACTERS = 4_000_000
MAX_DETECTIONS = 10
"""For so many text parts an undeclared character set is looked for; honest mails have fewer."""
MOST_STAND_IN_CHARACTERS = 300
INLINE_MEDIA = ("image/", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class Reading:
    """The readable text of a mail, its HTML (None when it has none), and what went wrong, as sentences."""

    text: str
    html: str | None
    defects: tuple[str, ...]


def choose(root: Part) -> tuple[list[Part], list[Part], list[tuple[Part, bool]]]:
    """The parts to read as text, those to show as HTML, and the attached ones (part, shown inline)."""
    text: list[Part] = []
    html_parts: list[Part] = []
    attached: list[tuple[Part, bool]] = []
    _sort([root], "mixed", False, text, html_parts, attached)
    return text, html_parts, attached


def _sort(
    parts: Iterable[Part],
    multipart: str,
    in_alternative: bool,
    text: list[Part] | None,
    html_parts: list[Part] | None,
    attached: list[tuple[Part, bool]],
) -> None:
    """The algorithm of RFC 8621, 4.1.4, with its names; media in the text are attached and marked as inline."""
    text_before = len(text) if text is not None else -1
    html_before = len(html_parts) if html_parts is not None else -1
    for number, part in enumerate(parts):
        if part.is_multipart:
            inside = in_alternative or part.subtype == "alternative"
            _sort(part.children, part.subtype, inside, text, html_parts, attached)
            continue
        media = part.type.startswith(INLINE_MEDIA)
        readable = part.type in ("text/plain", "text/html")
        attachment = part.disposition.value == "attachment"
        shown = (readable or media) and not attachment
        if shown and number and (multipart == "related" or (readable and part.file_name)):
            shown = False
        if not shown:
            related = multipart == "related" and not attachment
            attached.append((part, related or part.disposition.value == "inline"))
        elif media:
            attached.append((part, True))
        elif multipart == "alternative":
            target = text if part.type == "text/plain" else html_parts
            if target is not None:
                target.append(part)
        else:
            if in_alternative and part.type == "text/plain":
                html_parts = None
            if in_alternative and part.type == "text/html":
                text = None
            if text is not None:
                text.append(part)
            if html_parts is not None:
                html_parts.append(part)
    if multipart == "alternative" and text is not None and html_parts is not None:
        if len(text) == text_before and len(html_parts) != html_before:
            text += html_parts[html_before:]
        elif len(html_parts) == html_before and len(text) != text_before:
            html_parts += text[text_before:]


def read(text_parts: list[Part], html_parts: list[Part]) -> Reading:
    """The text of ``text_parts`` (HTML among them converted) and the HTML of ``html_parts``."""
    defects: list[str] = []
    decoded: dict[int, str] = {}

    def source(part: Part) -> str:
        if id(part) not in decoded:
            detect = len(decoded) < MAX_DETECTIONS
            content, mislabelled = part.text_content(MAX_TEXT_BYTES)
            decoded[id(part)], fault = decode(content, _charset(part), detect=detect)
            defects.extend(each for each in (mislabelled, fault) if each)
        return decoded[id(part)]

    def readable(parts: list[Part]) -> str:
        pieces: list[str] = []
        for part in parts:
            if sum(map(len, pieces)) > MAX_TEXT_CHARACTERS:
                break
            piece = source(part)
            if part.type == "text/html":
                piece, fault = html.to_text(piece)
            else:
                piece, fault = pgp.read_through(piece)
            if fault:
                defects.append(fault)
            pieces.append(piece.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
        return "\n\n".join(piece for piece in pieces if piece.strip())

    text = readable(text_parts)
    markup = [part for part in html_parts if part.type == "text/html"]
    if markup and (not text.strip() or _stands_in(text, text_parts)):
        # An empty text alternative beside HTML that says something, or one that only says that there is HTML.
        text = readable(markup) or text
    if len(text) > MAX_TEXT_CHARACTERS:
        text = text[:MAX_TEXT_CHARACTERS]
        defects.append(f"The text is longer than {MAX_TEXT_CHARACTERS:,} characters; the rest was not read.")
    return Reading(text, _shown([source(part) for part in markup], defects), tuple(defects))


def _stands_in(text: str, parts: list[Part]) -> bool:
    """Whether a single line speaks of HTML: "This mail needs a program that shows HTML." says nothing else."""
    short = len(text) <= MOST_STAND_IN_CHARACTERS and "\n" not in text.strip()
    return short and "html" in text.lower() and all(part.type == "text/plain" for part in parts)


def _shown(markup: list[str], defects: list[str]) -> str | None:
    whole = "\n".join(markup)
    if len(whole) > MAX_HTML_CHARACTERS:
        defects.append(f"The HTML is longer than {MAX_HTML_CHARACTERS:,} characters; the rest is not shown.")
    return whole[:MAX_HTML_CHARACTERS] or None


def _charset(part: Part) -> str | None:
    declared = part.type_parameters.get("charset")
    if declared or part.type != "text/html":
        return declared
    return html.declared_charset(part.text_content(html.META_SEARCH_BYTES)[0])
