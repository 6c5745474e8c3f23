"""A model card by the headings of Mitchell et al. (2019, "Model Cards for Model Reporting"), filled from what is known.

It is made of the version's card, its figures and its policy, so that it says the same wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from classifier.card import ModelCard
from classifier.figures.figures import Figures
from classifier.figures.share import Share
from classifier.figures.slicing import UNKNOWN, Slice
from classifier.promise import asked, percent, promise
from policies.labels import LABELS
from policies.policy import Policy

ORIGINS = {
    "training_data": "came labelled",
    "agent": "were labelled by agents",
    "written": "were written as examples of the policy",
}
THIN = 20
"""A class of fewer mails is told of as thin: nine right of ten may as well be seven."""
NOT_MEASURED = "No figures are kept with this version: train again, or judge it with mailtriage evaluate."
ENCODERS = {
    "lean": "no sentence encoder",
    "standard": "the sentence encoder all-MiniLM-L6-v2",
    "full": "the sentence encoder all-mpnet-base-v2",
}
KINDS = {
    "language": "language",
    "customer_size": "size of the customer",
    "customer_mails": "how many mails are one customer's",
    "topic": "topic",
    "length": "length",
    "mailbox": "mailbox",
}


@dataclass(frozen=True, slots=True)
class CardTable:
    """Rows under columns; ``worded`` where these are words rather than numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    worded: bool = False


@dataclass(frozen=True, slots=True)
class CardSection:
    """One heading of the card with its sentences, and a table where there is one."""

    heading: str
    sentences: tuple[str, ...]
    table: CardTable | None = None


def model_card(card: ModelCard, policy: Policy, figures: Figures | None) -> tuple[CardSection, ...]:
    """The card's sections; ``policy`` is the one in force now, ``figures`` None where none were kept."""
    return (
        CardSection("Model details", tuple(_details(card, policy))),
        CardSection("Intended use", tuple(_use(policy))),
        CardSection("Factors", tuple(_factors(figures)), _worse(policy, figures)),
        CardSection("Metrics", tuple(_metrics(card))),
        CardSection("Evaluation data", tuple(_evaluation_data(figures))),
        CardSection("Training data", tuple(_training_data(card, figures))),
        CardSection("Quantitative analyses", tuple(_analyses(figures)), _by_label(figures)),
        CardSection("Ethical considerations", tuple(_ethics())),
        CardSection("Caveats and recommendations", tuple(_caveats(card, policy, figures))),
    )


def as_markdown(title: str, sections: tuple[CardSection, ...]) -> str:
    """The card as a Markdown document."""
    lines = [f"# {_plain(title)}", ""]
    for section in sections:
        lines += [f"## {section.heading}", "", *(f"- {_plain(sentence)}" for sentence in section.sentences), ""]
        if section.table:
            columns = section.table.columns
            lines += [_row(columns), _row(("---",) * len(columns)), *map(_row, section.table.rows), ""]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _details(card: ModelCard, policy: Policy) -> Iterator[str]:
    made = f"{card.created_at:%d %B %Y}".removeprefix("0")
    yield f"Version {card.version}, made on {made} by mailtriage {card.program} for the policy {policy.title}."
    older = "" if card.policy_version == policy.version else f"; in force now is version {policy.version}"
    yield f"The policy then was of version {card.policy_version}{older}."
    yield (
        "Linear classifiers with calibrated probabilities over words, parts of words and, in the profile "
        f"{card.profile}, {ENCODERS[card.profile]}; the policy's rules and cost table make decisions of them."
    )
    if card.refused:
        yield f"The gate refused it: {card.note}"
    elif card.note:
        yield card.note
    yield "Licence: that of the program, Apache-2.0, for what ships; a model of your own mails is yours."


def _use(policy: Policy) -> Iterator[str]:
    yield (
        f"To say of support mail under {policy.title} how severe it is, whether the agreement covers it, what kind of "
        "request it is and what it is about, for agents who can correct it."
    )
    yield f"For mail in {', '.join(policy.languages)}: the policy's signals are written in these languages."
    yield (
        "Not for mail under another policy, not to judge senders or agents by, and not as the only way by which an "
        "emergency can reach anybody."
    )


def _factors(figures: Figures | None) -> Iterator[str]:
    if figures is None:
        yield NOT_MEASURED
        return
    found = list(dict.fromkeys(part.by for part in figures.slices))
    yield f"Told apart by {_listed([KINDS[by] for by in found])}, as far as that is known of the mails that judge."
    missing = [KINDS[by] for by in KINDS if by not in found]
    if missing:
        yield f"Nothing is known of {_listed(missing)}."
    if any(clearly_worse(figures, label) for label in LABELS):
        yield (
            "Clearly less right than all mails together, so that the whole interval lies below, are these; of so many "
            "parts one in forty may be by chance."
        )
    else:
        yield "No part is clearly less right than all mails together."


def clearly_worse(figures: Figures, label: str) -> list[Slice]:
    """The parts of the mail whose whole interval lies below what all mails have."""
    overall = figures.labels[label].right.value
    if overall is None:
        return []
    return [p for p in figures.slices if p.value != UNKNOWN and p.right[label].mails and p.right[label].high < overall]


def _worse(policy: Policy, figures: Figures | None) -> CardTable | None:
    rows = [
        (label.replace("_", " "), KINDS[part.by], _titled(policy, part), _told(part.right[label]))
        for label in LABELS
        for part in (clearly_worse(figures, label) if figures else ())
    ]
    return CardTable(("Label", "part by", "which", "right"), tuple(rows), worded=True) if rows else None


def _titled(policy: Policy, part: Slice) -> str:
    return policy.topics[part.value].title if part.by == "topic" and part.value in policy.topics else part.value


