"""A matrix of what was decided for what was true: how many mails, or what they cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from webui.pictures.svg import Picture, drawing, line, tag, words

NAMES, LONG_NAMES = 138.0, 206.0
"""How wide the names of the rows are, of few classes and of many. Longer ones are cut."""
SHORT, LONGEST = 5, 32
CELL, SMALL_CELL, ROW, HEAD = 34.0, 26.0, 20.0, 34.0
FEW = 5
"""So many classes have room for cells that are wide enough to read on a telephone."""
FAINT, STRONG = 0.06, 0.45
"""Opacity of a cell's colour: ink on the strongest keeps 4.5:1 in both themes (WCAG 2.2, 1.4.3)."""
COUNTED = "mails"


def confusion(
    name: str, title: str, counts: Mapping[str, Mapping[str, float]], order: Sequence[str], titles: Mapping[str, str]
) -> Picture | None:
    """How many mails of each true value were decided to be each; None where there are none."""
    wrong = [(n, true, said) for true, row in counts.items() for said, n in row.items() if said != true]
    total = sum(n for row in counts.values() for n in row.values())
    if not total:
        return None
    worst = sorted(wrong, key=lambda one: (-one[0], one[1], one[2]))[:3]
    told = "; ".join(f"{titles[true]} taken for {titles[said]}, {n:g}" for n, true, said in worst)
    right = total - sum(n for n, _, _ in wrong)
    summary = (
        f"{right:g} of {total:g} mails lie on the diagonal, which is right. Most often wrong: {told or 'nothing'}."
    )
    return _matrix(name, title, summary, counts, order, titles, COUNTED)


def cost_cells(
    name: str, title: str, cells: Mapping[str, Mapping[str, float]], order: Sequence[str], titles: Mapping[str, str]
) -> Picture | None:
    """What deciding each true value to be each has cost, over all mails; None where nothing was wrong."""
    total = sum(cost for row in cells.values() for cost in row.values())
    if not total:
        return None
    dearest = max(((cost, true, said) for true, row in cells.items() for said, cost in row.items()))
    summary = (
        f"By the policy's table all mistakes together cost {total:g}; the most, {dearest[0]:g}, is for "
        f"{titles[dearest[1]]} decided to be {titles[dearest[2]]}."
    )
    return _matrix(name, title, summary, cells, order, titles, "cost")


def _matrix(
    name: str,
    title: str,
    summary: str,
    cells: Mapping[str, Mapping[str, float]],
    order: Sequence[str],
    titles: Mapping[str, str],
    unit: str,
) -> Picture:
    said = {value for row in cells.values() for value in row}
    values = [value for value in order if value in cells or value in said]
    values += sorted((said | set(cells)) - set(values))
    few, short = len(values) <= FEW, all(len(titles[value]) <= SHORT for value in values)
    cell = CELL if few else SMALL_CELL
    start = NAMES if few else LONG_NAMES
    width, height = start + max(len(values), FEW) * cell + 4, HEAD + len(values) * ROW + 4
    parts = [
        words("decided", start + len(values) * cell / 2, 10),
        words("true", start - 8, HEAD - 6, "picture-says up"),
    ]
    for column, value in enumerate(values):
        parts.append(words(titles[value] if short else str(column + 1), start + (column + 0.5) * cell, HEAD - 6))
    strongest = max(n for row in cells.values() for n in row.values())
    for row, true in enumerate(values):
        top, found = HEAD + row * ROW, cells.get(true, {})
        label = titles[true] if short else f"{_cut(titles[true])}  {row + 1}"
        parts += [
            words(label, start - 8, top + 14, "picture-name"),
            line(start, top, start + len(values) * cell, top, "picture-grid"),
        ]
        # Counts are as strong as their share of the row, costs as their share of the dearest cell.
        whole = sum(found.values()) if unit == COUNTED else strongest
        for column, value in enumerate(values):
            if n := found.get(value, 0):
                strength = FAINT + (STRONG - FAINT) * n / whole
                at = start + column * cell
                parts.append(_cell(at, top, cell, n, strength, right=value == true, says=titles[value]))
    columns = ("True", "decided", unit)
    rows = tuple(
        (titles[true], titles[value], f"{n:g}")
        for true in values
        for value, n in sorted(cells.get(true, {}).items(), key=lambda item: -item[1])
    )
    key = (("picture-right", "right"), ("picture-wrong", "wrong")) if unit == COUNTED else ()
    svg = drawing(name, title, summary, width, height, parts, wide=not few)
    return Picture(name, title, summary, svg, columns, rows, key, wide=not few)


def _cell(left: float, top: float, width: float, n: float, strength: float, *, right: bool, says: str) -> Markup:
    """One cell; the pointer over it says what was decided."""
    colour = "picture-right" if right else "picture-wrong"
    box = tag(
        "rect", class_=colour, x=left + 1, y=top + 1, width=width - 2, height=ROW - 2, fill_opacity=f"{strength:.2f}"
    )
    count = words(f"{n:g}", left + width / 2, top + 14, "picture-count")
    return tag("g", tag("title", escape(says)), box, count)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
