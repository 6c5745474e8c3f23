"""Held-back mails count as the mail that comes does."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.example import Example
from classifier.live_mix import MOST, weights


def mails(topics: str, scopes: str = "") -> list[Example]:
    return [
        Example(f"m{i}", "s", "b", labels={"topic": topic} | ({"scope": scopes[i]} if scopes else {}))
        for i, topic in enumerate(topics)
    ]


def shares(examples: list[Example], counted: np.ndarray, label: str) -> dict[str, float]:
    values = {e.labels[label] for e in examples}
    return {v: float(counted[[e.labels[label] == v for e in examples]].sum() / counted.sum()) for v in values}


def test_without_live_tickets_every_mail_counts_alike() -> None:
    assert weights(mails("aab"), None).tolist() == [1.0, 1.0, 1.0]


def test_the_shares_become_those_of_the_live_mail_label_by_label() -> None:
    examples = mails("aaaabbbbcc" * 4, "xxyyxyxyxy" * 4)
    mix = {"topic": {"a": 0.2, "b": 0.5, "c": 0.3}, "scope": {"x": 0.7, "y": 0.3}}
    counted = weights(examples, mix)
    assert counted.mean() == pytest.approx(1.0)
    assert shares(examples, counted, "topic") == pytest.approx(mix["topic"], abs=0.01)
    assert shares(examples, counted, "scope") == pytest.approx(mix["scope"], abs=0.01)


def test_no_mail_counts_for_very_many() -> None:
    counted = weights(mails("a" * 99 + "b"), {"topic": {"a": 0.01, "b": 0.99}})
    assert counted.max() / counted.min() <= MOST**2 + 1e-9


def test_values_that_only_one_side_has_change_nothing() -> None:
    counted = weights(mails("aabbz"), {"topic": {"a": 0.5, "b": 0.25, "new": 0.25}})
    assert counted[0] / counted[2] == pytest.approx(2.0)
    assert weights(mails("zz"), {"topic": {"a": 1.0}}).tolist() == [1.0, 1.0]
