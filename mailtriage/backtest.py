"""A policy tried on recorded tickets: what it would have decided, from the facts and the readings kept with them."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from classifier.autonomy import Autonomy
from classifier.program import program_version
from classifier.redeciding import (
    Decision,
    SeverityRead,
    as_decided,
    impact,
    is_exact,
    observation,
    read_severity,
    recorded_severity,
    redecide,
)
from classifier.registry import Registry, RegistryError
from classifier.signals import SignalFinder
from mailtriage.comparison import Comparison
from policies.candidate import Differences, differences
from policies.conditions import hold
from policies.facts import Facts
from policies.loader import PolicyFileError
from policies.policy import Policy
from policies.rule import Observation, Rule
from policies.terms import Terms
from policies.versions import Policies, UnknownVersion
from tickets.decided import Decided
from tickets.store import Store

Watch = Callable[[Decided, Decision, Decision], None]
OF_SIGNALS = frozenset({"signals_any", "signals_all", "signals_none"})


@dataclass(slots=True)
class Backtest:
    """What a run found. ``drift`` is from what was decided to what the policy in force would decide today, ``change``
    from that to what the candidate would.

    ``not_exact`` counts tickets whose verdict is older than the readings that deciding again needs, ``severity_unsure``
    those whose model is gone so that nobody knows whether it would decide another severity alone. ``texts_read``
    counts the mails in which a new signal had to be looked for, ``texts_gone`` those no longer stored. ``versions``
    counts the tickets by the version that decided them.
    """

    policy: Policy
    candidate: Policy
    drift: Comparison
    change: Comparison
    tickets: int = 0
    not_exact: int = 0
    severity_unsure: int = 0
    texts_read: int = 0
    texts_gone: int = 0
    versions: Tally[str] = field(default_factory=Tally)

    def to_json(self) -> dict[str, Any]:
        return {
            "policy": self.policy.name,
            "in_force": self.policy.version,
            "candidate": self.candidate.version,
            "tickets": self.tickets,
            "exact": self.tickets - self.not_exact,
            "not_exact": self.not_exact,
            "severity_unsure": self.severity_unsure,
            "texts_read": self.texts_read,
            "texts_gone": self.texts_gone,
            "versions": dict(self.versions),
            "drift": self.drift.to_json(self.policy),
            "change": self.change.to_json(self.candidate),
        }


@dataclass(frozen=True, eq=False)
class View:
    """How one policy looks at tickets that another version decided."""

    policy: Policy
    decided_by: Policy | None
    """None where no record has that version."""
    differs: Differences | None

    @cached_property
    def finder(self) -> SignalFinder | None:
        """Finds the signals that were not looked for, or not in this way, when the mail was decided; None: there is
        none."""
        wanted = self.policy.signals.keys() if self.differs is None else self.differs.signals
        signals = {name: signal for name, signal in self.policy.signals.items() if name in wanted}
        return SignalFinder(replace(self.policy, signals=signals)) if signals else None

    @cached_property
    def recorded(self) -> frozenset[str]:
        """The signals of which the reading says whether they are there."""
        return frozenset() if self.differs is None else frozenset(self.policy.signals) - self.differs.signals

    @cached_property
    def same_severity(self) -> bool:
        return self.differs is not None and self.differs.same_severity


@dataclass(frozen=True, slots=True)
class Sight:
    """One ticket as a policy sees it."""

    decision: Decision
    severity: SeverityRead
    signals: frozenset[str]


def backtest(
    store: Store,
    policies: Policies,
    registry: Registry,
    candidate: Policy,
    *,
    since: date | None = None,
    until: date | None = None,
    examples: int = 5,
    progress: Callable[[int], None] = lambda tickets: None,
    watch: Watch = lambda ticket, before, after: None,
) -> Backtest:
    """Decides every recorded ticket of the candidate's policy again, received from ``since`` to ``until`` (both days
    included, in the policy's time zone), by the policy in force and by ``candidate``; writes nothing.

    ``examples`` is how many ticket numbers are told of each change. ``progress`` is called with the tickets of each
    chunk that is done, ``watch`` with each ticket, what the policy in force makes of it and what the candidate does.
    Raises KeyError when there is no policy of that name.
    """
    trial = _Trial(store, policies, registry, candidate, examples, watch)
    for chunk in store.decided(candidate.name, *moments(candidate, since, until)):
        trial.take(chunk)
        progress(len(chunk))
    return trial.found


def moments(policy: Policy, since: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    """The beginning of the first day, and the end of the last, in the policy's time zone."""
    zone = ZoneInfo(policy.file.time_zone)
    first = datetime.combine(since, time(), zone) if since else None
    return first, datetime.combine(until + timedelta(days=1), time(), zone) if until else None


