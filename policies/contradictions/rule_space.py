"""All mails that the rules of a policy can tell apart, and when each rule applies to one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.contradictions.effects import deciding
from policies.contradictions.formula import AllOf, AnyOf, Formula, negated
from policies.contradictions.witness import Space, Witness
from policies.identity import grants
from policies.labels import Scope
from policies.policy import Policy
from policies.rule import Observation, Rule


class RuleSpace(Space):
    """The search among all mails for one to which rules apply, as :func:`policies.decision.decide` applies them."""

    def __init__(self, policy: Policy) -> None:
        # A scope is known to the rules only where an agent has given one.
        super().__init__(policy.file, [rule.conditions for rule in policy.rules], (None, *Scope))
        self.policy = policy
        self.proven = self.dimensions.proven
        self._applies: dict[str, Formula] = {}
        ended: list[Formula] = [AnyOf(()), AnyOf(())]
        for rule in policy.rules:
            own, strange = (self.dimensions.formula(rule.conditions, stranger=view) for view in (False, True))
            read = [AllOf((negated(end), held)) for end, held in zip(ended, (own, strange), strict=True)]
            gives = grants(rule, policy.file)
            self._applies[rule.id] = self._of_both(read, gives)
            if rule.final:
                ending = [self._of_both(read, True), AllOf(tuple(read))] if gives else read
                ended = [AnyOf((end, ends)) for end, ends in zip(ended, ending, strict=True)]
        self.ended = self._of_both(ended, True)
        """When a final rule ends the reading: for the mail and, where the sender is not proven, for a stranger's."""

    def _of_both(self, views: Sequence[Formula], both: bool) -> Formula:
        """What is so for the mail, or of an unproven sender for a stranger's too: in ``both`` of them, or in one."""
        own, strange = views
        if both:
            return AllOf((own, AnyOf((self.proven, strange))))
        return AnyOf((own, AllOf((negated(self.proven), strange))))

    def applying(self, rules: Sequence[Rule], also: Sequence[Formula] = ()) -> Witness | None:
        """A mail to which all of ``rules`` really apply and for which ``also`` is true; None if there is none.

        Raises :class:`~policies.contradictions.witness.NotDecided`.
        """
        wanted = {rule.id for rule in rules}

        def agrees(seen: Observation) -> bool:
            return wanted <= {fired.rule.id for fired in self.policy.decide(seen).fired}

        applied = [*map(self.applies, rules), *also]
        found = self.find([rule.conditions for rule in rules], applied, agrees)
        # Of an unproven sender one may apply by what holds for a stranger alone. Several that apply by different
        # readings are in no conflict: of two rules that exclude each other, nobody need say which is to win.
        return self.find([], applied, agrees) if found is None and len(rules) == 1 else found

    def applies(self, rule: Rule) -> Formula:
        """When a rule is read and applies, as :func:`policies.decision.decide` reads it for the sender."""
        return self._applies[rule.id]

    def decides(self, rule: Rule, label: str) -> Iterator[Formula]:
        """When a rule decides ``label``, unless an earlier one has."""
        for decided, severities in deciding(rule):
            if decided == label:
                among = () if severities is None else (self.dimensions.among("severity", severities),)
                yield AllOf((self.applies(rule), *among))

    def undecided(self, label: str) -> list[Formula]:
        """No rule decides ``label``."""
        return [negated(part) for rule in self.policy.rules for part in self.decides(rule, label)]

    def decided(self, label: str, value: str) -> Iterator[list[Formula]]:
        """The ways in which a rule is the first to decide ``label``, and as ``value``."""
        rules = self.policy.rules
        for at, rule in enumerate(rules):
            if (label, value) in sets(rule):
                earlier = [negated(part) for entry in rules[:at] for part in self.decides(entry, label)]
                yield [self.applies(rule), *earlier]

    def cites(self, rule: Rule, clause: str) -> bool:
        """Whether there is a mail for which the rule's ``clause`` (full id) is cited.

        It is not where the rule's scope loses to another that is not the clause's either.
        """
        scope = self.policy.clauses[clause].scope
        wanted = {value for label, value in sets(rule) if label == "scope"}
        if not wanted or scope is None:
            return self.applying([rule]) is not None
        ways = (way for value in sorted({*wanted, scope}) for way in self.decided("scope", value))
        return any(self.applying([rule], way) is not None for way in ways)


def sets(rule: Rule) -> set[tuple[str, str]]:
    """The labels that a rule sets, with the values."""
    return {(effect.label or "", effect.value or "") for effect in rule.effects if effect.kind == "set"}
