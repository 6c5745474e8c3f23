"""What is known of one model version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from classifier.autonomy import Autonomy


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of one model version: when and from what it was made, how it did, and the digests of its files.

    ``recipe`` is how its heads were fitted (see :class:`classifier.recipe.Recipe`), empty in older cards. ``autonomy``
    says of each label when it is decided alone (:meth:`classifier.autonomy.Autonomy.to_json`), and ``refuses_novel``
    whether mail unlike anything learned from goes to a person. ``data_digest`` is that of the snapshot it was made
    from. ``promoted`` is what the gate said, None in older cards, and ``checks`` what it asked
    (:class:`classifier.gate.Check` as JSON).
    """

    version: str
    policy: str
    profile: str
    created_at: datetime
    program: str
    policy_version: str
    examples: int
    agent_labelled: int
    data_digest: str
    metrics: Mapping[str, Any]
    files: Mapping[str, str]
    note: str = ""
    recipe: Mapping[str, float] = field(default_factory=dict)
    autonomy: Mapping[str, Any] = field(default_factory=dict)
    refuses_novel: bool = False
    promoted: bool | None = None
    checks: tuple[Mapping[str, Any], ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the gate found it worse than the model in force then: it is promoted for a reason alone."""
        return self.promoted is False

    @property
    def autonomies(self) -> dict[str, Autonomy]:
        """When each label is decided alone; none in a card that was written before that was kept there."""
        return {label: Autonomy.from_json(data) for label, data in self.autonomy.items()}

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal card."""
        return asdict(self) | {"created_at": self.created_at.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelCard:
        """The card that :meth:`to_json` wrote."""
        created, checks = datetime.fromisoformat(data["created_at"]), tuple(data.get("checks", ()))
        return cls(**{**data, "created_at": created, "checks": checks})
