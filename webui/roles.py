"""Who may do what: agents read customers, leads and administrators edit them."""

from __future__ import annotations

EDITORS = frozenset({"lead", "administrator"})


def may_edit(role: str) -> bool:
    """Whether users of that role change the customers' records."""
    return role in EDITORS
