"""What becomes of each mail of a batch, decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tickets.recording import Recording, sameness
from tickets.rows import Disposition


@dataclass(frozen=True, slots=True)
class Original:
    """The message that a duplicate repeats: stored under ``message``, or at ``position`` of the same batch."""

    disposition: Disposition
    message: int | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one recording. ``known`` was recorded before; ``original`` is what it is or repeats."""

    disposition: Disposition
    known: bool = False
    original: Original | None = None

    @property
    def stands(self) -> bool:
        """Whether the mail is written as a message of its own and not as a copy of another."""
        return not self.known and self.disposition != "duplicate"


def plan(
    recordings: Sequence[Recording],
    known: Mapping[int, int],
    originals: Mapping[str, Original],
    with_open_ticket: Collection[str],
) -> list[Fate]:
    """The fate of each recording, in order.

    ``known`` maps positions to the messages their deliveries are known as, ``originals`` the sameness of stored
    messages to them; ``with_open_ticket`` are conversations that need no new one.
    """
    seen = dict(originals)
    opened: set[str] = set(with_open_ticket)
    fetched: dict[object, int] = {}
    fates: list[Fate] = []
    for position, recording in enumerate(recordings):
        if position in known:
            fate = Fate("ticket", known=True, original=Original("ticket", message=known[position]))
        elif recording.delivery is not None and recording.delivery in fetched:
            earlier = fetched[recording.delivery]
            again = fates[earlier].original if fates[earlier].known else Original("ticket", position=earlier)
            fate = Fate(fates[earlier].disposition, known=True, original=again)
        else:
            fate = _fate(recording, seen.get(sameness(recording.message)), opened)
        fates.append(fate)
        if recording.delivery is not None:
            fetched.setdefault(recording.delivery, position)
        if fate.stands:
            seen[sameness(recording.message)] = Original(fate.disposition, position=position)
        if fate.disposition == "ticket" and fate.stands and recording.placement:
            opened.add(recording.placement.conversation)
    return fates


def _fate(recording: Recording, original: Original | None, opened: set[str]) -> Fate:
    """The fate of a mail whose delivery is new."""
    placement, screening = recording.placement, recording.screening
    if original is None and placement is not None and placement.duplicate_of is not None:
        original = Original("ticket", message=placement.duplicate_of)
    # A mail that lies in quarantine does not keep a readable copy of it out.
    repeats = original is not None and (
        original.disposition != "quarantined"
        or recording.quarantine is not None
        or bool(placement and placement.repeats)
    )
    if repeats:
        return Fate("duplicate", known=recording.delivery is None, original=original)
    if recording.quarantine is not None:
        return Fate("quarantined")
    if screening is not None and not screening.accepted:
        return Fate("set_aside")
    if placement is None or recording.verdict is None or recording.terms is None:
        raise ValueError("an accepted mail is recorded with its placement, verdict and terms")
    return Fate("reply" if placement.conversation in opened else "ticket")
