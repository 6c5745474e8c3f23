"""Text without what people paste around their words: blocks of code, links, images, comments of templates."""

from __future__ import annotations

import re

# CommonMark 0.31, 4.5 (fenced code), 4.6 (comments), 4.2 (headings), 6.4 (images).
FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
IMAGE = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|<img[^>\n]*>", re.IGNORECASE)
LINK = re.compile(r"https?://\S+")
HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)


def without_markup(text: str) -> str:
    """``text`` with a word in place of each block of code, image and link, and without comments and heading marks.

    A sentence encoder reads only the first few hundred words: a pasted log must not be all it sees.
    """
    for pattern, instead in (
        (COMMENT, " "),
        (FENCED, " (code) "),
        (IMAGE, " (image) "),
        (LINK, " (link) "),
        (HEADING, ""),
    ):
        text = pattern.sub(instead, text)
    return text
