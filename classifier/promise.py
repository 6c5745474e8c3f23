"""What is promised of a label that is decided without a person, in sentences."""

from __future__ import annotations

import math

from classifier.autonomy import Autonomy

NOVEL = "unlike anything learned from"
"""Why a person is asked about a mail that is like none of those that the model learned from."""


TINY = 1e-9
"""What a share like 0.97 may lack in binary."""


def promise(autonomy: Autonomy) -> str:
    """How much of the mail is decided alone and how often that is right; or what is missing until some is."""
    if autonomy.acts and autonomy.promised is not None:
        return (
            f"Decides {percent(autonomy.coverage)} of the mail alone, and is right at least "
            f"{at_least(autonomy.promised)} of the time with {autonomy.confidence:.0%} confidence, as "
            f"{autonomy.held_out:,} held-out mails show."
        )
    return f"Nothing is decided alone: {_wanting(autonomy)}"


def asked(autonomy: Autonomy) -> str:
    """What the policy asks for: a precision, or a share of the mail."""
    if autonomy.target_coverage is not None:
        return f"{percent(autonomy.target_coverage)} of the mail"
    return f"{percent(autonomy.target)} right" if autonomy.target is not None else "nothing"


def thresholds_told(autonomy: Autonomy) -> list[tuple[float, tuple[str, ...]]]:
    """The probabilities from which values are decided alone, lowest first, each with its values."""
    levels = sorted(set(autonomy.thresholds.values()))
    return [(level, tuple(v for v, found in autonomy.thresholds.items() if found == level)) for level in levels]


def percent(share: float) -> str:
    """``97%``, or ``97.5%`` where the half matters."""
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def at_least(share: float) -> str:
    """The same of a bound: rounded down, so that it promises no more than was shown."""
    return percent(math.floor(share * 1000 + TINY) / 1000)


def _wanting(autonomy: Autonomy) -> str:
    if autonomy.held_out == 0:
        return "no held-out mail has shown how often it is right."
    if autonomy.missing is None:
        return "more labels alone will not do, for the model is right too seldom even where it is surest."
    return f"about {_rounded(autonomy.missing):,} more labelled mails would show that it is right often enough."


def _rounded(count: int) -> int:
    """Two digits of it, rounded up: it is an estimate."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return math.ceil(count / unit) * unit
