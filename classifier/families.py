"""Which labelled mails belong together: those of one group, and those of one text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from classifier.example import Example


def group_families(examples: Iterable[Example]) -> dict[str, str]:
    """For each example's digest the name of its family: examples that share a group or a text are of one family."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    listed = list(examples)
    for example in listed:
        # The text is the root: names of groups change when tickets are merged, texts do not.
        first, second = sorted((root(text_key(example)), root(f"group {example.group or example.id}")), reverse=True)
        parent[second] = first
    return {example.digest: root(text_key(example)) for example in listed}


def text_key(example: Example) -> str:
    """A name that mails of the same words share, whatever their capitals and line breaks."""
    words = " ".join(f"{example.subject}\n{example.body}".lower().split())
    return f"text {hashlib.sha256(words.encode()).hexdigest()}"