class _Trial:
    """A backtest while it runs."""

    def __init__(
        self, store: Store, policies: Policies, registry: Registry, candidate: Policy, examples: int, watch: Watch
    ) -> None:
        self.watch = watch
        self.store = store
        self.policies = policies
        self.registry = registry
        self.candidate = candidate
        self.present = policies[candidate.name]
        self.differs = differences(candidate, self.present)
        self.untouched = candidate.digest == self.present.digest
        self.program = program_version()
        self.found = Backtest(self.present, candidate, Comparison(examples), Comparison(examples))
        self._views: dict[tuple[str, str], View] = {}
        self._autonomy: dict[str, Autonomy | None] = {}
        self._own = [rule.conditions for rule in self.differs.rules]
        self._apart_from_signals = [_without_signals(rule) for rule in self.differs.rules]

    def take(self, chunk: list[Decided]) -> None:
        """Decides a chunk of tickets again, and counts what changes."""
        texts = _Texts(self.store, chunk, self.found)
        for row in chunk:
            facts = Facts.from_json(row.facts)
            version = row.verdict["versions"]["policy"]
            self.found.tickets += 1
            self.found.versions[version] += 1
            self.found.not_exact += not is_exact(row.verdict)
            was = as_decided(row.verdict)
            now = self._now(row, was, facts, texts)
            view = self._view(self.present, version)
            self._compare(self.found.drift, row, facts, (view.decided_by, was), now, view.differs)
            then = now
            if not self.untouched:
                then = self._then(row, now, facts, texts)
                self._compare(self.found.change, row, facts, (self.present, now.decision), then, self.differs)
            self.watch(row, now.decision, then.decision)

    def _now(self, row: Decided, was: Decision, facts: Facts, texts: _Texts) -> Sight:
        """The ticket by the policy in force: as it was decided, where that is what decided it, in this program."""
        versions = row.verdict["versions"]
        view = self._view(self.present, versions["policy"])
        alike = view.decided_by is not None and view.decided_by.digest == self.present.digest
        if alike and versions["program"] == self.program and is_exact(row.verdict):
            return Sight(was, recorded_severity(row.verdict), frozenset(row.verdict["reading"]["signals"]))
        return self._sight(view, row, facts, texts)

    def _then(self, row: Decided, now: Sight, facts: Facts, texts: _Texts) -> Sight:
        """The ticket by the candidate: as by the policy in force, where none of its own rules holds.

        What rests on facts is looked at before any text is read.
        """
        view = self._view(self.candidate, row.verdict["versions"]["policy"])
        if self.differs.additions_only:
            seen = observation(row.verdict, now.severity, facts, now.signals)
            if not self._any_holds(self._apart_from_signals, seen):
                return now
            seen = replace(seen, signals=self._signals(view, row, texts))
            if not self._any_holds(self._own, seen):
                return now
        return self._sight(view, row, facts, texts)

    def _any_holds(self, rules: Sequence[Mapping[str, Any]], seen: Observation) -> bool:
        """Whether any of these conditions holds, or may hold for all that is known."""
        return any(hold(conditions, seen, self.candidate.file).state is not False for conditions in rules)

    def _sight(self, view: View, row: Decided, facts: Facts, texts: _Texts) -> Sight:
        signals = self._signals(view, row, texts)
        severity = recorded_severity(row.verdict)
        if not view.same_severity:
            alone = self._severity_alone(row.verdict["versions"]["model"])
            severity = read_severity(row.verdict, view.policy, alone)
            self.found.severity_unsure += severity.sure is None
        return Sight(redecide(view.policy, row.verdict, severity, facts, signals), severity, signals)

    def _signals(self, view: View, row: Decided, texts: _Texts) -> frozenset[str]:
        """The policy's signals in the mail: as recorded, where they were looked for alike, else found in its text."""
        reading = row.verdict.get("reading")
        if reading is None:
            every = self._view(view.policy, "").finder
            return texts.signals(row.number, every) if every else frozenset()
        recorded = view.recorded.intersection(reading["signals"])
        return recorded | texts.signals(row.number, view.finder) if view.finder else recorded

    def _compare(
        self,
        into: Comparison,
        row: Decided,
        facts: Facts,
        before: tuple[Policy | None, Decision],
        after: Sight,
        differs: Differences | None,
    ) -> None:
        policy, decision = before
        into.note(row.number, decision, after.decision, row.corrected)
        to = self.candidate if into is self.found.change else self.present
        if policy is None or differs is None or (differs.same_terms and _alike(decision, after.decision)):
            return
        read = impact(row.verdict)
        into.note_terms(
            row.number,
            _terms(policy, decision, facts, read, after.signals),
            _terms(to, after.decision, facts, read, after.signals),
        )

    def _view(self, policy: Policy, version: str) -> View:
        """How ``policy`` looks at what ``version`` decided; where no record has that, nothing is taken for granted."""
        key = (policy.digest, version)
        if key not in self._views:
            try:
                decided_by = self.policies.version(policy.name, version)
            except (UnknownVersion, PolicyFileError):
                self._views[key] = View(policy, None, None)
            else:
                self._views[key] = View(policy, decided_by, differences(policy, decided_by))
        return self._views[key]

    def _severity_alone(self, version: str) -> Autonomy | None:
        """When a model decides the severity alone; None where the model is gone."""
        if version not in self._autonomy:
            try:
                self._autonomy[version] = self.registry.load(self.candidate.name, version).autonomy["severity"]
            except RegistryError:
                self._autonomy[version] = None
        return self._autonomy[version]


