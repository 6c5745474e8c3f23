"""Response targets, charges and notices, as a policy file writes them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from policies.labels import Severity
from policies.part import Part, not_allowed
from policies.when import TermsWhen, When

_WITHIN = re.compile(r"(?P<number>[1-9]\d{0,3}) (?P<unit>minute|hour|business day)s?")

Citations = Annotated[tuple[str, ...], Field(strict=False)]


class Within(Part):
    """A promised time: support time, or business days, or neither when the agreement names none."""

    hours: timedelta | None = None
    business_days: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, data: Any) -> Any:
        if data == "none":
            return {}
        match = _WITHIN.fullmatch(data) if isinstance(data, str) else None
        if match is None:
            raise ValueError(f"{data!r} is not a time; allowed: '30 minutes', '2 hours', '1 business day', 'none'")
        number = int(match["number"])
        match match["unit"]:
            case "minute":
                return {"hours": timedelta(minutes=number)}
            case "hour":
                return {"hours": timedelta(hours=number)}
            case _:
                return {"business_days": number}

    @property
    def words(self) -> str:
        """The promise for people: "2 support hours", "1 business day"."""
        if self.business_days is not None:
            return f"{self.business_days} business day{'s' if self.business_days > 1 else ''}"
        minutes = int((self.hours or timedelta(0)).total_seconds()) // 60
        number, unit = (minutes // 60, "support hour") if minutes % 60 == 0 else (minutes, "support minute")
        return f"{number} {unit}{'s' if number > 1 else ''}"


class Promise(Part):
    """A line of the table of response targets: for which requests, in which calendar, how soon for each severity.

    ``no_time`` is what people are told where the agreement promises an answer but names no time.
    """

    id: str
    title: str
    calendar: str
    clauses: Citations
    within: dict[str, Within]
    when: TermsWhen | None = None
    no_time: Annotated[str, Field(min_length=10)] | None = None

    @field_validator("within")
    @classmethod
    def _every_severity(cls, value: dict[str, Within]) -> dict[str, Within]:
        levels = [str(level) for level in Severity]
        for key in value:
            if key not in levels:
                raise ValueError(not_allowed(key, "a severity", levels))
        missing = [level for level in levels if level not in value]
        if missing:
            raise ValueError(f"{', '.join(missing)} is missing; write 'none' where the agreement names no time")
        return value


class Charge(Part):
    """What a request costs: an amount, a rate for each started unit of time, or a price still to be quoted.

    ``status`` says whether it is due (``fixed``) or waits for a person's word (``proposed``).
    """

    id: str
    reason: str
    kind: Literal["amount", "by_time", "quote"]
    clauses: Citations
    status: Literal["fixed", "proposed"] = "fixed"
    when: TermsWhen
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    amount: Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{2})?$")] | None = None

    @model_validator(mode="after")
    def _amount_named(self) -> Charge:
        if self.kind == "amount" and (self.currency is None or self.amount is None):
            raise ValueError("a charge of kind 'amount' needs currency and amount")
        if self.kind != "amount" and (self.currency is not None or self.amount is not None):
            raise ValueError("currency and amount belong to a charge of kind 'amount'")
        return self


class PriceList(Part):
    """Prices of work charged by time, and how a work entry is rounded.

    ``per_unit`` maps a kind of work to the price of one unit in ``currency``; empty while the vendor has named none.
    """

    unit_minutes: Annotated[int, Field(ge=1, le=480)]
    rounding: Literal["started_units"]
    rounded_per: Literal["work_entry", "request"]
    counts: Citations
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    per_unit: dict[str, Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{2})?$")]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _currency_named(self) -> PriceList:
        if self.per_unit and self.currency is None:
            raise ValueError("prices need a currency, such as 'EUR'")
        return self

    def sentence(self) -> str:
        """How work is charged, with the prices when there are any."""
        per = "work entry" if self.rounded_per == "work_entry" else "request"
        text = f"in started units of {self.unit_minutes} minutes for each {per}"
        if self.per_unit:
            prices = ", ".join(f"{kind} {self.currency} {Decimal(price)}" for kind, price in self.per_unit.items())
            text = f"{text} ({prices} a unit)"
        else:
            text = f"{text}, at the current price list"
        return f"{text}; the time counts {', '.join(self.counts)}" if self.counts else text


class Notice(Part):
    """Something the agreement says about some requests that is neither scope, charge nor target, told to people."""

    id: str
    text: str
    clauses: Citations
    when: When
