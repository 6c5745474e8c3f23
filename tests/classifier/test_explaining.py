"""Why a mail was read as it was: the weights add up, the words named matter, and what is said to tip it does."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from classifier import head
from classifier.assess import assess, look
from classifier.explaining.explained import Explained, Read, explain, margin_of, read, runner_up
from classifier.explaining.mail_text import MailText
from classifier.explaining.margin import by_fact
from classifier.explaining.split import CONTEXT, Splitter
from classifier.explaining.tipping import tips
from classifier.known import Known
from classifier.mail import Mail, mail_of
from classifier.prediction import decide, severity_table, table_probabilities
from classifier.sentences import sentences
from policies.labels import IMPACT_VALUES, LABELS
from tests import small_model

EXACT = 1e-6
HOSTILE = (
    "",
    "!!! ??? --- \x00\x1f",
    "\ufeff\u202eevil\u2066 <script>alert('x')</script> </mark><b>",
    "\u0130stanbul DI\u0307YARBAKIR \u1e9e \ud800 lone, and \U0001f4a9\u200d\U0001f525",
    "> quoted\nOnly this is new.\n> quoted again\nand this, \u00a0\u00a0spread\u2003out!!!",
    "word " * 9000,
    "a\u0301" * 300 + "\n\n" + "x" * 25_000,
)


def told(mail: Mail) -> tuple[Read, Explained]:
    model, policy = small_model.model(), small_model.policy()
    found = read(model, policy, mail)
    return found, explain(model, policy, found)


def held() -> list[Mail]:
    return [mail_of(example) for example in small_model.examples()[small_model.LEARNED :]]


def hostile(text: str) -> Mail:
    return replace(held()[0], subject=text[:200], text=text)


@pytest.mark.parametrize("mail", [*held()[:6], *map(hostile, HOSTILE)], ids=lambda mail: repr(mail.subject[:20]))
def test_the_weights_add_up_to_the_margin_and_the_margin_is_the_model_s(mail: Mail) -> None:
    found, explained = told(mail)
    for label in explained.labels:
        weights = [word.weight for word in label.words] + [part.weight for part in label.parts]
        assert math.isclose(sum(weights), label.margin, abs_tol=EXACT)
        odds = math.log(label.probability / label.runner_up_probability)
        assert math.isclose(label.margin, odds, abs_tol=1e-4)
        assert label.value == found.decided.model_values[label.label]


def test_the_severity_s_views_add_up_and_a_fact_has_the_sentence_it_was_read_from() -> None:
    for mail in held()[:6]:
        found, explained = told(mail)
        views = explained.labels[0].views
        assert views is not None
        base = sum(part.weight for part in explained.labels[0].parts if part.kind == "base")
        margin = explained.labels[0].margin
        assert math.isclose(views.words_weight + views.facts_weight + base, margin, abs_tol=1e-3)
        assert math.isclose(sum(fact.weight for fact in views.facts), views.facts_weight, abs_tol=EXACT)
        for fact in views.facts:
            said = found.prediction.sentences.get(fact.fact)
            shown = None if fact.sentence is None else explained.text[slice(*fact.sentence)]
            assert shown == said


def test_with_each_fact_at_each_value_the_table_gives_what_it_gives_as_a_whole() -> None:
    found, _ = told(held()[0])
    read_facts = [
        np.asarray([found.prediction.probabilities[fact].get(value, 0.0) for value in values])
        for fact, values in IMPACT_VALUES.items()
    ]
    given = by_fact(severity_table(small_model.policy()), read_facts)
    expected = list(table_probabilities(small_model.policy(), found.prediction).values())
    for shares, rows in zip(read_facts, given, strict=True):
        np.testing.assert_allclose(shares @ rows, expected)


def test_words_stand_where_they_are_said_to() -> None:
    for mail in [*held(), *map(hostile, HOSTILE)]:
        text = MailText(mail.subject, mail.text)
        assert text.said == tuple(sentences(mail.subject, mail.text))
        assert len(text.words) == len(text.chunks) == sum(map(len, text.words_of))
        for chunk, (start, end), (word_start, word_end) in zip(text.chunks, text.spans, text.words, strict=True):
            assert text.text[start:end] == chunk
            assert start <= word_start < word_end <= end
        assert [start for start, _ in text.words] == sorted(start for start, _ in text.words)


def test_a_mail_without_some_words_is_the_same_mail_but_for_these() -> None:
    text = MailText("Login broken", "Hi all,\n> old\nThe login page fails. It fails for everybody!\n")
    fails = [number for number in range(len(text.words)) if text.word(number) == "fails"]
    left = text.without(fails)
    assert (left.subject, left.body) == ("Login broken", "Hi all,\n> old\nThe login page  It  for everybody!\n")


def test_all_that_words_and_characters_add_is_handed_to_words() -> None:
    found, _ = told(held()[1])
    head_of = small_model.model().heads["topic"]
    value, rival = found.decided.model_values["topic"], runner_up(found.decided, "topic")
    margin = margin_of(small_model.model(), small_model.policy(), found, "topic", value, rival)
    x = found.splitter.seen.x
    apart = head_of.coef[head_of.classes.index(value)] - head_of.coef[head_of.classes.index(rival)]
    own = float((x @ apart[: x.shape[1]])[0]) / head_of.temperature
    assert found.splitter.split(margin).words.sum() == pytest.approx(own, abs=1e-4)


def test_the_words_named_matter_more_than_words_by_chance() -> None:
    chance, faithful, count = random.Random(0), 0, 0
    for mail in held():
        found, explained = told(mail)
        words = sorted({found.text.word(number).lower() for number in range(len(found.text.words))})
        by_chance = chance.sample(words, 3)
        ranked = [sorted(label.by_word(explained.text), key=lambda item: -item[1]) for label in explained.labels]
        named = [[word for word, _ in one[:3]] for one in ranked]
        after = probabilities([without(found, out) for out in [*named, by_chance]])
        for place, label in enumerate(explained.labels):
            count += 1
            faithful += after[place][label.label][label.value] < after[-1][label.label][label.value]
    assert faithful / count >= 0.9


def without(found: Read, words: Sequence[str]) -> Mail:
    left = found.text.without([n for n in range(len(found.text.words)) if found.text.word(n).lower() in words])
    return Mail(left.subject, left.body, found.mail.facts)


def probabilities(mails: Sequence[Mail]) -> list[dict[str, dict[str, float]]]:
    model, policy = small_model.model(), small_model.policy()
    signals, seen = look(model, policy, mails)
    decided = [
        decide(policy, prediction, mail.facts, said, model.severity_mix)
        for prediction, mail, said in zip(model.read(seen), mails, signals, strict=True)
    ]
    return [{label: dict(one.probabilities[label]) for label in LABELS} for one in decided]


def test_what_is_said_to_tip_a_decision_tips_it() -> None:
    model, policy = small_model.model(), small_model.policy()
    kinds = set()
    for mail in held():
        found, explained = told(mail)
        for tip in tips(model, policy, found, explained):
            kinds.add(tip.kind)
            if tip.kind == "words":
                [verdict] = assess(model, policy, [without(found, tip.what)])
                assert verdict.labels[tip.label].model_value == tip.becomes != found.decided.model_values[tip.label]
            elif tip.kind == "fact":
                name, _, value = tip.what[0].partition(" = ")
                other = {"true": True, "false": False}.get(value, value)
                facts = replace(mail.facts, customer={**mail.facts.customer, name: other})
                [verdict] = assess(model, policy, [replace(mail, facts=facts)])
                assert verdict.labels[tip.label].value == tip.becomes != found.decided.values[tip.label]
            else:
                assert tip.becomes != found.decided.values["severity"]
    assert {"words", "fact"} <= kinds


def test_the_nearest_mail_to_one_that_was_learned_from_is_itself_unless_left_out() -> None:
    model, policy = small_model.model(), small_model.policy()
    example = small_model.examples()[3]
    found = read(model, policy, mail_of(example))
    nearest = explain(model, policy, found).neighbours[0]
    assert (nearest.id, nearest.labels["topic"]) == (example.id, example.labels["topic"])
    assert nearest.cosine == pytest.approx(1.0, abs=1e-3)
    others = explain(model, policy, found, leave_out=example.id).neighbours
    assert example.id not in {one.id for one in others}
    assert len(others) == 3


def test_known_mails_come_back_as_they_were_saved() -> None:
    known = small_model.model().known
    rows, arrays = known.to_arrays()
    again = Known.from_arrays(rows, arrays)
    assert (again.ids, again.labels) == (known.ids, known.labels)
    assert (again.vectors != known.vectors).nnz == 0


def test_the_part_of_a_sentence_vector_that_a_word_has_is_what_is_lost_without_its_tokens() -> None:
    found, _ = told(held()[0])
    model = small_model.model()
    wide = replace(model.features, profile="standard")
    count = len(found.text.words)
    rows = np.random.default_rng(0).normal(size=(count + 2, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows.sum(axis=0))
    holders = [-1, *range(count), -1]
    vector = 2 * rows.sum(axis=0)
    seen = replace(found.splitter.seen, x=with_vector(found.splitter.seen.x, vector))
    heads = {
        **model.heads,
        "severity": head.Head(("a", "b"), np.zeros((2, 1), np.float32), np.zeros(2, np.float32), 1.0),
    }
    splitter = Splitter(replace(model, features=wide, heads=heads), found.text, seen, (holders, rows))
    coef = np.random.default_rng(1).normal(size=384)
    words, left = splitter._by_tokens(vector.astype(float) * coef)
    assert words.sum() + left == pytest.approx(float(vector @ coef))
    lost = rows.sum(axis=0) - rows[1]
    assert words[0] == pytest.approx(
        float(2 * CONTEXT * (rows.sum(axis=0) - lost / np.linalg.norm(lost)) @ coef), rel=1e-3
    )


def with_vector(x: sp.csr_matrix, vector: np.ndarray) -> sp.csr_matrix:
    return sp.hstack([x, sp.csr_matrix(vector[None])], format="csr")
