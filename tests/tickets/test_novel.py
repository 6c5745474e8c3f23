"""A mail unlike anything learned from waits for a person, who is told so and not how unsure each label is."""

from __future__ import annotations

from dataclasses import replace

from classifier.verdict import Novelty
from tests.tickets.making import verdict
from tickets.openings import review_reasons

STRANGE = Novelty(novel=True, familiarity=-3.9, threshold=-2.4, certainty=-1.2, nearness=-2.7)


def test_a_novel_mail_is_said_to_be_unlike_anything_learned_from() -> None:
    given = replace(verdict(), novelty=STRANGE, ask=("A person looks at this topic.",))
    assert given.needs_person
    assert review_reasons(given, known_sender=True) == [
        "unlike anything learned from",
        "A person looks at this topic.",
    ]


def test_a_familiar_mail_is_asked_about_label_by_label() -> None:
    given = replace(verdict(), novelty=replace(STRANGE, novel=False))
    assert review_reasons(given, known_sender=True) == review_reasons(verdict(), known_sender=True)
