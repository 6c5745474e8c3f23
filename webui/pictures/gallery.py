"""All pictures of a model's figures, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from classifier.figures.figures import Figures
from policies.labels import LABELS, IssueType, Scope, Severity
from policies.policy import Policy
from webui.decision import title_of
from webui.pictures.confusion import confusion, cost_cells
from webui.pictures.costs import costs
from webui.pictures.coverage import coverage
from webui.pictures.learning import learning
from webui.pictures.reliability import reliability
from webui.pictures.slices import slices
from webui.pictures.svg import Picture
from webui.words import LABEL_TITLES

SLICE_TITLES = {
    "language": "By language",
    "customer_size": "By size of the customer",
    "customer_mails": "By how many of the mails are one customer's",
    "topic": "By topic",
    "length": "By length of the mail",
    "mailbox": "By mailbox",
}
SLICE_NOTES = {
    "language": "As found in the text.",
    "customer_size": "By the licences, seats, users or employees that the customer's record names.",
    "customer_mails": "A customer is a record, or else a sender's domain.",
    "topic": "By the true topic.",
    "length": "In words, the subject aside.",
    "mailbox": "The one by which the mail came; known of mails that agents labelled.",
}
LEARNED = (
    "Whether more labelled mails would help: how right it is after learning from part of them. What other policies' "
    "mails teach of severity and issue type is learned at every point."
)
HOW_TO_LEARN = (
    "Not drawn: it costs up to five trainings. Draw it with "
    "`mailtriage evaluate --policy {} --report FOLDER --learning-curve`."
)


@dataclass(frozen=True, slots=True)
class Wall:
    """Pictures that belong together, under a heading, with a sentence on what they show."""

    name: str
    title: str
    note: str
    pictures: tuple[Picture, ...]


def gallery(figures: Figures, policy: Policy) -> list[Wall]:
    """The walls that have something to show; the one of the learning curve says how to get it where it is missing."""
    labels = [label for label in LABELS if figures.labels[label].right.mails]
    walls = [
        _confusions(figures, policy, labels),
        _wall(
            "reliability",
            "How well it knows how sure to be",
            "A point on the dashed line is right as often as the model says; below it, it is too sure of itself.",
            (
                reliability(f"reliability-{label}", LABEL_TITLES[label], one.reliability, one.ece)
                for label in labels
                for one in [figures.labels[label]]
            ),
        ),
        _wall(
            "coverage",
            "Precision against coverage",
            "How often it would be right if so much of the mail, the surest first, were decided without a person.",
            (coverage(f"coverage-{label}", LABEL_TITLES[label], figures.labels[label].autonomy) for label in labels),
        ),
        _severity_cost(figures, policy),
        _wall(
            "learning",
            "Learning curve",
            LEARNED if figures.learning else HOW_TO_LEARN.format(figures.policy),
            (learning(f"learning-{label}", LABEL_TITLES[label], figures.learning, label) for label in labels),
        ),
        *_slices(figures, policy, labels),
    ]
    return [wall for wall in walls if wall.pictures or wall.name == "learning"]


def _wall(name: str, title: str, note: str, pictures: Iterable[Picture | None]) -> Wall:
    return Wall(name, title, note, tuple(picture for picture in pictures if picture is not None))


def _confusions(figures: Figures, policy: Policy, labels: Iterable[str]) -> Wall:
    orders: Mapping[str, tuple[str, ...]] = {
        "severity": tuple(Severity),
        "scope": tuple(Scope),
        "issue_type": tuple(IssueType),
        "topic": tuple(policy.topics),
    }
    return _wall(
        "confusion",
        "What was decided for what was true",
        "Decided with the policy's rules. A row is one true value: its mails spread over what they were decided to be.",
        (
            confusion(
                f"confusion-{label}",
                LABEL_TITLES[label],
                figures.labels[label].confusion,
                orders[label],
                _titles(figures.labels[label].confusion, orders[label], label, policy),
            )
            for label in labels
        ),
    )


def _severity_cost(figures: Figures, policy: Policy) -> Wall:
    found = figures.costs
    titles = {severity.value: severity.value for severity in Severity}
    pictures = (
        (
            costs("cost-ways", "A decision's mean cost", found),
            cost_cells("cost-cells", "Where the cost comes from", found.cells, tuple(Severity), titles),
        )
        if found
        else ()
    )
    note = "What deciding the severity wrongly costs by the policy's table: missing a SEV1 is dearer than a false page."
    return _wall("cost", "Severity cost", note, pictures)


def _slices(figures: Figures, policy: Policy, labels: Iterable[str]) -> list[Wall]:
    walls = []
    for by in dict.fromkeys(part.by for part in figures.slices):
        parts = [part for part in figures.slices if part.by == by]

        def titled(value: str, by: str = by) -> str:
            return title_of("topic", value, policy) if by == "topic" and value in policy.topics else value

        pictures = (
            slices(f"{by}-{label}", LABEL_TITLES[label], parts, label, figures.labels[label].right, titled)
            for label in labels
        )
        walls.append(_wall(by, SLICE_TITLES[by], SLICE_NOTES[by], pictures))
    return walls


def _titles(
    counts: Mapping[str, Mapping[str, int]], order: Iterable[str], label: str, policy: Policy
) -> dict[str, str]:
    values = {*order, *counts, *(value for row in counts.values() for value in row)}
    return {value: title_of(label, value, policy) for value in values}