def _metrics(card: ModelCard) -> Iterator[str]:
    yield (
        "How often each label is right, macro-F1 (every class counts alike), the expected calibration error, and for "
        "the severity the mean cost by the policy's table, for a missed SEV1 is worse than a false page."
    )
    yield (
        "Shares have Clopper and Pearson's exact 95% intervals, costs one by bootstrap over customers. Mails of one "
        "conversation are alike, so the intervals of shares are rather too narrow."
    )
    for label, autonomy in card.autonomies.items():
        yield f"{label.replace('_', ' ').capitalize()}, asked for {asked(autonomy)}. {promise(autonomy)}"
    if card.refuses_novel:
        yield "A mail unlike anything learned from goes to a person, however sure the labels are."


def _evaluation_data(figures: Figures | None) -> Iterator[str]:
    if figures is None:
        yield NOT_MEASURED
    elif figures.on == "file":
        yield f"{figures.mails:,} labelled mails of a file that was given."
        if figures.seen:
            yield f"It has learned from {figures.seen:,} of them, and is right too often of these."
    else:
        yield (
            f"The {figures.mails:,} mails that it learned from, each judged by what the model said of it while it was "
            "held back with all mails of its customer and conversation."
        )
        yield "Examples that were written for the policy, and came from nobody, do not judge."


def _training_data(card: ModelCard, figures: Figures | None) -> Iterator[str]:
    agents = f", {card.agent_labelled:,} of them with an agent's word" if card.agent_labelled else ""
    yield f"{card.examples:,} labelled mails{agents}; snapshot `{card.data_digest}`."
    source = figures.source if figures else None
    if source is None:
        yield "What else is known of them was not kept with this version."
        return
    yield f"Of these {_listed([f'{n:,} {ORIGINS.get(origin, origin)}' for origin, n in source.origins.items()])}."
    if source.first:
        yield f"They came from {source.first} to {source.last}, of {source.customers:,} customers or senders."
    if source.agents:
        yield f"{source.agents:,} agents labelled; {source.blind:,} labels were given without sight of the model's."
    if source.pool:
        yield f"Severity, issue type and impact are learned from {source.pool:,} mails of other policies as well."
    yield f"`mailtriage models mails {card.policy} {card.version}` lists them one by one."


def _analyses(figures: Figures | None) -> Iterator[str]:
    if figures is None:
        yield NOT_MEASURED
        return
    severity = figures.severity
    yield f"A severity costs {severity.cost:.3f} a mail on average."
    if severity.sev1_recall is not None:
        yield f"Of the mails that are SEV1, {percent(round(severity.sev1_recall, 3))} were decided to be."
    if severity.false_pages is not None:
        yield f"Of all others, {percent(round(severity.false_pages, 3))} were decided to be SEV1."
    facts = [f"{fact} {percent(round(right, 3))}" for fact, right in figures.impact.items()]
    yield f"Impact facts read rightly: {', '.join(facts)}."


def _by_label(figures: Figures | None) -> CardTable | None:
    if figures is None:
        return None
    rows = []
    for label, found in figures.labels.items():
        alone = _told(found.right_alone) if found.right_alone.mails else "none"
        calibration = percent(round(found.ece, 3))
        figures_told = (f"{found.macro_f1:.3f}", calibration, percent(round(found.share_alone, 3)), alone)
        rows.append((label.replace("_", " "), _told(found.right), _told(found.right_model), *figures_told))
    columns = ("Label", "Right", "Right without rules", "Macro-F1", "Calibration error", "Decided alone", "Right then")
    return CardTable(columns, tuple(rows))


def _ethics() -> Iterator[str]:
    yield (
        "Mails are personal data. The model's files hold words that several mails share, and a vector, the id and the "
        "labels of each mail learned from, but no text; its snapshot holds the texts."
    )
    yield (
        "An erased customer's mails leave every snapshot at once and the model with the next training; until then "
        "words of theirs that others use too stay in its vocabulary."
    )
    yield (
        "A mistake falls on somebody: a SEV1 taken for less is answered too late, and work taken to be outside the "
        "agreement is charged. That is what the cost table and the promised precision are for."
    )
    yield "Whoever writes in a language, or of a topic, with few examples is served worse: see the factors."
    yield "Agents' labels are kept with their names. They are there to find mistakes in labels, not to rank people."


def _caveats(card: ModelCard, policy: Policy, figures: Figures | None) -> Iterator[str]:
    silent = [label.replace("_", " ") for label, autonomy in card.autonomies.items() if not autonomy.acts]
    if silent:
        yield f"Nothing of {_listed(silent)} is decided without a person yet."
    source = figures.source if figures else None
    if source is not None:
        topics = source.values.get("topic", {})
        thin = [f"{topic.title} ({topics.get(name, 0)})" for name, topic in policy.topics.items()]
        few = [told for told, name in zip(thin, policy.topics, strict=True) if topics.get(name, 0) < THIN]
        if few:
            yield f"Topics with fewer than {THIN} mails to learn from: {', '.join(few)}."
        if not source.origins.get("agent"):
            yield (
                "It has learned from no mail that an agent labelled. What ships was composed, not received: expect it "
                "to do worse on your mail until agents have corrected it."
            )
    yield "Mail changes: read the live accuracy and the drift page, and train again when labels have come in."
    yield f"`mailtriage labels needed --policy {card.policy}` says where more labels help."


def _told(found: Share) -> str:
    if found.value is None:
        return "no mail"
    low, high = (f"{100 * end:.1f}" for end in (found.low, found.high))
    return f"{100 * found.value:.1f}% of {found.mails:,}, {low} to {high}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
