"""The severity definitions: a table over the impact facts, read from the top, the first row that fits decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, field_validator

from policies.labels import Severity
from policies.part import Part
from policies.when import SeverityWord, Words, check_impact


class SeverityRow(Part):
    """One definition: ``level`` when every impact fact named in ``when`` has one of its values; no ``when`` fits all.

    ``clause`` is the clause of the agreement that the row spells out, if there is one.
    """

    level: SeverityWord
    row: str
    when: Annotated[dict[str, Words], Field(min_length=1)] | None = None
    clause: str | None = None

    @field_validator("when")
    @classmethod
    def _impact_words(cls, value: dict[str, tuple[str, ...]] | None) -> dict[str, tuple[str, ...]] | None:
        return check_impact(value) if value is not None else None

    def fits(self, impact: Mapping[str, str]) -> bool:
        """Whether the row's definition holds; an impact fact that was not read counts as ``unknown``."""
        return all(impact.get(key, "unknown") in values for key, values in (self.when or {}).items())


def decide_severity(rows: Sequence[SeverityRow], impact: Mapping[str, Any], policy: str) -> tuple[Severity, str]:
    """The level of the first row that fits, and the row's words with its clause."""
    row = next(row for row in rows if row.fits(impact))
    return row.level, f"{row.row} ({policy}/{row.clause})" if row.clause else row.row
