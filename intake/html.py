"""HTML mail to readable text."""

from __future__ import annotations

import re
from html import unescape

import lxml.html
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError, strip_elements

from intake.charset import clean

MAX_HTML_CHARACTERS = 1_000_000
MAX_NESTING = 150
"""Inscriptis descends by recursion; deeper markup is read without layout."""
MAX_ELEMENTS = 50_000
"""Inscriptis takes some 50 us for each; larger markup is read without layout."""

QUOTE_CLASSES = frozenset({"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "cite", "replied"})
"""What Gmail, Yahoo, Proton and Zoho call the block that holds the mail answered to; others say ``type=cite``."""

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
    """The text a reader of ``html`` sees, each line of quoted mail after ``> ``; and a sentence on what was lost."""
    fault = None
    if len(html) > MAX_HTML_CHARACTERS:
        html = html[:MAX_HTML_CHARACTERS]
        fault = f"The HTML is longer than {MAX_HTML_CHARACTERS:,} characters; the rest was not read as text."
    try:
        root = _tree(html)
        if root is None:
            return "", fault
        if _too_much(root):
            fault = fault or "The HTML is nested too deeply or too large; it was read without layout."
            return _tidy("\n".join(_words(root))), fault
        for element in _outermost_quotes(root):
            _prefix(element)
        return _tidy(_render(root)), fault
    except (LxmlError, ValueError, RecursionError, IndexError, AttributeError, TypeError, KeyError) as error:
        # Inscriptis trips over odd attribute values and table shapes; the words are still to be had.
        words = unescape(TAG.sub(" ", html))
        return _tidy(clean(words)), f"The HTML is damaged ({type(error).__name__})."


def _tree(html: str) -> lxml.html.HtmlElement | None:
    html = XML_DECLARATION.sub("", html, count=1)
    if not html.strip():
        return None
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False)
    root = lxml.html.document_fromstring(html, parser=parser, ensure_head_body=False)
    strip_elements(root, *DROPPED, with_tail=False)
    return root


def _too_much(root: lxml.html.HtmlElement) -> bool:
    stack, elements = [(root, 1)], 0
    while stack:
        element, depth = stack.pop()
        elements += 1
        if depth > MAX_NESTING or elements > MAX_ELEMENTS:
            return True
        stack.extend((child, depth + 1) for child in element)
    return False


def _words(root: lxml.html.HtmlElement) -> list[str]:
    return [text.strip() for text in root.itertext() if text.strip()]


def _render(element: lxml.html.HtmlElement) -> str:
    return str(Inscriptis(element, ParserConfig(css=CSS_PROFILES["strict"])).get_text())


def _outermost_quotes(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    found: list[lxml.html.HtmlElement] = []
    inside: set[lxml.html.HtmlElement] = set()
    for element in root.iter("blockquote"):
        if any(ancestor in inside for ancestor in element.iterancestors("blockquote")):
            continue
        if element.get("type", "").lower() == "cite" or QUOTE_CLASSES.intersection(element.get("class", "").split()):
            found.append(element)
            inside.add(element)
    return found


def _prefix(element: lxml.html.HtmlElement) -> None:
    """Puts the lines of a quoted mail, each after ``> `` as in plain text (RFC 3676, 4.5), in its place."""
    tail, element.tail = element.tail, None
    lines = _tidy(_render(element)).split("\n")
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.tag, element.text, element.tail = "pre", "\n".join(f"> {line}" for line in lines), tail


def _tidy(text: str) -> str:
    text = ZERO_WIDTH.sub("", text).replace("\xa0", " ").replace("\r", "")
    return BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")
