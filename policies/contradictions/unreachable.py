"""Clauses that nothing in the policy can cite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from policies.contradictions.finding import Finding
from policies.contradictions.formula import Formula, negated
from policies.contradictions.rule_space import RuleSpace, sets
from policies.contradictions.witness import NotDecided
from policies.file import PolicyFile, TopicEntry
from policies.rule import Observation

_LINES = ("response_targets", "charges", "notices", "quotas", "procedures")
"""Tables whose lines cite, besides rules, topics and the severity table."""


def unreachable_clauses(space: RuleSpace, dead: Sequence[Finding]) -> Iterator[Finding]:
    """Clauses that no rule, topic, severity row or other line that can apply cites."""
    file = space.policy.file
    reached = _by_lines(file, {finding.path for finding in dead if finding.kind == "dead"})
    for at, clause in enumerate(file.clauses):
        where = (f"clauses[{at}]", clause.id)
        try:
            if clause.id not in reached and not _by_rules_or_topics(space, clause.id):
                says = f"the clause {clause.id!r} can never be cited: {_why(file, clause.id)}"
                yield Finding("unreachable", *where, says)
        except NotDecided as error:
            yield Finding(
                "not_decided", *where, f"whether the clause {clause.id!r} can be cited is not decided: {error}"
            )


def _by_lines(file: PolicyFile, dead: set[str]) -> set[str]:
    """The clauses that lines other than rules and topics cite, but for the dead ones."""
    cited = {name for place, name in _citations(file, _LINES) if place not in dead}
    linked = file.linked_request
    return cited | set(linked.clauses if linked is not None else ())


def _citations(file: PolicyFile, tables: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The key path of everything in ``tables``, and in the severity table, that cites, with the clause."""
    for table in tables:
        for at, entry in enumerate(getattr(file, table)):
            yield from ((f"{table}[{at}]", name) for name in entry.clauses)
    yield from ((f"severity[{at}]", row.clause) for at, row in enumerate(file.severity) if row.clause is not None)


def _by_rules_or_topics(space: RuleSpace, clause: str) -> bool:
    full = f"{space.policy.name}/{clause}"
    rules = [rule for rule in space.policy.rules if full in rule.clauses]
    topics = [topic for topic in space.policy.file.topics if clause in topic.clauses]
    return any(space.cites(rule, full) for rule in rules) or any(_topic_cites(space, topic, full) for topic in topics)


def _topic_cites(space: RuleSpace, topic: TopicEntry, clause: str) -> bool:
    """Whether there is a mail for which the topic's own ``clause`` is cited.

    It is where no rule decides the scope, and where one does that is not final, if topic or clause have that scope too.
    """

    def cited(seen: Observation) -> bool:
        return clause in space.policy.decide(seen).clauses

    return _any_found(space, cited, _ways(space, topic, clause))


def _any_found(space: RuleSpace, cited: Callable[[Observation], bool], ways: Iterable[list[Formula]]) -> bool:
    unsure: NotDecided | None = None
    for way in ways:
        try:
            if space.find([], way, cited) is not None:
                return True
        except NotDecided as error:
            unsure = error
    if unsure is not None:
        raise unsure
    return False


def _ways(space: RuleSpace, topic: TopicEntry, clause: str) -> Iterator[list[Formula]]:
    """The ways in which a request can be about ``topic`` and its scope undecided, or decided as topic or clause say."""
    scopes = [space.undecided("scope")]
    for value in {topic.scope, space.policy.clauses[clause].scope} - {None}:
        kept = list(_not_lost(space, clause, str(value)))
        scopes += [[*way, negated(space.ended), *kept] for way in space.decided("scope", str(value))]
    about = [[space.dimensions.among("topic", [topic.name]), *space.undecided("topic")]]
    about += space.decided("topic", topic.name)
    return ([*subject, *way] for subject in about for way in scopes)


def _not_lost(space: RuleSpace, clause: str, scope: str) -> Iterator[Formula]:
    """That no rule applies whose scope loses to ``scope``, and with it the clause."""
    if space.policy.clauses[clause].scope in (None, scope):
        return
    for rule in space.policy.rules:
        wanted = {value for label, value in sets(rule) if label == "scope"}
        if clause in rule.clauses and wanted and scope not in wanted:
            yield negated(space.applies(rule))


def _why(file: PolicyFile, clause: str) -> str:
    places = [place for place, name in _citations(file, ("topics", "rules", *_LINES)) if name == clause]
    return f"what cites it never applies ({', '.join(places)})" if places else "nothing cites it"
