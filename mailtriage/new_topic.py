"""A kind of mail made a topic: a new version of its policy, and the word of a lead on the mails of that kind."""

from __future__ import annotations

from collections.abc import Sequence

from mailtriage.adoption import adoption
from mailtriage.office import Office
from mailtriage.policies_in_force import PoliciesInForce
from policies.adding import NewTopic, TopicRefused, with_topic
from policies.policy import Policy
from tickets import bulk
from tickets.faults import NoSuchTicket
from webui.drifting import TopicGiven


def give_topic(
    policy: str, tickets: Sequence[int], topic: NewTopic, office: Office, *, author: str, reason: str = ""
) -> TopicGiven:
    """Gives the tickets the topic, as bulk corrections by ``author``; the next training learns it from them.

    A topic with a title is a new one: the policy in force goes on with it as a new version, in force from today, that
    is recorded like any other. Raises :class:`~policies.adding.TopicRefused` before anything is written; a ticket that
    cannot be corrected leaves the others to be done.
    """
    chosen = office.policy(policy)
    for number in tickets:
        found = office.store.ticket(number)
        if found is None:
            raise NoSuchTicket(number)
        if found.policy != policy:
            raise TopicRefused(f"Ticket {number} is under the policy {found.policy}, not {policy}.")
    if not tickets:
        raise TopicRefused("No ticket is named: there is nothing that a topic could be learned from.")
    version = None
    if topic.title:
        why = reason or f"topic {topic.name} for a new kind of mail ({len(tickets)} mails)"
        chosen = _adopted(chosen, topic, office, author=author, reason=why)
        version = chosen.version
    elif topic.name not in chosen.topics:
        raise TopicRefused(f"{policy} has no topic {topic.name!r}: give a title and its clauses to make one.")
    why = reason or f"one of {len(tickets)} mails of a kind"
    # Under the version that has the topic: the one that decided them does not know it.
    done = bulk.correct_all(office.store, lambda _: chosen, tickets, {"topic": topic.name}, agent=author, why=why)
    return TopicGiven(policy, topic.name, version, tuple(done))


def _adopted(policy: Policy, topic: NewTopic, office: Office, *, author: str, reason: str) -> Policy:
    policies = office.policies
    if not isinstance(policies, PoliciesInForce):
        raise TopicRefused("The policies of this program are fixed: no version can be put in force.")
    if coming := policies.coming(policy.name):
        raise TopicRefused(
            f"{policy.name} {coming[0].version} takes effect on {coming[0].effective} and would be without the topic: "
            "add it to that file, and adopt it as a version of its own."
        )
    made = with_topic(policy, topic, [row.version for row in policies.history(policy.name)])
    policies.adopt(adoption(made, policies, author=author, reason=reason, effective=policies.today(made)))
    return office.policy(policy.name)