class _Texts:
    """The opening mails of a chunk, read from the store when the first of them is asked for."""

    def __init__(self, store: Store, chunk: list[Decided], found: Backtest) -> None:
        self._store = store
        self._numbers = [row.number for row in chunk]
        self._found = found
        self._read: Mapping[int, tuple[str, str]] | None = None
        self._looked_at: set[int] = set()

    def signals(self, number: int, finder: SignalFinder) -> frozenset[str]:
        """What ``finder`` finds in the mail; nothing where it is no longer stored."""
        if self._read is None:
            self._read = self._store.opening_texts(self._numbers)
        text = self._read.get(number)
        if number not in self._looked_at:
            self._looked_at.add(number)
            self._found.texts_read += text is not None
            self._found.texts_gone += text is None
        return frozenset(finder.find(*text)) if text else frozenset()


def _without_signals(rule: Rule) -> Mapping[str, Any]:
    """A rule's conditions without those on signals: where these do not hold, the rule does not."""
    return {key: wanted for key, wanted in rule.conditions.items() if key not in OF_SIGNALS and not _on_signals(wanted)}


def _on_signals(wanted: object) -> bool:
    """Whether any of the alternatives of ``any_of`` asks for signals."""
    alternatives = wanted if isinstance(wanted, (list, tuple)) else ()
    return any(isinstance(one, Mapping) and not OF_SIGNALS.isdisjoint(one) for one in alternatives)


def _alike(one: Decision, other: Decision) -> bool:
    return one is other or (one.values == other.values and one.clauses == other.clauses)


def _terms(policy: Policy, decision: Decision, facts: Facts, read: Mapping[str, str], signals: frozenset[str]) -> Terms:
    return policy.terms(
        decision.values,
        decision.clauses,
        facts,
        facts.received_at,
        impact=read,
        signals=signals & policy.signals.keys(),
    )
