"""Cells of a CSV file that a spreadsheet takes for no formula, and that are read back as they were."""

from __future__ import annotations

import re

_STARTS = r"[=+\-@\x00-\x1f\uff1d\uff0b\uff0d\uff20]"
"""What a formula may begin with, also in full width, and control characters that a spreadsheet skips."""

_BEGINS = r"(^|[;,\t\r\n])"
"""Where a cell begins, also in a program that takes another delimiter for the file's."""

UNSAFE = re.compile(f"{_BEGINS}(?='*{_STARTS})")
GUARDED = re.compile(f"{_BEGINS}'(?='*{_STARTS})")


def guarded(cell: str) -> str:
    """``cell`` with an apostrophe before what a spreadsheet would take for a formula."""
    return UNSAFE.sub(r"\1'", cell)


def unguarded(cell: str) -> str:
    """The cell that :func:`guarded` was given."""
    return GUARDED.sub(r"\1", cell)
