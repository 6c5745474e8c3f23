"""Started units, prices, sums: money is exact, and what nobody has priced stays open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from policies.promises import PriceList
from policies.work.invoice import Charged, Work, cost, invoice, units_of

DAY = date(2026, 5, 6)


def prices(rounded_per: str = "work_entry", **per_unit: str) -> PriceList:
    return PriceList.model_validate(
        {
            "unit_minutes": 15,
            "rounding": "started_units",
            "rounded_per": rounded_per,
            "counts": ["work"],
            "currency": "EUR" if per_unit else None,
            "per_unit": per_unit,
        }
    )


def worked(minutes: int, *, ticket: int = 1, kind: str = "consultant") -> Work:
    return Work(ticket, DAY, minutes, kind, "work", "maria")


def charged(_: int) -> Charged:
    return Charged()


@pytest.mark.parametrize(("minutes", "units"), [(1, 1), (14, 1), (15, 1), (16, 2), (30, 2), (31, 3), (480, 32)])
def test_every_started_unit_counts(minutes: int, units: int) -> None:
    assert units_of(minutes, prices()) == units


def test_units_are_rounded_up_for_each_work_entry() -> None:
    found = invoice([worked(16), worked(16)], prices(consultant="25.10"), charged)
    assert found.total.units == 4
    assert found.total.amount == Decimal("100.40")


def test_units_are_rounded_up_for_the_request_when_the_file_says_so() -> None:
    found = invoice([worked(16), worked(16)], prices("request", consultant="25.10"), charged)
    assert [(line.minutes, line.units) for line in found.lines] == [(32, 3)]
    assert found.total.amount == Decimal("75.30")


def test_requests_are_rounded_apart_by_ticket_and_by_kind_of_work() -> None:
    work = [worked(5), worked(5, kind="developer"), worked(5, ticket=2), worked(5)]
    found = invoice(work, prices("request", consultant="20", developer="30"), charged)
    assert sorted((line.ticket, line.kind, line.minutes, line.units) for line in found.lines) == [
        (1, "consultant", 10, 1),
        (1, "developer", 5, 1),
        (2, "consultant", 5, 1),
    ]


def test_sums_are_given_by_ticket_and_by_kind() -> None:
    work = [worked(15), worked(30, kind="developer"), worked(15, ticket=2)]
    found = invoice(work, prices(consultant="0.10", developer="0.20"), charged)
    assert {number: total.amount for number, total in found.by_ticket.items()} == {
        1: Decimal("0.50"),
        2: Decimal("0.10"),
    }
    assert {kind: total.amount for kind, total in found.by_kind.items()} == {
        "consultant": Decimal("0.20"),
        "developer": Decimal("0.40"),
    }


def test_a_missing_price_is_named_and_leaves_the_sums_open() -> None:
    found = invoice([worked(15), worked(15, kind="designer")], prices(consultant="25.00"), charged)
    assert found.missing == ("designer",)
    assert found.total.amount is None
    assert found.by_kind["consultant"].amount == Decimal("25.00")
    assert found.to_json()["total"]["amount"] is None


def test_what_is_free_costs_nothing_and_says_why_with_or_without_a_price() -> None:
    found = invoice(
        [worked(15), worked(15, ticket=2)], prices(), {1: Charged(free="a free task"), 2: Charged()}.__getitem__
    )
    assert [(line.ticket, line.amount, line.free) for line in found.lines] == [
        (1, Decimal(0), "a free task"),
        (2, None, None),
    ]
    assert found.missing == ("consultant",)


def test_what_is_priced_apart_is_open_and_says_why_but_misses_no_price() -> None:
    found = invoice(
        [worked(15), worked(15, ticket=2)],
        prices(consultant="25"),
        lambda n: Charged(apart="a quote" if n == 2 else None),
    )
    assert [(line.amount, line.apart) for line in found.lines] == [(Decimal(25), None), (None, "a quote")]
    assert (found.total.amount, found.missing) == (None, ())
    assert found.to_json()["lines"][1]["priced_apart"] == "a quote"


def test_units_of_a_request_that_were_started_on_an_earlier_invoice_are_not_counted_again() -> None:
    by_request, earlier = prices("request", consultant="10"), {(1, "consultant"): 20}
    assert invoice([worked(5)], by_request, charged, earlier).total.units == 0
    assert invoice([worked(15)], by_request, charged, earlier).total.units == 1
    assert invoice([worked(5, ticket=2)], by_request, charged, earlier).total.units == 1
    assert invoice([worked(5)], prices(consultant="10"), charged, earlier).total.units == 1


def test_nothing_worked_costs_nothing() -> None:
    found = invoice([], prices(), charged)
    assert (found.lines, found.total.minutes, found.total.amount) == ((), 0, Decimal(0))


def test_an_estimate_adds_the_units_of_each_kind_of_work() -> None:
    found = cost({"consultant": 70, "developer": 15}, prices(consultant="25.00", developer="30.00"))
    assert (found.units, found.amount, found.missing) == (6, Decimal("155.00"), ())
    assert cost({"consultant": 70}, prices()).amount is None
