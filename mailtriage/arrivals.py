"""The mails that came, and those that the model in force learned from, as they are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from classifier.drift import Read
from classifier.example import WRITTEN, Example
from classifier.model import Model
from classifier.redeciding import is_novel
from classifier.snapshot_folder import SnapshotError
from intake.language import detect
from mailtriage.office import Office
from mailtriage.starters import shipped_examples, shipped_snapshot, snapshots_of

UNSURE = 0.5
"""A topic less probable than this is a guess."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail that opened a ticket. ``model`` read it; ``said`` is the topic an agent gave or confirmed, if any.

    ``unknown`` says that it was unlike anything learned from, or its topic no more than a guess.
    """

    ticket: int
    received_at: datetime
    subject: str
    body: str
    read: Read
    model: str
    said: str | None
    unknown: bool


def arrivals(policy: str, office: Office, since: datetime) -> Iterator[Arrival]:
    """The mails of a policy that came since then, by ticket number; none whose text is gone."""
    for chunk in office.store.decided(policy, since):
        texts = office.store.opening_texts([ticket.number for ticket in chunk])
        for ticket in chunk:
            subject, body = texts.get(ticket.number, ("", ""))
            if not f"{subject}{body}".strip():
                continue
            topic = ticket.verdict["labels"]["topic"]
            yield Arrival(
                ticket=ticket.number,
                received_at=ticket.received_at,
                subject=subject,
                body=body,
                read=Read(
                    id=str(ticket.number),
                    topic=topic["model_value"],
                    certainty=topic["probability"],
                    language=ticket.verdict["language"],
                    text=f"{subject}\n{body}",
                ),
                model=ticket.verdict["versions"]["model"],
                said=ticket.corrected.get("topic"),
                unknown=is_novel(ticket.verdict) or topic["probability"] < UNSURE,
            )


def learned(policy: str, office: Office) -> list[Read]:
    """The mails that the model in force learned from, with what it said of each while that was held out.

    Raises :class:`~classifier.snapshot_folder.SnapshotError` where they are not kept.
    """
    model = office.models.of(policy)
    return [_as_read(example, model) for example in _examples(policy, model, office) if example.origin != WRITTEN]


def _examples(policy: str, model: Model, office: Office) -> list[Example]:
    digest = office.registry.card(policy, model.version).data_digest
    kept = snapshots_of(office.registry, policy)
    if kept.has(digest):
        return kept.examples(digest)
    if shipped_snapshot(policy, office.policies).digest == digest:
        return shipped_examples(policy)
    raise SnapshotError(
        f"The mails that model {policy} {model.version} learned from are not kept, so weeks are compared with one "
        f"another alone. The next training keeps them: `mailtriage train --policy {policy}`."
    )


def _as_read(example: Example, model: Model) -> Read:
    topic, certainty = example.labels.get("topic"), None
    if example.id in model.held:
        said = model.held.prediction(example.id)
        topic = said.best("topic")
        certainty = said.probabilities["topic"][topic]
    return Read(example.id, topic, certainty, detect(example.body), f"{example.subject}\n{example.body}")
