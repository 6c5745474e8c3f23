"""Conversations by Message-ID, In-Reply-To and References; never by subject alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from intake.message import Message

LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Conversation:
    """Mails that answer each other.

    ``root`` is the msg-id that they all go back to, also when that mail is not among them; ``members`` are message-ids
    (or the names given, where a mail has none) in the order of ``positions``. ``tree`` is nested as in RFC 5256, 5:
    ``[3, 6, [4, 23], [44, 7]]`` says that 6 answers 3, and that 4 and 44 both answer 6; positions count from 1.
    """

    root: str
    members: tuple[str, ...]
    positions: tuple[int, ...]
    tree: list[Any]

    def to_json(self) -> dict[str, Any]:
        """The object that ``mailtriage threads --json`` prints."""
        return {"root": self.root, "members": list(self.members), "tree": self.tree}


@dataclass(slots=True, eq=False)
class _Node:
    """A msg-id that is referred to; ``position`` is None while no mail with it is known (RFC 5256: a dummy)."""

    id: str
    position: int | None = None
    parent: _Node | None = None


def related_ids(message: Message) -> tuple[str, ...]:
    """The msg-ids that ``message`` answers, the nearest first: References from the last, then In-Reply-To."""
    return tuple(dict.fromkeys((*reversed(message.references), *message.in_reply_to)))


def conversations(
    messages: Sequence[Message],
    names: Sequence[str] | None = None,
    delivered_at: Sequence[datetime | None] | None = None,
) -> list[Conversation]:
    """The conversations among ``messages``, the earliest first, by the references part of RFC 5256's REFERENCES.

    ``names`` stand in for missing message-ids, ``delivered_at`` for missing dates (RFC 5256, 2.2). Loops are broken, of
    two mails with one Message-ID the second stands for itself, and what a mail says of its own parent outweighs what
    others say.
    """
    nodes: dict[str, _Node] = {}
    own: list[_Node] = []
    for position, message in enumerate(messages, 1):
        name = names[position - 1] if names else f"#{position}"
        node = nodes.setdefault(message.message_id, _Node(message.message_id)) if message.message_id else _Node(name)
        if node.position is not None:
            node = _Node(name)
        node.position = position
        own.append(node)
        # RFC 5256, REFERENCES (1)(A): In-Reply-To counts only where there are no References.
        references = message.references or message.in_reply_to[:1]
        chain = [nodes.setdefault(each, _Node(each)) for each in references if each != message.message_id]
        for parent, child in pairwise(chain):
            if child.parent is None and not _descends(parent, child):
                child.parent = parent
        node.parent = None
        if chain and not _descends(chain[-1], node):
            node.parent = chain[-1]
    dates = [message.date for message in messages]
    if delivered_at:
        dates = [date or delivered for date, delivered in zip(dates, delivered_at, strict=True)]
    return _gathered(messages, own, dates)


def _descends(node: _Node, ancestor: _Node) -> bool:
    """Whether ``node`` is ``ancestor`` or goes back to it: a link from it would close a loop."""
    current: _Node | None = node
    while current is not None:
        if current is ancestor:
            return True
        current = current.parent
    return False


def _gathered(messages: Sequence[Message], own: list[_Node], dates: Sequence[datetime | None]) -> list[Conversation]:
    children: dict[_Node, list[_Node]] = {}
    roots: dict[_Node, None] = {}
    linked: set[_Node] = set()
    for node in own:
        current = node
        while current.parent is not None and current not in linked:
            linked.add(current)
            children.setdefault(current.parent, []).append(current)
            current = current.parent
        if current.parent is None:
            roots[current] = None

    found: list[tuple[tuple[datetime, int], Conversation]] = []
    for root in roots:
        positions = sorted(node.position for node in _walk(root, children) if node.position is not None)
        members = tuple(messages[each - 1].message_id or own[each - 1].id for each in positions)
        tree = _tree(root, children)
        known = [date for each in positions if (date := dates[each - 1]) is not None]
        key = (min(known, default=LATEST), positions[0])
        found.append((key, Conversation(root.id, members, tuple(positions), tree)))
    return [conversation for _, conversation in sorted(found, key=lambda pair: pair[0])]


def _walk(root: _Node, children: dict[_Node, list[_Node]]) -> Iterator[_Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack += children.get(node, ())


def _tree(root: _Node, children: dict[_Node, list[_Node]]) -> list[Any]:
    """The THREAD response of RFC 5256, 5, as lists: a chain stays flat, branches nest, dummies do not show."""
    tree: list[Any] = []
    stack: list[tuple[_Node, list[Any]]] = [(root, tree)]
    while stack:
        node, into = stack.pop()
        if node.position is not None:
            into.append(node.position)
        below = sorted(children.get(node, ()), key=lambda child: _first(child, children))
        if len(below) == 1:
            stack.append((below[0], into))
            continue
        branches: list[tuple[_Node, list[Any]]] = [(child, []) for child in below]
        into += [branch for _, branch in branches]
        stack += reversed(branches)
    return tree


def _first(node: _Node, children: dict[_Node, list[_Node]]) -> int:
    if node.position is not None:
        return node.position
    return min((each.position for each in _walk(node, children) if each.position is not None), default=0)
