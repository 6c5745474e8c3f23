"""What a model decides alone, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from classifier.autonomy import Autonomy, Point
from classifier.promise import asked, at_least, percent, promise, thresholds_told
from classifier.registry import ModelCard


def model_told(card: ModelCard, coverage: float | None, precision: float | None) -> dict[str, Any]:
    """The card, with the points of the curves that were asked about: under each label, null where there is none."""
    told = card.to_json()
    if coverage is not None:
        told["at_coverage"] = {label: _as_json(a.at_coverage(coverage)) for label, a in card.autonomies.items()}
    if precision is not None:
        told["at_precision"] = {label: _as_json(a.at_precision(precision)) for label, a in card.autonomies.items()}
    return told


def lines_of_model(card: ModelCard, coverage: float | None, precision: float | None) -> Iterator[str]:
    """The same for people."""
    mails = f"{card.examples} mails, {card.agent_labelled} labelled by agents"
    yield f"{card.policy} {card.version}: {card.profile}, {mails}"
    if not card.autonomy:
        yield "  What it decides alone was not kept on the card of this older model; train again."
    for label, autonomy in card.autonomies.items():
        yield f"  {label.replace('_', ' ')} (asked for: {asked(autonomy)})"
        yield f"    {promise(autonomy)}"
        for probability, values in thresholds_told(autonomy):
            yield f"    from {probability:.2f}: {', '.join(values)}"
        if coverage is not None:
            yield f"    {coverage_told(autonomy, coverage)}"
        if precision is not None:
            yield f"    {precision_told(autonomy, precision)}"
    if card.refuses_novel:
        yield "  A mail unlike anything learned from goes to a person in any case."


def coverage_told(autonomy: Autonomy, coverage: float) -> str:
    """What deciding that share of the mail alone would have been."""
    return _told(autonomy.at_coverage(coverage), f"so much of the mail ({percent(coverage)})")


def precision_told(autonomy: Autonomy, precision: float) -> str:
    """How much of the mail could be decided alone with that share right."""
    return _told(autonomy.at_precision(precision), f"anything with {percent(precision)} shown to be right")


def _told(point: Point | None, wanted: str) -> str:
    if point is None:
        return f"It could not decide {wanted} alone."
    return (
        f"Deciding {percent(point.coverage)} of the mail alone, from {point.threshold:.2f} on: "
        f"{percent(point.precision)} were right, at least {at_least(point.bound)} are (95% confidence, this point)."
    )


def _as_json(point: Point | None) -> dict[str, float] | None:
    return None if point is None else asdict(point)
