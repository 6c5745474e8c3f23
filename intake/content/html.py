"""HTML mail to readable text."""

from __future__ import annotations

import re
from html import unescape

import lxml.html
from lxml.etree import LxmlError, strip_elements

from intake.content import layout
from intake.decoding.charset import clean

MAX_HTML_CHARACTERS = 1_000_000

DROPPED = ("script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg")
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
META_SEARCH_BYTES = 1024
"""The HTML standard, 13.2.3.2: the declaration stands in the first 1024 bytes."""
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
TAG = re.compile(r"<[^<>]*>")
BLANK_LINES = re.compile(r"\n{3,}")
ZERO_WIDTH = re.compile("[\u200b\u200c\u2060\ufeff\u00ad\u034f]")


def declared_charset(html: bytes) -> str | None:
    """The character set that a ``meta`` element declares; None when there is none."""
    match = META_CHARSET.search(html[:META_SEARCH_BYTES])
    return match[1].decode("ascii") if match else None


def to_text(html: str) -> tuple[str, str | None]:
    """The text a reader of ``html`` sees, each line of quoted mail after ``>``; and a sentence on what was lost."""
    fault = None
    if len(html) > MAX_HTML_CHARACTERS:
        html = html[:MAX_HTML_CHARACTERS]
        fault = f"The HTML is longer than {MAX_HTML_CHARACTERS:,} characters; the rest was not read as text."
    try:
        root = _tree(html)
        if root is None:
            return "", fault
        lines, whole = layout.lines_of(root)
    except (LxmlError, ValueError) as error:
        words = unescape(TAG.sub(" ", html))
        return _tidy(clean(words)), f"The HTML is damaged ({type(error).__name__})."
    if not whole:
        fault = fault or f"The HTML has more than {layout.MAX_ELEMENTS:,} elements; the rest was not read as text."
    return _tidy("\n".join(lines)), fault


def _tree(html: str) -> lxml.html.HtmlElement | None:
    html = XML_DECLARATION.sub("", html, count=1)
    if not html.strip():
        return None
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)
    root = lxml.html.document_fromstring(html, parser=parser, ensure_head_body=False)
    strip_elements(root, *DROPPED, with_tail=False)
    return root


def _tidy(text: str) -> str:
    text = ZERO_WIDTH.sub("", text).replace("\xa0", " ").replace("\r", "")
    lines = [line if line == layout.SIGNATURE_DELIMITER else line.rstrip() for line in text.split("\n")]
    return BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")
