"""Decisions on mails before and after they were altered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from benchmarks.metamorphic.directions import Direction, Written
from benchmarks.metamorphic.transformation import Transformation
from classifier.assess import assess
from classifier.example import Example
from classifier.mail import Mail, mail_of
from classifier.model import Model
from classifier.verdict import Verdict
from intake import message
from policies.labels import LABELS, Severity
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Compared:
    """One altered mail: which labels, of how many, were decided otherwise, and each told in a line."""

    labels: int
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """``kept`` over mails and labels, ``strict`` over mails of which all labels are right."""

    mails: int
    kept: float
    strict: float


def rate(compared: Sequence[Compared]) -> Rate:
    """The share that passed; 1 of no mails."""
    labels = sum(one.labels for one in compared)
    failed = sum(len(one.failures) for one in compared)
    whole = sum(not one.failures for one in compared)
    return Rate(len(compared), 1 - failed / max(1, labels), whole / len(compared) if compared else 1.0)


class Judge:
    """Decides mails by one model under its policy."""

    def __init__(self, model: Model, policy: Policy) -> None:
        self.model, self.policy = model, policy

    def invariance(self, kind: Transformation, examples: Sequence[Example]) -> list[Compared]:
        """Each mail and what the transformation makes of it; those it has nothing to do in are left out."""
        pairs = [(example, altered) for example in examples if (altered := kind.of(example)) is not None]
        before = self._verdicts([mail_of(example) for example, _ in pairs])
        after = self._verdicts([mail_of(altered) for _, altered in pairs])
        return [_same(example.id, one, other) for (example, _), one, other in zip(pairs, before, after, strict=True)]

    def html(self, examples: Sequence[Example]) -> list[Compared]:
        """The same mail read from a plain and from an HTML part: as many words of new text, and the same labels."""
        plain = [_arrived(example, "plain") for example in examples]
        html = [_arrived(example, "html") for example in examples]
        compared = []
        verdicts = zip(self._verdicts(plain), self._verdicts(html), strict=True)
        for example, one, other, (before, after) in zip(examples, plain, html, verdicts, strict=True):
            found = _same(example.id, before, after)
            same = one.text.split() == other.text.split()
            text = () if same else (f"{example.id}: the new text of the HTML part is another",)
            compared.append(Compared(found.labels + 1, (*found.failures, *text)))
        return compared

    def direction(self, kind: Direction, written: Sequence[Written]) -> list[Compared]:
        """Whether the severity of each mail that can be changed so went the right way."""
        pairs = [(one.example, altered) for one in written if (altered := kind.of(one)) is not None]
        before = self._verdicts([mail_of(example) for example, _ in pairs])
        after = self._verdicts([mail_of(altered) for _, altered in pairs])
        return [
            _moved(kind, example.id, one, other) for (example, _), one, other in zip(pairs, before, after, strict=True)
        ]

    def _verdicts(self, mails: Sequence[Mail]) -> list[Verdict]:
        return assess(self.model, self.policy, mails)


def _same(name: str, before: Verdict, after: Verdict) -> Compared:
    failures = []
    for label in LABELS:
        one, other = before.labels[label], after.labels[label]
        if one.value != other.value:
            failures.append(f"{name}: {label} {one.value} ({one.probability:.2f}) became {other.value}")
    return Compared(len(LABELS), tuple(failures))


def _moved(kind: Direction, name: str, before: Verdict, after: Verdict) -> Compared:
    one, other = (Severity(verdict.labels["severity"].value) for verdict in (before, after))
    if kind.holds(one, other):
        return Compared(1, ())
    facts = ", ".join(f"{fact} {reading.value} {reading.probability:.2f}" for fact, reading in after.impact.items())
    return Compared(1, (f"{name}: severity {one} became {other}; read: {facts}",))


def _arrived(example: Example, subtype: str) -> Mail:
    """The mail of an example that came with one part of that kind."""
    mail = EmailMessage()
    mail["From"] = example.sender or "someone@customer.example"
    mail["Subject"] = " ".join(example.subject.split())
    mail.set_content(example.body if subtype == "plain" else _html(example.body), subtype=subtype)
    read = message.parse(mail.as_bytes())
    return Mail(read.subject, read.new_text or read.text, mail_of(example).facts)


def _html(text: str) -> str:
    paragraphs = text.replace("\r\n", "\n").split("\n\n")
    inside = "".join(f"<p>{'<br>'.join(escape(line) for line in one.split(chr(10)))}</p>" for one in paragraphs)
    return f'<html><head><style>p {{ margin: 0 }}</style></head><body><div dir="ltr">{inside}</div></body></html>'
