"""The lines in which HTML is read: paragraphs, lists, rows of a table, and quoted mail marked as in plain text."""

from __future__ import annotations

import re
from itertools import islice

from lxml.etree import _Element, iterwalk

MAX_ELEMENTS = 200_000
"""Some 3 us each."""
MAX_SIGNATURES = 5
MAX_SIBLINGS = 200
"""So many elements that call themselves a signature, and so many behind each, are looked at."""
MAX_DEPTH = 20
"""Quotation deeper than that is marked no deeper."""

# fmt: off
BLOCKS = frozenset((
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "header", "html", "legend", "li", "main", "nav", "ol", "option", "section", "summary",
    "table", "tbody", "tfoot", "thead", "tr", "ul",
))
SPACED = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "dl"))
"""Blocks with a blank line above and below them."""
# fmt: on
CELLS = frozenset(("td", "th"))
BETWEEN_CELLS = "  "
WHITE = re.compile("[ \t\n\r\f]+")
"""What HTML takes for white space; a no-break space is not."""
NO_MARGIN = re.compile(r"margin(?:-(?:top|bottom))?\s*:\s*0", re.IGNORECASE)
HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)

LINE = "_" * 32
"""What Outlook writes above the header of the mail that is answered, and what a rule looks like."""
ABOVE_QUOTED_HEADER = re.compile(r"border-top:\s*solid\s+#(?:e1e1e1|b5c4df)", re.IGNORECASE)
HEADER_IDS = frozenset(("divRplyFwdMsg", "divrplyfwdmsg"))
QUOTE_CLASSES = frozenset({"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "cite", "replied"})
"""What Gmail, Yahoo, Proton and Zoho call the ``blockquote`` that holds the mail answered; others say ``type=cite``."""
QUOTE_BOXES = frozenset({"yahoo_quoted", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container"})
"""Classes and ids with which Yahoo and Outlook mark other elements that hold it, header and all."""
SIGNATURES = frozenset(
    {"gmail_signature", "moz-signature", "AppleMailSignature", "ms-outlook-mobile-signature", "signature-wrapper"}
)
END_OF_NEW = QUOTE_CLASSES | QUOTE_BOXES | HEADER_IDS | {"gmail_extra", "moz-cite-prefix", "appendonsend"}
SIGNATURE_DELIMITER = "-- "
"""RFC 3676, 4.3."""


def lines_of(root: _Element) -> tuple[list[str], bool]:
    """The lines of ``root``, and whether it was read to its end."""
    page = _Page()
    elements = 0
    for event, element in iterwalk(root, events=("start", "end")):
        if event == "start":
            elements += 1
            if elements > MAX_ELEMENTS:
                return page.finished(), False
            page.begin(element)
        else:
            page.end(element)
    return page.finished(), True


class _Sheet:
    """Lines as they come; a table's cell has a sheet of its own."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []
        self.gap = False

    def add(self, text: str) -> None:
        if not self.words or self.words[-1].endswith((" ", "\n")):
            text = text.lstrip(" ")
        if text:
            self.words.append(text)

    def put(self, line: str, depth: int) -> None:
        if self.gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append("")
        self.gap = False
        self.lines.append(f"{'>' * min(depth, MAX_DEPTH)} {line}" if depth else line)

    def break_line(self, depth: int, *, always: bool = False) -> None:
        if self.words or always:
            for line in "".join(self.words).rstrip(" ").split("\n"):
                self.put(line, depth)
            self.words = []


class _Page:
    """The sheets that are open, innermost last, and what the element that is read stands in."""

    def __init__(self) -> None:
        self.sheets = [_Sheet()]
        self.rows: list[list[list[str]]] = []
        self.items: list[int | None] = []
        self.depth = 0
        self.preformatted = 0
        self.hidden = 0
        self.signatures = 0

    def finished(self) -> list[str]:
        while self.rows or len(self.sheets) > 1:
            self._end_cell() if len(self.sheets) > len(self.rows) else self._end_row()
        self.sheets[0].break_line(self.depth)
        return self.sheets[0].lines

    def begin(self, element: _Element) -> None:
        tag = element.tag
        style = element.get("style", "")
        if self.hidden or (style and HIDDEN.search(style)):
            self.hidden += 1
            return
        sheet = self.sheets[-1]
        if tag in BLOCKS or tag in SPACED:
            sheet.break_line(self.depth)
            if tag in SPACED and not _close(element, style):
                sheet.gap = True
            self._begin_block(element, tag, style)
        elif tag == "br":
            sheet.break_line(self.depth, always=True)
        elif tag in CELLS and self.rows:
            self.sheets.append(_Sheet())
        elif tag == "hr":
            sheet.break_line(self.depth)
            sheet.put(LINE, self.depth)
        if tag == "blockquote" or element.get("id") or element.get("class"):
            self._begin_marked(element, tag)
        if element.text:
            self._text(element.text)

    def end(self, element: _Element) -> None:
        tag = element.tag
        if self.hidden:
            self.hidden -= 1
        elif tag in CELLS and self.rows and len(self.sheets) > len(self.rows):
            self._end_cell()
        elif tag in BLOCKS or tag in SPACED or _quotes(element, tag):
            self.sheets[-1].break_line(self.depth)
            if tag in SPACED and not _close(element, element.get("style", "")):
                self.sheets[-1].gap = True
            self._end_block(element, tag)
        if element.tail and not self.hidden:
            self._text(element.tail)

    def _begin_block(self, element: _Element, tag: str, style: str) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("ul", "ol"):
            self.items.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.sheets[-1].add(self._mark_of_item())
        elif tag == "pre":
            self.preformatted += 1
        elif style and ABOVE_QUOTED_HEADER.search(style):
            self._draw()

    def _end_block(self, element: _Element, tag: str) -> None:
        if tag == "tr" and self.rows:
            self._end_row()
        elif tag in ("ul", "ol") and self.items:
            self.items.pop()
        elif tag == "pre":
            self.preformatted -= 1
        if _quotes(element, tag):
            self.depth -= 1
            self.sheets[-1].gap = True

    def _begin_marked(self, element: _Element, tag: str) -> None:
        names = _names(element)
        if _quotes(element, tag):
            self.sheets[-1].break_line(self.depth)
            self.depth += 1
        elif names & HEADER_IDS:
            self._draw()
        elif names & SIGNATURES and self.signatures < MAX_SIGNATURES:
            self.signatures += 1
            if not _text_of(element).startswith("--") and _ends_the_new_text(element):
                self._above(SIGNATURE_DELIMITER)

    def _draw(self) -> None:
        lines = self.sheets[-1].lines
        if not lines or lines[-1].strip("> ") != LINE:
            self._above(LINE)

    def _above(self, line: str) -> None:
        self.sheets[-1].break_line(self.depth)
        self.sheets[-1].put(line, self.depth)

    def _mark_of_item(self) -> str:
        if not self.items or self.items[-1] is None:
            return "* "
        self.items[-1] += 1
        return f"{self.items[-1]}. "

    def _text(self, text: str) -> None:
        self.sheets[-1].add(text if self.preformatted else WHITE.sub(" ", text))

    def _end_cell(self) -> None:
        sheet = self.sheets.pop()
        sheet.break_line(self.depth)
        if self.rows:
            self.rows[-1].append(sheet.lines)
        else:
            self.sheets[-1].lines += sheet.lines

    def _end_row(self) -> None:
        """A row whose cells have a line each is one line; of others the cells follow each other."""
        cells = [cell for cell in self.rows.pop() if any(line.strip("> \xa0") for line in cell)]
        sheet = self.sheets[-1]
        if all(len(cell) == 1 for cell in cells):
            cells = [[BETWEEN_CELLS.join([line for (line,) in cells])]] if cells else []
        for cell in cells:
            if sheet.gap and sheet.lines and sheet.lines[-1].strip("> "):
                sheet.lines.append("")
            sheet.gap = False
            sheet.lines += cell


def _names(element: _Element) -> frozenset[str]:
    return frozenset((*element.get("class", "").split(), element.get("id", "")))


def _quotes(element: _Element, tag: str) -> bool:
    """Whether the element holds the mail that is answered."""
    if tag == "blockquote":
        return element.get("type", "").lower() == "cite" or not QUOTE_CLASSES.isdisjoint(_names(element))
    return not QUOTE_BOXES.isdisjoint(_names(element))


def _close(element: _Element, style: str) -> bool:
    """Whether a paragraph stands close to its neighbours, as each line does that Outlook writes."""
    return "MsoNormal" in element.get("class", "") or bool(style and NO_MARGIN.search(style))


def _text_of(element: _Element) -> str:
    return "".join(element.itertext()).strip()


def _ends_the_new_text(element: _Element) -> bool:
    """Whether nothing follows the element, but for the mail that is answered."""
    at: _Element | None = element
    while at is not None:
        if at.tail and at.tail.strip():
            return False
        for sibling in islice(at.itersiblings(), MAX_SIBLINGS):
            if sibling.tag == "hr" or not END_OF_NEW.isdisjoint(_names(sibling)) or _quotes(sibling, str(sibling.tag)):
                return True
            if _text_of(sibling) or (sibling.tail and sibling.tail.strip()):
                return False
        at = at.getparent()
    return True
