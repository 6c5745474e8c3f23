"""How heads are fitted: recipes, what a search makes of them, and decisions that do not overlook rare classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import joblib
import numpy as np
import pytest

from classifier import choosing, features, head, rare, storage
from classifier.example import Example
from classifier.experiment import LabelledText, run
from classifier.labelled_text import read_texts
from classifier.markup import without_markup
from classifier.model import Model, train
from classifier.recipe import DEFAULT, FOR_MAILS, Recipe
from classifier.search import Finding, best, recipes, search
from classifier.space import span
from policies.policy import Policy

WORDS = ("apple", "pear", "plum", "hammer", "saw", "drill")
TEXTS = [f"{word} {kind} number {i}" for i in range(6) for word in WORDS for kind in ("new", "old")]
LABELS = ["fruit" if text.split()[0] in WORDS[:3] else "tool" for text in TEXTS]


def test_a_recipe_is_read_back_from_json_and_an_older_card_means_the_default() -> None:
    recipe = Recipe(c=1.0, logistic=0.5, embedding=1.0, subject=1.0)
    assert Recipe.from_json(recipe.to_json()) == recipe
    assert Recipe.from_json({}) == DEFAULT


@pytest.mark.parametrize("logistic", [0.5, 1.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_logistic_share_gives_one_linear_head_with_calibrated_probabilities(logistic: float, classes: int) -> None:
    labels = [LABELS[i] if classes == 2 else TEXTS[i].split()[0][:2] for i in range(len(TEXTS))]
    made = features.fit(TEXTS, "lean")
    x = made.transform(TEXTS)
    splits = head.group_folds(labels, [str(i) for i in range(len(TEXTS))])
    fitted = head.fit(span(x), np.arange(len(TEXTS)), labels, splits, recipe=Recipe(logistic=logistic))
    probabilities = fitted.head.probabilities(x)
    assert fitted.head.coef.shape == (len(fitted.head.classes), x.shape[1])
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    said = [fitted.head.classes[column] for column in probabilities.argmax(axis=1)]
    assert said == labels


@pytest.mark.parametrize("long", [False, True])
def test_scaled_columns_are_fitted_as_scaled_and_applied_as_they_are(long: bool) -> None:
    texts = [f"{text} {' '.join(f'w{i}{j}' for j in range(40 if long else 0))}" for i, text in enumerate(TEXTS)]
    x = features.fit(texts, "lean").transform(texts)
    scale = np.linspace(0.5, 2.0, x.shape[1]).astype(np.float32)
    space = span(x, scale)
    assert (space.turn is not None) == long
    weights = np.random.default_rng(0).normal(size=(1, space.rows.shape[1])).astype(np.float32)
    assert np.allclose(x @ space.coefficients(weights).T, space.rows @ weights.T, atol=1e-2)


def test_decisions_lean_to_a_rare_class_where_held_out_texts_say_so() -> None:
    """Of 100 texts 10 are rare, and the head, in doubt, gives those 45%: all are overlooked without leaning."""
    probabilities = np.tile([0.95, 0.05], (100, 1))
    probabilities[90:] = [0.55, 0.45]
    labels = ["often"] * 90 + ["seldom"] * 10
    leaning = rare.leaning(probabilities, ("often", "seldom"), labels)
    assert rare.decide(probabilities, np.zeros(2)).sum() == 0
    assert rare.decide(probabilities, leaning).tolist() == [0] * 90 + [1] * 10


def test_decisions_do_not_lean_where_classes_are_even_or_nothing_was_held_out() -> None:
    even = np.asarray([[0.9, 0.1], [0.4, 0.6]])
    assert not rare.leaning(even, ("a", "b"), ["a", "b"]).any()
    assert not rare.leaning(np.full((3, 2), np.nan), ("a", "b"), ["a", "a", "b"]).any()


def test_the_recipe_is_chosen_by_held_out_texts_and_the_same_each_time() -> None:
    made = features.fit(TEXTS, "lean")
    x = made.transform(TEXTS)
    tried: list[Recipe] = []

    def space_of(rows: np.ndarray, recipe: Recipe) -> object:
        tried.append(recipe)
        return span(x[rows])

    groups = [str(i) for i in range(len(TEXTS))]
    options = {"with_subject": False, "with_vectors": False, "columns": x.shape[1]}
    first = choosing.choose(space_of, LABELS, groups, **options)  # type: ignore[arg-type]
    assert first == choosing.choose(space_of, LABELS, groups, **options)  # type: ignore[arg-type]
    assert {recipe.c for recipe in tried} == {0.1, 0.3, 1.0}
    assert all(recipe.subject == 0 and recipe.embedding == DEFAULT.embedding for recipe in tried), "nothing to weigh"


def test_too_few_texts_to_tell_get_the_default_recipe() -> None:
    assert (
        choosing.choose(
            lambda rows, recipe: pytest.fail("nothing to try on"),
            ["a", "b"],
            ["1", "2"],
            with_subject=True,
            with_vectors=True,
            columns=3,
        )
        == DEFAULT
    )


def test_the_subject_counts_of_its_own_where_it_tells() -> None:
    """The bodies mention everything; only the subject says which it is."""
    body = "we talked of apple and hammer and saw and pear and plum, see the notes of last week"
    texts = [
        LabelledText(f"about {word}\n{body} {i % 7}", label, str(i), f"about {word}")
        for i, (word, label) in enumerate([(w, "fruit" if w in WORDS[:3] else "tool") for w in WORDS for _ in range(8)])
    ]
    assert run(texts, folds=3, profile="lean")["accuracy"] == 1.0


def test_markup_gives_way_to_words_and_words_stay() -> None:
    text = "# Crash\n<!-- fill in -->\nsee https://a.example/x ![shot](b.png)\n```text\nat foo:1\n```\nno 57 accounts"
    assert without_markup(text).split() == ["Crash", "see", "(link)", "(image)", "(code)", "no", "57", "accounts"]
    assert without_markup("an open ``` fence\nnever closed") == "an open  (code) "


def test_a_subject_is_kept_apart_when_texts_are_read(tmp_path: object) -> None:
    path = tmp_path / "t.jsonl"  # type: ignore[operator]
    path.write_text('{"subject": "s", "body": "b", "label": "x"}\n{"text": "t", "label": "y"}\n', encoding="utf-8")
    assert [(text.text, text.subject) for text in read_texts([path])] == [("s\nb", "s"), ("t", "")]


def test_a_model_keeps_its_recipe_when_stored(
    policy: Policy, examples: Sequence[Example], model: Model, tmp_path: object
) -> None:
    assert model.recipe == FOR_MAILS
    other = replace(model, recipe=Recipe(c=1.0))
    storage.save(other, tmp_path)  # type: ignore[arg-type]
    assert storage.load(tmp_path, "v").recipe == Recipe(c=1.0)  # type: ignore[arg-type]


def test_a_search_judges_each_recipe_in_order_by_the_whole_product(policy: Policy, examples: Sequence[Example]) -> None:
    tried = [FOR_MAILS, Recipe(c=0.001)]
    with joblib.parallel_config(backend="threading", n_jobs=1):
        found = list(search(policy, list(examples)[:40], tried, profile="lean", folds=2))
    assert [finding.recipe for finding in found] == tried
    assert found[0].macro_f1 != found[1].macro_f1
    assert train(policy, list(examples)[:40], profile="lean", recipe=tried[1]).recipe == tried[1]


def test_the_default_stays_unless_another_is_clearly_better() -> None:
    usual, other = Finding(FOR_MAILS, {"severity": 0.5}, 1.0), Recipe(c=1.0)
    assert best([usual, Finding(other, {"severity": 0.503}, 1.0)]) == FOR_MAILS
    assert best([usual, Finding(other, {"severity": 0.6}, 1.0)]) == other
    assert FOR_MAILS in recipes("standard")
    assert len(recipes("lean")) < len(recipes("standard"))
