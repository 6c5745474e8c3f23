"""A model card's measures as tables: a row a label or impact fact, a column a measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.labels import IMPACT_VALUES, LABELS
from webui.words import IMPACT_TITLES, LABEL_TITLES, plain

TITLES = {**IMPACT_TITLES, **LABEL_TITLES}
LEFT_OUT = ("confusion", "examples")
"""Measures that are no single number, or are told beside the tables."""

MEASURES = {
    "macro_f1": "macro-F1",
    "ece": "calibration error",
    "share_alone": "decided alone",
    "accuracy_alone": "right when alone",
    "impact": "impact facts",
    "sev1_recall": "SEV1 recall",
}
"""Names that do not read as words by themselves."""


@dataclass(frozen=True, slots=True)
class Row:
    """One label's measures, as texts, in the order of the table's columns; empty where it has none."""

    title: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The measures of one view of the model (by itself, with the policy's rules, its impact facts)."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The tables, and the measures that are of no single label as pairs of words."""

    tables: tuple[Table, ...]
    others: tuple[tuple[str, str], ...]


def scores(metrics: Mapping[str, Any]) -> Scores:
    """The single numbers of ``metrics``: what lies under a label's name is that label's, in the view it lies under."""
    views: dict[str, dict[str, dict[str, str]]] = {}
    others: list[tuple[str, str]] = []
    for path, number in _numbers(metrics, ()):
        at = next((i for i, name in enumerate(path) if name in TITLES), None)
        if at is None:
            others.append((_words(path), _text(number)))
        else:
            rows = views.setdefault(_words(path[:at]) or "All", {})
            rows.setdefault(path[at], {})[_words(path[at + 1 :])] = _text(number)
    return Scores(tuple(_table(title, rows) for title, rows in views.items()), tuple(others))


def _table(title: str, cells: Mapping[str, Mapping[str, str]]) -> Table:
    columns = tuple(dict.fromkeys(column for row in cells.values() for column in row))
    order = [name for name in (*LABELS, *IMPACT_VALUES) if name in cells]
    return Table(
        title, columns, tuple(Row(TITLES[name], tuple(cells[name].get(c, "") for c in columns)) for name in order)
    )


def _numbers(node: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    for key, value in node.items():
        if key in LEFT_OUT:
            continue
        if isinstance(value, Mapping):
            yield from _numbers(value, (*path, str(key)))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, str(key)), value


def _words(path: tuple[str, ...]) -> str:
    return plain(", ".join(MEASURES.get(name, name.replace("_", " ")) for name in path))


def _text(number: float) -> str:
    if isinstance(number, int):
        return f"{number:,}"
    return f"{number * 100:.1f} %" if 0 <= number <= 1 else f"{number:,.3f}"
