"""The words behind each label of a ticket: as highlights over its mail, and as a list that adds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from flask import Blueprint, abort, render_template, request

from classifier.explaining.explained import Explained, LabelExplained, Word
from classifier.explaining.tipping import Tip
from errors import MailtriageError
from webui.blind import refuse_open
from webui.room import policy_of, room

bp = Blueprint("why", __name__, url_prefix="/tickets")

LEVELS = (0.1, 0.3, 0.6)
"""Of the label's weightiest word: from these on a word is marked weakly, more strongly, most strongly."""
LISTED = 8
"""Words for the value in a list, and as many against it."""
LISTED_PARTS = 4
LEAST_SHOWN = 0.005
PARTIAL = "part"


@dataclass(frozen=True, slots=True)
class LikeMail:
    """A labelled mail that is near: its subject where it may be looked up, its ticket where it is one."""

    id: str
    subject: str | None
    ticket: int | None
    labels: Sequence[tuple[str, str]]
    cosine: float


@dataclass(frozen=True, slots=True)
class Why:
    """A ticket's mail explained. ``tips`` is None where nobody asked for them; ``remark`` says what to bear in mind."""

    explained: Explained
    neighbours: Sequence[LikeMail]
    tips: Sequence[Tip] | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a mail's text; ``kind`` is its mark's class, None where it is plain; ``note`` says the weight."""

    text: str
    kind: str | None = None
    note: str = ""


@dataclass(frozen=True)
class LabelShown:
    """One label as the page shows it."""

    told: LabelExplained
    text: str

    @cached_property
    def stretches(self) -> list[Stretch]:
        """The mail's text, cut at the words that are marked; joined it is the text."""
        return list(_stretches(self.text, self.told.words))

    @cached_property
    def most(self) -> list[tuple[str, float]]:
        """The words that speak most for the value, weightiest first."""
        return [(word, weight) for word, weight in self._ranked if weight >= LEAST_SHOWN][:LISTED]

    @cached_property
    def least(self) -> list[tuple[str, float]]:
        """The words that speak most against it."""
        return [(word, weight) for word, weight in self._ranked if weight <= -LEAST_SHOWN][:LISTED]

    @property
    def other_words(self) -> float:
        """What all the other words add."""
        listed = sum(weight for _, weight in [*self.most, *self.least])
        return sum(weight for _, weight in self._ranked) - listed

    @cached_property
    def parts(self) -> list[tuple[str, str, float]]:
        """What is known around the mail and its sentences as such: the kind, the name and the weight of the largest."""
        named = [part for part in self.told.parts if part.kind in ("around", "sentence")]
        return [(part.kind, part.name, part.weight) for part in named if abs(part.weight) >= LEAST_SHOWN][:LISTED_PARTS]

    @property
    def rest(self) -> float:
        """What the mail as a whole adds, and the parts that are not listed."""
        listed = sum(weight for _, _, weight in self.parts)
        return sum(part.weight for part in self.told.parts if part.kind != "base") - listed

    @property
    def base(self) -> float:
        """What an empty mail gives."""
        return sum(part.weight for part in self.told.parts if part.kind == "base")

    @cached_property
    def _ranked(self) -> list[tuple[str, float]]:
        return self.told.by_word(self.text)


@bp.get("/<int:number>/words")
def show(number: int) -> str:
    """The page; only its inner part for a page that loads it into itself, and what would tip it where asked for."""
    here = room()
    ticket = here.store.ticket(number)
    if ticket is None:
        abort(404, f"There is no ticket {number}.")
    refuse_open(number)
    if here.why is None:
        raise MailtriageError("This program only shows what is recorded: `mailtriage up` has the models that explain.")
    why = here.why(number, "tips" in request.args)
    template = "ticket/words_part.html" if PARTIAL in request.args else "ticket/words.html"
    return render_template(
        template,
        ticket=ticket,
        policy=policy_of(ticket),
        why=why,
        shown=[LabelShown(told, why.explained.text) for told in why.explained.labels],
    )


def _stretches(text: str, words: Sequence[Word]) -> Iterator[Stretch]:
    largest = max((abs(word.weight) for word in words), default=0.0)
    at = 0
    for word in words:
        kind = _kind(word.weight, largest)
        if kind is None:
            continue
        if word.start > at:
            yield Stretch(text[at : word.start])
        cues = f", part of {', '.join(word.cues)}" if word.cues else ""
        yield Stretch(text[word.start : word.end], kind, f"{word.weight:+.2f}{cues}")
        at = word.end
    if at < len(text):
        yield Stretch(text[at:])


def _kind(weight: float, largest: float) -> str | None:
    level = sum(abs(weight) >= share * largest for share in LEVELS) if abs(weight) >= LEAST_SHOWN else 0
    return f"{'for' if weight > 0 else 'against'}-{level}" if level else None
