"""Fits a model: features, sentence reader, heads, the severity's mix of table and head, thresholds, in that order.

Everything that is chosen (temperatures, shares, thresholds) is chosen on predictions for mails that were held out, and
these predictions stay with the model: by them it is judged, and the next one beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from classifier import context, cues
from classifier import features as feature_room
from classifier import head as head_room
from classifier import reader as reader_room
from classifier.beside import beside
from classifier.example import Example
from classifier.families import group_families
from classifier.features import EMBEDDING_WEIGHT, Features, Profile
from classifier.fitting_alone import decided_while_held, fit_autonomy, fit_gate, one_a_family
from classifier.fitting_heads import Lesson, fit_heads, fit_severity_mix, inner_splits
from classifier.held_out import HeldOut, held_out
from classifier.holding_back import by_time, fixed_folds
from classifier.known import known_mails
from classifier.mail import mail_of
from classifier.model import Model, cut, readings, sentence_features, shares_of
from classifier.network import installed_network
from classifier.reader import Teaching
from classifier.recipe import FOR_MAILS, Recipe
from classifier.sentences import whole
from classifier.signals import finder
from classifier.space import Space, span
from errors import MailtriageError
from policies.labels import LABELS
from policies.policy import Policy

# What two thirds of so many mails teach is nearly what all do, and each fold more costs a sixth of the time.
MANY, FOLDS_OF_MANY = 1000, 3
UNREGISTERED = "unregistered"
Progress = Callable[[str, float], None]
"""Told what is being done, and which share of the whole work is behind it."""


class TrainingError(MailtriageError):
    """The examples cannot make a model: says which label lacks examples."""


@dataclass(frozen=True, eq=False)
class Fitting:
    """A model, and what it would have said of the mails that came later if it had been taught by the others alone."""

    model: Model
    later: HeldOut


def silent(step: str, share: float) -> None:
    """The :data:`Progress` that nobody follows."""


def fit_model(
    policy: Policy,
    examples: Sequence[Example],
    *,
    profile: Profile,
    seed: int,
    pool: Sequence[Example] = (),
    recipe: Recipe = FOR_MAILS,
    later: Container[str] = (),
    progress: Progress = silent,
) -> Fitting:
    """See :func:`classifier.model.train`; ``later`` are the ids of the mails to be judged by time."""
    for label in LABELS:
        if not any(label in example.labels for example in examples):
            raise TrainingError(f"No mail labelled under {policy.name} has a {label}: label some, then train again.")
    every, own = [*examples, *pool], len(examples)
    families = group_families(every)
    folds = FOLDS_OF_MANY if len(every) >= MANY else head_room.FOLDS
    splits = fixed_folds(every, [families[e.digest] for e in every], folds)
    progress("features", 0.0)
    mails = [mail_of(example) for example in every]
    signals = [finder(policy).find(mail.subject, mail.text) for mail in mails[:own]]
    texts = [whole(mail.subject, mail.text) for mail in mails]
    features = feature_room.fit(texts, profile)
    lists, rows = cut(mails)
    teachings = [Teaching(r, s, e.impact, e.evidence) for r, s, e in zip(rows, lists, every, strict=True)]
    cued = cues.matrix(lists)
    progress("sentences", 0.2)
    reader, pooled = reader_room.fit(sentence_features(features, lists, cued), teachings, splits, seed)
    read = readings(profile, [(mail.subject, mail.text) for mail in mails])
    told = np.hstack([pooled, reader_room.pool(cued, rows), read])
    names = context.names(policy, [mail.facts for mail in mails[:own]])
    around = np.hstack([context.matrix(policy, names, mails[:own], signals), read[:own]])
    x = features.transform(texts)
    clauses = _clause_texts(policy)
    of_clauses = readings(profile, [("", text) for text in clauses.values()])
    unknown = np.zeros((len(clauses), len(names)), np.float32)
    contextual = sp.vstack(
        [
            beside(x[:own], around),
            beside(features.transform(list(clauses.values())), np.hstack([unknown, of_clauses])),
        ],
        format="csr",
    )
    progress("heads", 0.35)
    spaces = _span(contextual, features, recipe), _span(beside(x, told), features, recipe)
    held = fit_heads(
        Lesson(every, own, tuple(clauses), spaces, splits, by_time(examples, later), seed, recipe), progress
    )
    progress("thresholds", 0.95)
    mix = fit_severity_mix(policy, examples, held.predictions)
    known = known_mails(examples, features, x[:own])
    shares = shares_of(features, texts[:own])
    gate, novel = fit_gate(
        examples, held.heads["topic"], held.predictions, known, inner_splits(splits, np.arange(own)), shares
    )
    decided = decided_while_held(policy, examples, mails, signals, held.predictions, mix)
    judging = one_a_family(decided, families)
    model = Model(
        version=UNREGISTERED,
        policy=policy.name,
        profile=profile,
        features=features,
        reader=reader,
        context=names,
        heads=held.heads,
        severity_mix=mix,
        autonomy={label: fit_autonomy(policy, label, judging[label], novel) for label in LABELS},
        learned_from=frozenset(example.digest for example in examples),
        trained_under=policy,
        known=known,
        novelty=gate,
        recipe=recipe,
        held=held_out(
            [e.id for e in examples],
            held.predictions,
            folds,
            frozenset(e.id for e in examples if e.digest in novel),
        ),
        network="" if profile == "lean" else installed_network().sha256,
    )
    came_later = {examples[row].id: prediction for row, prediction in held.later.items()}
    return Fitting(model, held_out(list(came_later), list(came_later.values()), 1, frozenset()))


def _span(x: sp.csr_matrix, features: Features, recipe: Recipe) -> Space:
    scale = np.ones(x.shape[1], np.float32)
    scale[features.columns[2]] = recipe.embedding / EMBEDDING_WEIGHT
    return span(x, None if recipe.embedding == EMBEDDING_WEIGHT else scale)


def _clause_texts(policy: Policy) -> dict[str, str]:
    """For each topic its title and the sentences of its clauses."""
    return {
        name: " ".join([f"{topic.title}.", *(policy.clauses[clause].sentence for clause in topic.clauses)])
        for name, topic in policy.topics.items()
    }
