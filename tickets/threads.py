"""Which conversation a mail of a batch goes on with, seen over the store and the earlier mails of the batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from intake.conversation import related_ids
from intake.message import Message
from intake.ticket_reference import TicketReferences
from tickets.conversations import Home, Waiting
from tickets.customer.customers import NOBODY, Found
from tickets.lookups import Lookups
from tickets.message_rows import participants_of

MAX_RELATED = 100
"""Of a mail's references the nearest so many are looked up; a hostile mail may name thousands."""
MAX_AWAITED = 10
"""Of those that nobody carries so many are kept: the nearest, and the farthest, which clients that shorten keep."""
MAX_HOMES = 50
"""Of the conversations that share a msg-id, as those of a program that reuses one do, the newest so many are tried."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Threads:
    """Who carries which msg-id, who waits for it and who takes part where; :meth:`add` notes a mail that has its place.

    ``carriers`` and ``waiting`` are by msg-id, ``indexed`` by the GUID of Thread-Index. By a mail's digest are
    ``answered``, the msg-ids that it answers, ``parties``, who wrote and received it, and ``named``, the conversations
    of the tickets that it names with a true signature. ``members`` has of a conversation those who matter for this
    batch; ``own`` are our own addresses; ``days``, by a mail's digest, are those the mails came on.
    """

    answered: Mapping[str, Sequence[str]]
    parties: Mapping[str, Collection[str]]
    carriers: defaultdict[str, list[Home]]
    waiting: defaultdict[str, list[Waiting]]
    indexed: defaultdict[str, list[Home]]
    named: Mapping[str, Sequence[Home]]
    members: defaultdict[str, set[str]]
    belongs: dict[str, Found]
    own: frozenset[str]
    days: Mapping[str, date]

    @classmethod
    def over(
        cls,
        lookups: Lookups,
        messages: Sequence[Message],
        own_addresses: Collection[str] = (),
        references: TicketReferences | None = None,
        days: Sequence[date] = (),
    ) -> Threads:
        """What the store knows of the mails that a batch refers to, in a handful of questions."""
        came_on = {message.digest: day for message, day in zip(messages, days, strict=False)}
        answered = {message.digest: _answered(message) for message in messages}
        parties = {message.digest: participants_of(message) for message in messages}
        asked = {each for ids in answered.values() for each in ids}
        asked.update(message.message_id for message in messages if message.message_id)
        carriers = _newest(lookups.carriers(asked))
        waiting = _newest(lookups.waiting(asked))
        guids = {message.thread_index for message in messages if message.thread_index}
        indexed = _newest(lookups.of_thread_indexes(guids) if guids else {})
        named = _named(lookups, messages, references) if references else {}
        homes = {home for ids in answered.values() for each in ids for home in carriers.get(each, ())}
        homes.update(home for found in (*indexed.values(), *named.values()) for home in found)
        homes.update(each.home for found in waiting.values() for each in found)
        senders = {message.sender.key for message in messages if message.sender}
        taking_part = lookups.participants({home.conversation for home in homes}, senders)
        members = defaultdict(set, {key: set(value) for key, value in taking_part.items()})
        everyone = senders.union(*parties.values(), (each.sender for found in waiting.values() for each in found))
        belongs = lookups.customers(everyone)
        own = frozenset(address.strip().lower() for address in own_addresses)
        threads = cls(answered, parties, carriers, waiting, indexed, named, members, belongs, own, came_on)
        threads._meet_colleagues(lookups, messages)
        return threads

    def _meet_colleagues(self, lookups: Lookups, messages: Sequence[Message]) -> None:
        """Learns who else takes part where a sender of a known customer does not, but a colleague of his may."""
        strange = {
            home.conversation
            for message in messages
            if message.sender and self._customer(message.sender.key) is not None
            for home in self._likely(message)
            if message.sender.key not in self.members[home.conversation]
        }
        if strange:
            for conversation, addresses in lookups.participants(strange).items():
                self.members[conversation] |= addresses
            unknown = set().union(*(self.members[each] for each in strange)) - self.belongs.keys()
            self.belongs.update(lookups.customers(unknown))

    def customer_of(self, message: Message) -> Found:
        """The customer and contact that the sender's address belonged to on the mail's day."""
        if message.sender is None:
            return NOBODY
        return self.belongs[message.sender.key].on(self.days.get(message.digest, date.min))

    def home(self, message: Message) -> Home | None:
        """The conversation that ``message`` goes on with: the likeliest one in which its sender has a part."""
        sender = message.sender
        if sender is None:
            return None
        has_part = self._takes_part if self.customer_of(message).kind == "left" else self._has_part
        likeliest = (home for home in self._likely(message) if has_part(sender.key, self.members[home.conversation]))
        return next(likeliest, None)

    def _likely(self, message: Message) -> Iterator[Home]:
        """The conversations that ``message`` may go on with by what its header says, the likeliest first."""
        answered = self.answered[message.digest]
        for each in answered:
            yield from reversed(self.carriers.get(each, ()))
        yield from self._that_answer(message)
        yield from self.named.get(message.digest, ())
        for each in answered:
            if each not in self.carriers:
                yield from (other.home for other in reversed(self.waiting.get(each, ())))
        if message.thread_index and not any(each in self.carriers for each in answered):
            yield from reversed(self.indexed.get(message.thread_index, ()))

    def _that_answer(self, message: Message) -> Iterator[Home]:
        """The conversations of answers that came before ``message``, if they would have joined it."""
        if message.message_id and message.message_id not in self.carriers:
            there = self.parties[message.digest]
            for answer in reversed(self.waiting.get(message.message_id, ())):
                if self._has_part(answer.sender, there):
                    yield answer.home

    def awaits(self, message: Message) -> tuple[str, ...]:
        """The msg-ids that ``message`` answers and that nobody carries."""
        unknown = tuple(each for each in self.answered[message.digest] if each not in self.carriers)
        return unknown if len(unknown) <= MAX_AWAITED else (*unknown[: MAX_AWAITED - 1], unknown[-1])

    def _has_part(self, address: str, members: Collection[str]) -> bool:
        """Whether the address is among ``members``, is at the same customer as one of them, or is our own."""
        if self._takes_part(address, members):
            return True
        customer = self._customer(address)
        return customer is not None and any(self._customer(member) == customer for member in members)

    def _takes_part(self, address: str, members: Collection[str]) -> bool:
        """Whether the address is among ``members``, or is our own."""
        return address in members or address in self.own

    def _customer(self, address: str) -> int | None:
        customer = self.belongs.get(address, NOBODY).customer
        return None if customer is None else customer.id

    def add(self, message: Message, home: Home) -> None:
        """Notes that ``message`` is part of a conversation."""
        self.members[home.conversation].update(self.parties[message.digest])
        if message.sender is not None:
            for each in self.awaits(message):
                self.waiting[each].append(Waiting(home, message.sender.key))
        if message.message_id:
            self.carriers[message.message_id].append(home)
        if message.thread_index:
            self.indexed[message.thread_index].append(home)


def _answered(message: Message) -> tuple[str, ...]:
    """The msg-ids that ``message`` answers, the nearest first; its own is no answer."""
    return tuple(each for each in related_ids(message) if each != message.message_id)[:MAX_RELATED]


def _newest(found: Mapping[str, Sequence[T]]) -> defaultdict[str, list[T]]:
    return defaultdict(list, {key: list(values[-MAX_HOMES:]) for key, values in found.items()})


def _named(lookups: Lookups, messages: Sequence[Message], references: TicketReferences) -> dict[str, list[Home]]:
    """The conversations of the tickets that each mail names with a true signature, by the mail's digest."""
    numbers = {message.digest: references.tickets(message) for message in messages}
    asked = {number for named in numbers.values() for number in named}
    homes = lookups.of_tickets(asked) if asked else {}
    return {
        digest: [homes[number] for number in named if number in homes] for digest, named in numbers.items() if named
    }
