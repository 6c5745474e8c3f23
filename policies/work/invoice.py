"""What work costs by the price list: started units, amounts, sums. Money is decimal; an unknown price stays open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

from policies.promises import PriceList

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Work:
    """Time that was worked on a ticket."""

    ticket: int
    day: date
    minutes: int
    kind: str
    activity: str
    agent: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What is invoiced together: one work entry, or all of a kind on a ticket where the file rounds by request.

    ``units`` are started units. ``amount`` is None where it is open: the price of the kind is not known, or ``apart``
    says why the work is not priced by its time. ``free`` says why nothing is charged (then ``amount`` is 0).
    """

    ticket: int
    kind: str
    day: date
    activity: str
    agent: str
    note: str
    minutes: int
    units: int
    amount: Decimal | None
    free: str | None = None
    apart: str | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """How the work on a ticket is charged: by its time, unless it is ``free`` or priced ``apart``, which say why."""

    free: str | None = None
    apart: str | None = None


@dataclass(frozen=True, slots=True)
class Sum:
    """Minutes, units and money of some lines; ``amount`` is None while one of them is open."""

    minutes: int
    units: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """Lines with their sums by ticket and by kind; ``missing`` are the kinds of work whose price nobody has named."""

    currency: str | None
    unit_minutes: int
    lines: tuple[Line, ...]
    by_ticket: Mapping[int, Sum]
    by_kind: Mapping[str, Sum]
    total: Sum
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The invoice as a JSON object; money as text with two decimals, null where it is open."""
        return {
            "currency": self.currency,
            "unit_minutes": self.unit_minutes,
            "lines": [
                {
                    "ticket": line.ticket,
                    "day": line.day.isoformat(),
                    "kind": line.kind,
                    "activity": line.activity,
                    "by": line.agent,
                    "note": line.note,
                    "minutes": line.minutes,
                    "units": line.units,
                    "amount": money(line.amount),
                    "free": line.free,
                    "priced_apart": line.apart,
                }
                for line in self.lines
            ],
            "by_ticket": {str(ticket): _sum_json(total) for ticket, total in self.by_ticket.items()},
            "by_kind": {kind: _sum_json(total) for kind, total in self.by_kind.items()},
            "total": _sum_json(self.total),
            "missing_prices": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class Cost:
    """What some work would cost; ``amount`` is None while a price is ``missing``."""

    units: int
    amount: Decimal | None
    currency: str | None
    missing: tuple[str, ...]


def units_of(minutes: int, prices: PriceList) -> int:
    """The units started in so many minutes."""
    return -(-minutes // prices.unit_minutes)


def price_of(kind: str, units: int, prices: PriceList) -> Decimal | None:
    """What so many units of a kind of work cost; None where the list has no price for it."""
    price = prices.per_unit.get(kind)
    return None if price is None else units * Decimal(price)


def cost(minutes_by_kind: Mapping[str, int], prices: PriceList) -> Cost:
    """What an estimate of minutes for each kind of work comes to."""
    units = {kind: units_of(minutes, prices) for kind, minutes in minutes_by_kind.items()}
    amounts = {kind: price_of(kind, count, prices) for kind, count in units.items()}
    missing = tuple(kind for kind, amount in amounts.items() if amount is None)
    return Cost(sum(units.values()), _added(list(amounts.values())), prices.currency, missing)


def invoice(
    work: Sequence[Work],
    prices: PriceList,
    charged: Callable[[int], Charged],
    earlier: Mapping[tuple[int, str], int] = MappingProxyType({}),
) -> Invoice:
    """What is charged for ``work``; ``charged`` says how for a ticket.

    ``earlier`` are the minutes of a ticket and kind that are on earlier invoices. Where the file rounds by request, the
    units started in them count there: all invoices of a request together have the units of one.
    """
    ordered = sorted(work, key=lambda done: (done.ticket, done.day))
    by_request = prices.rounded_per == "request"
    together = _by_request(ordered) if by_request else ordered
    lines = tuple(
        _line(done, prices, charged(done.ticket), earlier.get((done.ticket, done.kind), 0) if by_request else 0)
        for done in together
    )
    return Invoice(
        currency=prices.currency,
        unit_minutes=prices.unit_minutes,
        lines=lines,
        by_ticket={ticket: _sum(found) for ticket, found in _grouped(lines, lambda line: line.ticket).items()},
        by_kind={kind: _sum(found) for kind, found in sorted(_grouped(lines, lambda line: line.kind).items())},
        total=_sum(lines),
        missing=tuple(dict.fromkeys(line.kind for line in lines if line.amount is None and line.apart is None)),
    )


def money(amount: Decimal | None) -> str | None:
    """An amount as text with two decimals; None where it is open."""
    return None if amount is None else f"{amount:.2f}"


def _line(done: Work, prices: PriceList, charged: Charged, earlier: int) -> Line:
    units = units_of(earlier + done.minutes, prices) - units_of(earlier, prices)
    amount = None if charged.apart is not None else price_of(done.kind, units, prices)
    return Line(
        ticket=done.ticket,
        kind=done.kind,
        day=done.day,
        activity=done.activity,
        agent=done.agent,
        note=done.note,
        minutes=done.minutes,
        units=units,
        amount=Decimal(0) if charged.free is not None else amount,
        free=charged.free,
        apart=charged.apart,
    )


def _by_request(work: Sequence[Work]) -> list[Work]:
    """Work of one kind on one ticket taken together, under its last day."""
    return [
        Work(
            ticket=ticket,
            day=max(each.day for each in done),
            minutes=sum(each.minutes for each in done),
            kind=kind,
            activity=", ".join(dict.fromkeys(each.activity for each in done)),
            agent=", ".join(dict.fromkeys(each.agent for each in done)),
            note="; ".join(dict.fromkeys(each.note for each in done if each.note)),
        )
        for (ticket, kind), done in _grouped(work, lambda each: (each.ticket, each.kind)).items()
    ]


def _grouped(values: Sequence[Value], key: Callable[[Value], Key]) -> dict[Key, list[Value]]:
    found: defaultdict[Key, list[Value]] = defaultdict(list)
    for value in values:
        found[key(value)].append(value)
    return dict(found)


def _sum(lines: Sequence[Line]) -> Sum:
    return Sum(
        sum(line.minutes for line in lines),
        sum(line.units for line in lines),
        _added([line.amount for line in lines]),
    )


def _added(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _sum_json(total: Sum) -> dict[str, Any]:
    return {"minutes": total.minutes, "units": total.units, "amount": money(total.amount)}
