"""Why one mail was read as it was: for each label the words with signed weights that add up to its margin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from classifier.assess import look
from classifier.explaining.mail_text import MailText, Span
from classifier.explaining.margin import SEVERITY, Margin, SeverityMargin, of_head
from classifier.explaining.split import Split, Splitter, tokens_of
from classifier.known import Neighbour, vectors_of
from classifier.mail import Mail
from classifier.model import Model
from classifier.prediction import Decided, Prediction, decide, table_probabilities
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy

NEIGHBOURS = 3
METHODS: Mapping[str, str] = {
    "lean": "the weights of a linear model",
    "encoder": "the weights of a linear model; the sentence vector by occlusion of each word in its mean of tokens",
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands (characters of the mail's text, from and to), what it adds, and the cues it is part of."""

    start: int
    end: int
    weight: float
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What adds to a margin and is no single word; ``span`` is the sentence it belongs to, if it does to one.

    ``kind`` is ``sentence``, ``around`` (a customer fact, a signal, a rule that could apply), ``mail`` (the mail as a
    whole) or ``base`` (what an empty mail gives).
    """

    kind: str
    name: str
    weight: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class FactRead:
    """An impact fact as read, what it adds to the severity's margin, and the sentence it was read from."""

    fact: str
    value: str
    probability: float
    weight: float
    sentence: Span | None


@dataclass(frozen=True, slots=True)
class Views:
    """The two views that the severity is mixed of: the words, asked directly, and the policy's table over the facts.

    ``table_share`` is what the table counts in the mix, and the weights are what each adds to the margin.
    """

    by_words: str
    by_table: str
    row: str
    table_share: float
    words_weight: float
    facts_weight: float
    facts: tuple[FactRead, ...]


@dataclass(frozen=True, slots=True)
class LabelExplained:
    """One label: the model's value, the runner-up, and what adds up to the margin between them (in log-odds).

    ``decided`` is the value in force, which a rule may have set; ``views`` is there for the severity.
    """

    label: str
    value: str
    probability: float
    runner_up: str
    runner_up_probability: float
    margin: float
    words: tuple[Word, ...]
    parts: tuple[Part, ...]
    decided: str
    views: Views | None = None

    def by_word(self, text: str) -> list[tuple[str, float]]:
        """The words in lower case, each once with all that it adds wherever it stands, the weightiest first."""
        sums: dict[str, float] = defaultdict(float)
        for word in self.words:
            sums[text[word.start : word.end].lower()] += word.weight
        return sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))


@dataclass(frozen=True, slots=True)
class Explained:
    """A mail explained; ``text`` is the subject, an empty line, and the new text, in which the words stand."""

    model: str
    policy: str
    method: str
    text: str
    labels: tuple[LabelExplained, ...]
    neighbours: tuple[Neighbour, ...]

    def to_json(self) -> dict[str, Any]:
        """The explanation as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Read:
    """One mail read and decided, with what is needed to say why."""

    mail: Mail
    text: MailText
    splitter: Splitter
    prediction: Prediction
    decided: Decided
    signals: Mapping[str, tuple[str, ...]]


def read(model: Model, policy: Policy, mail: Mail) -> Read:
    """The mail read by the model and decided under the policy."""
    text = MailText(mail.subject, mail.text)
    tokens = tokens_of(model, text)
    [signals], seen = look(model, policy, [mail])
    [prediction] = model.read(seen)
    decided = decide(policy, prediction, mail.facts, signals, model.severity_mix)
    return Read(mail, text, Splitter(model, text, seen, tokens), prediction, decided, signals)


def explain(model: Model, policy: Policy, found: Read, *, leave_out: str | None = None) -> Explained:
    """Why ``found`` was decided so; ``leave_out`` is the id of the mail itself, where the model learned from it."""
    vector = vectors_of(model.features, found.splitter.seen.x)
    near = model.known.nearest(vector, NEIGHBOURS + 1)
    return Explained(
        model=model.version,
        policy=policy.name,
        method=METHODS["lean" if model.profile == "lean" else "encoder"],
        text=found.text.text,
        labels=tuple(_label(model, policy, found, label) for label in LABELS),
        neighbours=tuple([one for one in near if one.id != leave_out][:NEIGHBOURS]),
    )


def runner_up(decided: Decided, label: str) -> str:
    """The most probable of the values that the model did not choose; the value itself where there is no other."""
    others = {value: p for value, p in decided.probabilities[label].items() if value != decided.model_values[label]}
    return max(others, key=others.__getitem__) if others else decided.model_values[label]


def margin_of(model: Model, policy: Policy, found: Read, label: str, value: str, rival: str) -> Margin:
    """How far ``value`` is ahead of ``rival``."""
    splitter = found.splitter
    if label != SEVERITY:
        return of_head(label, model.heads[label], *splitter.scores(label), value, rival)
    both = {key: splitter.scores(key) for key in (SEVERITY, *IMPACT_VALUES)}
    margin = SeverityMargin(policy, model.heads, model.severity_mix, value, rival)
    return margin.between({key: empty for key, (_, empty) in both.items()}, {key: at for key, (at, _) in both.items()})


def _label(model: Model, policy: Policy, found: Read, label: str) -> LabelExplained:
    value, rival = found.decided.model_values[label], runner_up(found.decided, label)
    margin = margin_of(model, policy, found, label, value, rival)
    split = found.splitter.split(margin)
    probabilities = found.decided.probabilities[label]
    words = zip(found.text.words, split.words.tolist(), strict=True)
    return LabelExplained(
        label=label,
        value=value,
        probability=probabilities[value],
        runner_up=rival,
        runner_up_probability=probabilities[rival],
        margin=margin.total,
        words=tuple(
            Word(start, end, weight, found.splitter.cues_of(number))
            for number, ((start, end), weight) in enumerate(words)
        ),
        parts=tuple(_parts(found, split)),
        decided=found.decided.values[label],
        views=_views(model, policy, found, split) if label == SEVERITY else None,
    )


def _parts(found: Read, split: Split) -> list[Part]:
    parts = [
        Part("sentence", found.text.said[number], weight, found.text.sentences[number])
        for number, weight in split.sentences.items()
    ]
    parts += [Part("around", _around(name), weight) for name, weight in split.around.items()]
    parts.sort(key=lambda part: -abs(part.weight))
    return [*parts, Part("mail", "the mail as a whole", split.whole), Part("base", "before a word is read", split.base)]


def _around(name: str) -> str:
    """A feature of :func:`classifier.context.names` in words."""
    kind, _, of = name.partition(" ")
    if kind == "fact":
        fact, _, value = of.partition(" ")
        return f"customer: {fact} = {value}"
    return f"{kind}: {of}"


def _views(model: Model, policy: Policy, found: Read, split: Split) -> Views:
    prediction = found.prediction
    table = table_probabilities(policy, prediction)
    return Views(
        by_words=prediction.best(SEVERITY),
        by_table=max(table, key=table.__getitem__),
        row=policy.severity_from_impact(prediction.impact)[1],
        table_share=model.severity_mix.table_share,
        words_weight=split.heads[SEVERITY],
        facts_weight=sum(weight for key, weight in split.heads.items() if key != SEVERITY),
        facts=tuple(_fact(found, fact, split.heads[fact]) for fact in IMPACT_VALUES),
    )


def _fact(found: Read, fact: str, weight: float) -> FactRead:
    value = found.prediction.best(fact)
    said = found.prediction.sentences.get(fact)
    place = found.text.sentences[found.text.said.index(said)] if said in found.text.said else None
    return FactRead(fact, value, found.prediction.probabilities[fact][value], weight, place)
