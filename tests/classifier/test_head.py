"""One head: calibrated probabilities, also where there are few texts, few classes or only one."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import features, head
from classifier.space import span

FRUIT = ["apple pie", "pear tart", "apple juice", "ripe pear", "red apple", "green pear", "apple tree", "pear jam"]
TOOLS = ["steel hammer", "long saw", "hammer head", "saw blade", "claw hammer", "hand saw", "old hammer", "rusty saw"]
RARE = ["blue whale"]


def fitted(texts: list[str], labels: list[str]) -> tuple[features.Features, head.Fitted]:
    made = features.fit(texts, "lean")
    splits = head.group_folds(labels, [str(i) for i in range(len(texts))])
    return made, head.fit(span(made.transform(texts)), np.arange(len(texts)), labels, splits)


def test_a_head_tells_its_classes_apart_and_its_probabilities_sum_to_one() -> None:
    made, found = fitted(FRUIT + TOOLS, ["fruit"] * 8 + ["tool"] * 8)
    probabilities = found.head.probabilities(made.transform(["an apple", "a hammer"]))
    assert found.head.classes == ("fruit", "tool")
    assert probabilities[0, 0] > 0.5 > probabilities[1, 0]
    assert np.allclose(probabilities.sum(axis=1), 1.0)


def test_a_class_with_one_text_is_learned_and_breaks_no_fold() -> None:
    made, found = fitted(FRUIT + TOOLS + RARE, ["fruit"] * 8 + ["tool"] * 8 + ["animal"])
    probabilities = found.head.probabilities(made.transform(["the blue whale"]))
    assert found.head.classes[int(probabilities[0].argmax())] == "animal"
    assert np.isfinite(found.out_of_fold).all()
    assert found.out_of_fold[16, 0] == 0.0, "where the class was unseen it has no probability"


def test_a_label_with_one_class_is_that_class_for_certain() -> None:
    made, found = fitted(FRUIT, ["fruit"] * 8)
    assert found.head.probabilities(made.transform(["a hammer"])).tolist() == [[1.0]]


def test_two_texts_are_too_few_to_fold_but_enough_to_fit() -> None:
    made, found = fitted(["apple", "hammer"], ["fruit", "tool"])
    assert found.head.temperature == 1.0
    assert np.isnan(found.out_of_fold).all()
    assert found.head.probabilities(made.transform(["apple"]))[0, 0] > 0.5


def test_folds_never_divide_a_group() -> None:
    groups = [f"g{i % 7}" for i in range(40)]
    labels = ["a" if i % 3 else "b" for i in range(40)]
    splits = head.group_folds(labels, groups)
    assert len(splits) == 5
    for inside, outside in splits:
        assert not {groups[i] for i in inside} & {groups[i] for i in outside}
    assert sorted(i for _, outside in splits for i in outside) == list(range(40))


def test_the_temperature_makes_overconfident_scores_honest() -> None:
    """Scores that claim 99% and are right in 3 of 4 cases must come out near 75%."""
    scores = np.tile(np.asarray([[5.0, 0.0]], np.float32), (400, 1))
    truth = np.asarray([0, 0, 0, 1] * 100)
    temperature = head.fit_temperature(scores, truth)
    assert head.softmax(scores[:1] / temperature)[0, 0] == pytest.approx(0.75, abs=0.01)


def test_a_weight_outweighs_other_texts() -> None:
    texts, labels = ["apple pie"] * 4, ["fruit", "fruit", "tool", "fruit"]
    made = features.fit(texts, "lean")
    x = span(made.transform(texts))
    light = head.fit(x, np.arange(4), labels, [])
    heavy = head.fit(x, np.arange(4), labels, [], weights=[1, 1, 30, 1])
    row = made.transform(["apple pie"])
    assert light.head.probabilities(row)[0, 0] > 0.5 > heavy.head.probabilities(row)[0, 0]


def test_the_spanned_space_gives_the_same_machine_as_the_features() -> None:
    texts = [
        f"{word} number {i} of the {kind} kind of thing"
        for i, (word, kind) in enumerate(zip(FRUIT, TOOLS, strict=True))
    ]
    made = features.fit(texts, "lean")
    x = made.transform(texts)
    space = span(x)
    assert space.turn is not None
    assert np.allclose(space.rows @ space.rows.T, (x @ x.T).toarray(), atol=1e-4)
    weights = np.arange(space.rows.shape[1], dtype=np.float32)[None]
    assert np.allclose(x @ space.coefficients(weights).T, space.rows @ weights.T, atol=1e-2)
