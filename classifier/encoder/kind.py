"""The profiles, and what is fixed about the encoder of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Profile = Literal["lean", "standard", "full"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One encoder: its weights by their digest, and how a text becomes its token ids.

    Both read the uncased BERT vocabulary. MPNet puts four tokens of its own before it, so that every id is
    ``first_id`` higher, and begins and ends a text with its own.
    """

    name: str
    sha256: str
    dimension: int
    max_tokens: int
    first_id: int = 0
    ends: tuple[int, int] | None = None
    padding: int = 0


MINILM = Kind(
    "all-MiniLM-L6-v2",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    dimension=384,
    max_tokens=256,
)
MPNET = Kind(
    "all-mpnet-base-v2",
    sha256="3cfd2d194523fcf2fa8d4af3a15ea4ec97b486b358d8035485cd4e8d391d125f",
    dimension=768,
    max_tokens=384,
    first_id=4,
    ends=(0, 2),
    padding=1,
)
KINDS: Mapping[Profile, Kind] = {"standard": MINILM, "full": MPNET}
"""The encoder of each profile; ``lean`` has none."""

DIMENSION: Mapping[Profile, int] = {"lean": 0, **{profile: kind.dimension for profile, kind in KINDS.items()}}
"""How long the sentence vectors of each profile are."""
