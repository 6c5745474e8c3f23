"""Kinds of mail that no topic fits, found among the mails of the last months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from classifier.clusters import LEAST_MAILS, MOST_MAILS, groups, meanings
from classifier.snapshot_folder import SnapshotError
from errors import MailtriageError
from mailtriage.arrivals import Arrival, arrivals, learned
from mailtriage.office import Office
from policies.policy import Policy
from webui.drifting import Cluster

RECENT = timedelta(days=90)


class NoSuchCluster(MailtriageError):
    """No cluster has that number now: says how to see those that there are."""


def clusters(policy: str, office: Office, *, now: datetime | None = None) -> list[Cluster]:
    """Mails of the last 90 days that are alike and that no topic fits, the largest cluster first.

    No topic fits a mail that is unlike anything learned from or whose topic is a guess, unless an agent gave or
    confirmed one that a clause names.
    """
    chosen, model = office.policy(policy), office.models.of(policy)
    came = list(arrivals(policy, office, (now or datetime.now(UTC)) - RECENT))
    unknown = [mail for mail in came if _without_topic(mail, chosen)][-MOST_MAILS:]
    if len(unknown) < LEAST_MAILS:
        return []
    vectors = meanings(model.features, [(mail.subject, mail.body) for mail in unknown])
    left_out = {mail.ticket for mail in unknown}
    try:
        known = learned(policy, office)
    except SnapshotError:
        known = []
    known += [mail.read for mail in came if mail.ticket not in left_out]
    by_id = {mail.read.id: mail for mail in unknown}
    found = []
    for group in groups([mail.read for mail in unknown], known, vectors):
        tickets = [by_id[mail] for mail in group.mails]
        found.append(
            Cluster(
                number=min(mail.ticket for mail in tickets),
                policy=policy,
                mails=tuple((mail.ticket, mail.subject) for mail in tickets),
                words=group.words,
                language=group.language,
                name=group.name,
                title=group.title,
                since=min(mail.received_at for mail in tickets),
            )
        )
    return found


def cluster_of(number: int, office: Office, policies: Sequence[str]) -> Cluster:
    """The cluster whose oldest ticket has that number; raises :class:`NoSuchCluster`."""
    for policy in policies:
        for cluster in clusters(policy, office):
            if cluster.number == number:
                return cluster
    raise NoSuchCluster(f"There is no cluster {number} now: see `mailtriage drift clusters`.")


def _without_topic(mail: Arrival, policy: Policy) -> bool:
    if mail.said is None:
        return mail.unknown
    topic = policy.topics.get(mail.said)
    return topic is None or not topic.clauses
