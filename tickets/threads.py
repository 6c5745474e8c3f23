"""Which conversation a mail of a batch goes on with, seen over the store and the earlier mails of the batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from intake.conversation import related_ids
from intake.message import Message
from tickets.conversations import Carrier
from tickets.customers import Found
from tickets.message_rows import participants_of
from tickets.store import Store

MAX_RELATED = 100
"""Of a mail's references the nearest so many are looked up; a hostile mail may name thousands."""


@dataclass(frozen=True, slots=True)
class Threads:
    """Who carries which msg-id and who takes part where; :meth:`add` notes a mail once it has its place."""

    carriers: defaultdict[str, list[Carrier]]
    members: defaultdict[str, set[str]]
    belongs: Mapping[str, Found]

    @classmethod
    def over(cls, store: Store, policy: str, messages: Sequence[Message]) -> Threads:
        """What the store knows of the mails that a batch refers to, in a handful of questions."""
        asked = {message_id for message in messages for message_id in _answered(message)}
        carriers = defaultdict(list, store.conversations_of(asked, policy))
        homes = {carrier.conversation for found in carriers.values() for carrier in found}
        members = defaultdict(set, {key: set(value) for key, value in store.participants_of(homes).items()})
        everyone = {address for addresses in members.values() for address in addresses}
        everyone.update(address for message in messages for address in participants_of(message))
        everyone.update(message.sender.key for message in messages if message.sender)
        return cls(carriers, members, store.find_customers(policy, everyone))

    def customer_of(self, message: Message) -> Found:
        """The customer and contact that the sender's address belongs to."""
        return self.belongs[message.sender.key] if message.sender else (None, None)

    def home(self, message: Message) -> Carrier | None:
        """The conversation that ``message`` goes on with: the nearest it answers in which its sender has a part."""
        if message.sender is None:
            return None
        carried = (carrier for answered in _answered(message) for carrier in reversed(self.carriers.get(answered, [])))
        return next((carrier for carrier in carried if self._has_part(message.sender.key, carrier.conversation)), None)

    def _has_part(self, address: str, conversation: str) -> bool:
        """Whether the address takes part, or is at the same customer as somebody who does."""
        members = self.members[conversation]
        if address in members:
            return True
        customer = self.belongs[address][0]
        return customer is not None and customer.id in self._customers(members)

    def _customers(self, addresses: Iterable[str]) -> set[int]:
        found = (self.belongs[address][0] for address in addresses)
        return {customer.id for customer in found if customer is not None}

    def add(self, message: Message, conversation: str, ticket: int | None) -> None:
        """Notes that ``message`` is part of a conversation."""
        self.members[conversation] |= participants_of(message)
        if message.message_id:
            self.carriers[message.message_id].append(Carrier(conversation, ticket, message.identity))


def _answered(message: Message) -> tuple[str, ...]:
    """The msg-ids that ``message`` answers, the nearest first; its own is no answer."""
    return tuple(each for each in related_ids(message) if each != message.message_id)[:MAX_RELATED]
