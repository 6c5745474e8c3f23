"""Who is told of which events: matched when an event is written, so that nothing told depends on what runs later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Channel = Literal["mail", "webhook"]

TICKET_EVENTS = (
    "deadline_near",
    "deadline_missed",
    "ticket_opened",
    "reply_joined",
    "followed_up",
    "corrected",
    "state_changed",
)
"""Events of a ticket that may be told, all of them or those of some severities."""

OTHER_EVENTS = ("policy_adopted", "message_quarantined", "autonomy_held", "autonomy_lifted")
"""Events without a ticket that may be told."""

# Neither of the two lists has the event of a notification that was given up: telling it could fail, and go on so.


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind of event, and of which severities its ticket has to be; empty for any."""

    kind: str
    severities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One target of a channel (an address, or a webhook's name) and what it wants to know; no ``policies`` are all."""

    channel: Channel
    target: str
    wishes: tuple[Wish, ...]
    policies: frozenset[str] = frozenset()

    def wants(self, kind: str, policy: str | None, severity: str | None) -> bool:
        """Whether an event of that kind, policy and severity is to be told here; None where it has none."""
        if self.policies and policy not in self.policies:
            return False
        return any(w.kind == kind and (not w.severities or severity in w.severities) for w in self.wishes)


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Every subscription, and the kinds of event that any of them names."""

    each: tuple[Subscription, ...]
    kinds: frozenset[str]

    @classmethod
    def of(cls, each: Collection[Subscription]) -> Subscriptions:
        return cls(tuple(each), frozenset(wish.kind for one in each for wish in one.wishes))

    @property
    def known(self) -> frozenset[tuple[Channel, str]]:
        """Every target that is told anything."""
        return frozenset((one.channel, one.target) for one in self.each)

    def targets(self, event: Mapping[str, Any], ticket: tuple[str, str] | None) -> list[tuple[Channel, str]]:
        """The targets of an event's row, each once; ``ticket`` is the policy and the severity of its ticket."""
        policy, severity = ticket or (event["details"].get("policy"), None)
        wanting = ((one.channel, one.target) for one in self.each if one.wants(event["kind"], policy, severity))
        return list(dict.fromkeys(wanting))


NOBODY = Subscriptions((), frozenset())
"""Whom a store tells that records the past."""
