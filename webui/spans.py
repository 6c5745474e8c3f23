"""A mail's text in its pieces: what is new, and the quotation, signature and the like that the page folds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from intake.new_text.forwarded import Forwarded
from intake.span import SpanKind
from tickets.rows import StoredMessage
from webui.highlight import LONGEST_TEXT, Phrase, Segment, segments

TITLES: dict[SpanKind, str] = {
    "quotation": "Quoted text",
    "forwarded": "Forwarded",
    "signature": "Signature",
    "disclaimer": "Disclaimer",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text, cut where phrases occur; ``kind`` is None where it is new.

    ``title`` names the fold ("Quoted text, 14 lines"); ``open`` says whether it is unfolded at first.
    """

    kind: SpanKind | None
    segments: list[Segment]
    title: str = ""
    open: bool = False


def pieces(message: StoredMessage, wanted: Iterable[Phrase]) -> list[Piece]:
    """The text of ``message`` in order, phrases marked where it is new or forwarded.

    A mail recorded without spans gives its new text, then what was kept of its signature and quotation.
    """
    phrases = list(wanted)
    return [
        Piece(
            kind,
            segments(text, phrases if kind in (None, "forwarded") else ()),
            _title(kind, text, message.forwarded) if kind else "",
            open=kind == "forwarded",
        )
        for kind, text in _stretches(message)
    ]


def _stretches(message: StoredMessage) -> Iterator[tuple[SpanKind | None, str]]:
    parts = _spanned(message) if message.spans else _unspanned(message)
    left = LONGEST_TEXT
    for kind, text in parts:
        shown = text.strip("\n")[:left]
        if shown.strip():
            left -= len(shown)
            yield kind, shown


def _spanned(message: StoredMessage) -> Iterator[tuple[SpanKind | None, str]]:
    at = 0
    for span in message.spans:
        yield None, message.text[at : span.start]
        yield span.kind, message.text[span.start : span.end]
        at = span.end
    yield None, message.text[at:]


def _unspanned(message: StoredMessage) -> Iterator[tuple[SpanKind | None, str]]:
    yield None, message.new_text
    yield "signature", message.signature
    yield "quotation", message.quoted


def _title(kind: SpanKind, text: str, forwarded: Forwarded | None) -> str:
    lines = text.count("\n") + 1
    size = f"{lines:,} lines" if lines > 1 else "1 line"
    claims = f"; {_claims(forwarded)}" if kind == "forwarded" and forwarded else ""
    return f"{TITLES[kind]}, {size}{claims}"


def _claims(forwarded: Forwarded) -> str:
    said = []
    if forwarded.sender:
        address = f"<{forwarded.sender.address}>" if forwarded.sender.address else ""
        said.append(f"from {forwarded.sender.name} {address}".strip())
    if forwarded.subject:
        said.append(f"subject \N{LEFT DOUBLE QUOTATION MARK}{forwarded.subject}\N{RIGHT DOUBLE QUOTATION MARK}")
    if forwarded.date:
        said.append(f"date {forwarded.date}")
    return f"claims to be {', '.join(said)}"
