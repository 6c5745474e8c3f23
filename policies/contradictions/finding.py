"""Something in a policy that cannot be meant so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from policies.contradictions.witness import Witness

Kind = Literal["conflict", "dead", "unreachable", "not_decided"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A conflict of two rules, something that can never apply, or a clause that nothing can cite.

    ``path`` is the key path of what it is about (``rules[3]``), ``other`` that of the rule it conflicts with and
    ``line`` the line in the file. ``says`` is the sentence for people. ``witness`` is a mail that shows it: of a
    conflict one for which both rules apply, of something dead one that should have come to it. ``not_decided`` is what
    the search gave up on, so that nothing is passed over in silence.
    """

    kind: Kind
    path: str
    name: str
    says: str
    witness: Witness | None = None
    other: str | None = None
    label: str | None = None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {
            "kind": self.kind,
            "path": self.path,
            "name": self.name,
            "other": self.other,
            "label": self.label,
            "line": self.line,
            "says": self.says,
            "witness": self.witness.to_json() if self.witness else None,
        }
