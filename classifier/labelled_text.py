"""Labelled texts of any origin, as an experiment reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from classifier.example import ExampleFileError
from classifier.markup import without_markup
from classifier.sentences import QUOTED_LINE, readable


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text with its label; ``group`` keeps texts that belong together on one side of a split.

    ``subject`` is the text's subject, where it is known apart; the text holds it too.
    """

    text: str
    label: str
    group: str
    subject: str = ""


def read_texts(paths: Iterable[Path], *, label: str = "label", group: str | None = None) -> list[LabelledText]:
    """The texts of JSON Lines files: ``text``, or ``subject`` and ``body``, with the label under ``label``.

    The key may also stand in the ``labels`` of a labelled mail. Raises :class:`ExampleFileError` with file and line.
    """
    texts = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ExampleFileError(f"{path} cannot be read: {error}.") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                texts.append(_labelled_text(line, f"{path}, line {number}", label, group))
    return texts


def _labelled_text(line: str, place: str, label: str, group: str | None) -> LabelledText:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ExampleFileError(f"{place}: is not JSON ({error}).") from error
    if not isinstance(record, dict):
        raise ExampleFileError(f"{place}: is not a JSON object.")
    nested = record.get("labels")
    value = record.get(label, nested.get(label) if isinstance(nested, dict) else None)
    if not isinstance(value, str | int | float):
        raise ExampleFileError(f"{place}: has no label under {label!r}; name its key with --label.")
    text, subject = record.get("text"), ""
    if text is None:
        subject = without_markup(str(record.get("subject") or ""))
        body = QUOTED_LINE.sub("", readable(str(record.get("body") or "")))
        text = f"{readable(subject)}\n{without_markup(body)}"
    if not isinstance(text, str):
        raise ExampleFileError(f"{place}: text is not a text.")
    belongs = record.get(group) if group is not None else None
    return LabelledText(text, str(value), place if belongs is None else str(belongs), subject)
