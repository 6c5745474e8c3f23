"""Which mails are held back together, and which are judged by time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from classifier.example import Example
from classifier.families import group_families
from classifier.holding_back import by_time, customer_of, fixed_folds, later_mails

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def mail(number: int, *, sender: str = "", group: str | None = None, body: str = "", account: str = "") -> Example:
    return Example(
        id=f"m{number}",
        subject="s",
        body=body or f"text {number}",
        sender=sender or None,
        group=group,
        account=account or None,
        received=DAY + timedelta(days=number),
        origin="agent",
    )


def test_a_customer_is_the_account_or_the_domain_or_the_address_where_anybody_has_one() -> None:
    assert customer_of(mail(1, sender="Ann@Acme.example", account="customer 3")) == "account customer 3"
    assert customer_of(mail(1, sender="Ann@Acme.example")) == customer_of(mail(2, sender="bob@acme.example"))
    assert customer_of(mail(1, sender="ann@gmail.com")) != customer_of(mail(2, sender="bob@gmail.com"))
    assert customer_of(mail(1)) is None


def test_neither_a_customer_nor_a_conversation_nor_a_text_stands_on_both_sides() -> None:
    mails = [
        mail(n, sender=f"a@c{n % 17}.example" if n % 3 else "", group=f"g{n // 4}", body=f"same {n % 23}")
        for n in range(120)
    ]
    of = group_families(mails)
    families = [of[one.digest] for one in mails]
    for inside, outside in fixed_folds(mails, families, 3):
        customers = [customer_of(one) or f"none {one.id}" for one in mails]
        for names in (customers, families):
            assert not {names[row] for row in inside.tolist()} & {names[row] for row in outside.tolist()}


def test_each_mail_is_held_back_once_and_in_the_same_fold_among_others() -> None:
    mails = [mail(n, sender=f"a@c{n}.example") for n in range(60)]
    few, many = (fixed_folds(part, [one.id for one in part], 3) for part in (mails[:30], mails))
    assert sorted(row for _, outside in many for row in outside.tolist()) == list(range(60))
    for (_, before), (_, now) in zip(few, many, strict=True):
        assert before.tolist() == [row for row in now.tolist() if row < 30]


def test_of_what_agents_labelled_since_the_later_half_of_the_conversations_is_judged() -> None:
    mails = [mail(n, group=f"g{n // 2}") for n in range(40)]
    known = frozenset({"m0", "m3"})
    later = later_mails(mails, group_families(mails), known)
    # Conversations g0 and g1 are known in part, so of the 18 others the last 9 are judged.
    assert later == {f"m{n}" for n in range(22, 40)}
    split = by_time(mails, later)
    assert split is not None
    past, judged = split
    assert max(mails[row].received for row in past.tolist()) < min(mails[row].received for row in judged.tolist())


def test_few_later_mails_judge_nothing() -> None:
    mails = [mail(n) for n in range(15)]
    assert later_mails(mails, group_families(mails), frozenset()) == frozenset()
    assert by_time(mails, frozenset()) is None
