"""How right what passed without a person is, from a random share of it that people judged without seeing it.

The interval is Clopper and Pearson's (1934, Biometrika 26), which covers at least as often as it says whatever the
accuracy and however few the mails. Where the sampling share changed, every mail counts for those that it stands for
(the weights of Horvitz and Thompson, 1952, those drawn and not judged being made up for within their share), and the
interval is that of Korn and Graubard (1998, Survey Methodology 24): Clopper and Pearson's for as many mails as the
unequal weights leave, by Kish (1965).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from classifier.autonomy import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mail of the sample: the share with which it was drawn, and whether it was right; None where nobody said yet."""

    share: float
    right: bool | None


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """How often it was right, as a share of one: the estimate (None where nothing was judged) and its interval.

    ``drawn`` counts the mails of the sample, ``judged`` those of them that a person judged, ``right`` those that were
    right. The accuracy lies between ``lower`` and ``upper`` with :data:`~classifier.autonomy.CONFIDENCE`.
    """

    drawn: int
    judged: int
    right: int
    accuracy: float | None
    lower: float
    upper: float

    def to_json(self) -> dict[str, float | int | None]:
        """A JSON object; shares to six places."""
        return {
            "drawn": self.drawn,
            "judged": self.judged,
            "right": self.right,
            "accuracy": None if self.accuracy is None else round(self.accuracy, 6),
            "lower": round(self.lower, 6),
            "upper": round(self.upper, 6),
        }


def live_accuracy(sample: Sequence[Drawn], confidence: float = CONFIDENCE) -> LiveAccuracy:
    """The accuracy that the sample shows; nobody having judged is taken to say nothing of a mail."""
    judged = [mail for mail in sample if mail.right is not None]
    right = sum(bool(mail.right) for mail in judged)
    if not judged:
        return LiveAccuracy(len(sample), 0, 0, None, 0.0, 1.0)
    stands_for = _weights(sample)
    weights = [stands_for[mail.share] for mail in judged]
    total = sum(weights)
    accuracy = sum(weight for weight, mail in zip(weights, judged, strict=True) if mail.right) / total
    effective = total**2 / sum(weight**2 for weight in weights)
    lower, upper = clopper_pearson(accuracy * effective, effective, confidence)
    return LiveAccuracy(len(sample), len(judged), right, accuracy, lower, upper)


def clopper_pearson(right: float, total: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two-sided interval for ``right`` of ``total``, which need not be whole; from 0 to 1 for none."""
    from scipy.stats import beta  # see classifier.head

    if total <= 0:
        return 0.0, 1.0
    wrong, tail = max(0.0, total - right), (1 - confidence) / 2
    lower = float(beta.ppf(tail, right, wrong + 1)) if right > 0 else 0.0
    upper = float(beta.ppf(1 - tail, right + 1, wrong)) if wrong > 0 else 1.0
    return lower, upper


def _weights(sample: Sequence[Drawn]) -> dict[float, float]:
    """For each share of the sample, how many mails each judged one of it stands for."""
    drawn = Counter(mail.share for mail in sample)
    judged = Counter(mail.share for mail in sample if mail.right is not None)
    return {share: drawn[share] / share / count for share, count in judged.items()}
