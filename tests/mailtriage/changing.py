"""Policies as they change: another version of a shipped one, and how it is put in force."""

from __future__ import annotations

import re
from datetime import date

from policies.loader import load_shipped, read_policy
from policies.policy import Policy
from tickets.policy_versions import Adoption


def changed(name: str, version: str, added: str = "", *, effective: str | None = None, title: str = "") -> Policy:
    """The shipped policy ``name`` as another ``version``, with ``added`` TOML at the end of its file."""
    text = load_shipped(name).source.decode()
    text = re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', text, count=1)
    if effective:
        text = re.sub(r"(?m)^effective = .*$", f"effective = {effective}", text, count=1)
    if title:
        text = re.sub(r'(?m)^title = ".*"$', f'title = "{title}"', text, count=1)
    return read_policy(f"{text}\n{added}".encode(), f"{name} {version}")


def from_day(policy: Policy, day: str) -> Adoption:
    """``policy`` in force from that day on."""
    return Adoption(policy, date.fromisoformat(day), "ann", "the agreement changed")
