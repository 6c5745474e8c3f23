"""A stretch of a mail's text that is not new: what it is and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpanKind = Literal["quotation", "forwarded", "signature", "disclaimer"]


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` to ``end`` (half-open) of :attr:`intake.message.Message.text`, and what they are."""

    kind: SpanKind
    start: int
    end: int
