"""Conversations by their headers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from intake.conversation import conversations, related_ids
from intake.message import Message, parse


def message(
    id_: str | None, references: str = "", in_reply_to: str = "", subject: str = "x", minute: int = 0
) -> Message:
    lines = [f"Subject: {subject}", f"Date: Mon, 2 Feb 2026 10:{minute:02}:00 +0000"]
    lines += [f"Message-ID: <{id_}>"] if id_ else []
    lines += [f"References: {references}"] if references else []
    lines += [f"In-Reply-To: {in_reply_to}"] if in_reply_to else []
    return parse("\n".join([*lines, "", "body"]).encode())


def trees(*messages: Message) -> list[list[Any]]:
    return [conversation.tree for conversation in conversations(messages)]


def test_answers_join_what_they_answer() -> None:
    assert trees(message("a"), message("b", "<a>"), message("c", "<a> <b>"), message("d", minute=5)) == [[1, 2, 3], [4]]


def test_of_a_reference_that_is_repeated_the_last_is_the_parent() -> None:
    assert trees(message("a"), message("b", "<a>"), message("c", "<b> <a> <b>")) == [[1, 2, 3]]
    assert trees(message("a"), message("b", "<a>"), message("c", "<a> <b> <a>")) == [[1, [2], [3]]]


def test_two_answers_to_one_mail_branch() -> None:
    assert trees(message("a"), message("b", "<a>"), message("c", "<a> <b>"), message("d", "<a>")) == [[1, [2, 3], [4]]]


def test_answers_to_a_mail_that_is_missing_belong_together() -> None:
    found = conversations([message("b", "<a>"), message("c", "<a>")])
    assert [(each.root, each.tree) for each in found] == [("a", [[1], [2]])]


def test_in_reply_to_counts_where_references_are_missing() -> None:
    assert trees(message("a"), message("b", in_reply_to="<a>")) == [[1, 2]]


def test_the_subject_alone_never_joins() -> None:
    assert trees(message("a", subject="Login"), message("b", subject="Re: Login", minute=1)) == [[1], [2]]


def test_the_order_of_arrival_does_not_matter() -> None:
    assert trees(message("c", "<a> <b>"), message("b", "<a>"), message("a")) == [[3, 2, 1]]


def test_conversations_come_by_date_or_by_delivery_where_a_mail_has_none() -> None:
    dated, undated = message("a", minute=5), parse(b"Message-ID: <b>\n\nbody")
    for minute, order in ((9, [[1], [2]]), (1, [[2], [1]])):
        delivered = [None, datetime(2026, 2, 2, 10, minute, tzinfo=UTC)]
        assert [each.tree for each in conversations([dated, undated], delivered_at=delivered)] == order


def test_a_reused_message_id_makes_no_conversation() -> None:
    found = conversations([message("a"), message("a", minute=1)], ["box#0", "box#1"])
    assert [(each.root, each.tree) for each in found] == [("a", [1]), ("box#1", [2])]


def test_reference_loops_are_broken() -> None:
    """The case of Dovecot's own tests: what a mail says of its own parent outweighs what others say."""
    assert trees(message("a", minute=30), message("b", "<a> <c>", minute=10), message("c", "<b>", minute=20)) == [
        [3, 2],
        [1],
    ]
    assert trees(message("a", "<a>")) == [[1]]
    assert trees(message("a", "<b>"), message("b", "<a>")) in ([[2, 1]], [[1, 2]])


def test_mails_without_message_id_take_part_under_the_name_given() -> None:
    [found] = conversations([message("a"), message(None, "<a>")], ["x.mbox#0", "x.mbox#1"])
    assert found.to_json() == {"root": "a", "members": ["a", "x.mbox#1"], "tree": [1, 2]}


def test_a_very_long_chain_is_no_trouble() -> None:
    chain = [message("0"), *(message(str(n), f"<{n - 1}>") for n in range(1, 1500))]
    assert trees(*chain) == [list(range(1, 1501))]


@pytest.mark.parametrize(
    ("references", "in_reply_to", "expected"),
    [
        ("<a> <b> <c>", "<c>", ("c", "b", "a")),
        ("", "<c>", ("c",)),
        ("<a>", "<z>", ("a", "z")),
        ("", "", ()),
    ],
)
def test_the_related_ids_come_nearest_first(references: str, in_reply_to: str, expected: tuple[str, ...]) -> None:
    assert related_ids(message("m", references, in_reply_to)) == expected
